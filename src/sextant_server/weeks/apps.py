from django.apps import AppConfig


class WeeksConfig(AppConfig):
    name = "sextant_server.weeks"
    label = "weeks"
