from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "sextant_server.projects"
    label = "projects"
