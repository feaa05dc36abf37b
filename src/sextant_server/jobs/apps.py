from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "sextant_server.jobs"
    label = "jobs"
