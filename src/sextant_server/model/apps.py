from django.apps import AppConfig


class ModelConfig(AppConfig):
    name = "sextant_server.model"
    label = "model"
