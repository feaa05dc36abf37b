from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "sextant_server.lifecycle"
    label = "lifecycle"
