from django.apps import AppConfig


class ProblemConfig(AppConfig):
    name = "sextant_server.problem"
    label = "problem"
