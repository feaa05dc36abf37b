from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "sextant_server.records"
    label = "records"
