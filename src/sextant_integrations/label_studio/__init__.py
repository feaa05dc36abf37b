"""Label Studio, over its REST interface: version 1.23 is what the tests run against.

settings    its address and token
client      projects, tasks, annotations and people there
outgoing    a guideline as a labeling configuration and instructions, items as tasks
incoming    annotations as answers
"""
