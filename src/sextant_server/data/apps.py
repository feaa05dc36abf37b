from django.apps import AppConfig


class DataConfig(AppConfig):
    name = "sextant_server.data"
    label = "data"
