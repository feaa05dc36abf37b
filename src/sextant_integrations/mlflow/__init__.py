"""MLflow 3, over its REST API: version 3.17 is what the tests run against.

settings    its address, and by which token or name, as MLflow's own programs have them
client      pages of experiments, runs and the registry; tags and aliases there
outgoing    verdicts as tags of a registered version
incoming    what it says as the library's runs and as registered versions

MLflow's own package is not needed: it takes seconds to import and forty packages to install, and what is asked here are
nine addresses of its REST API 2.0 (https://mlflow.org/docs/latest/rest-api.html).
"""
