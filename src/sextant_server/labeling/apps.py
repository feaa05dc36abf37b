from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "sextant_server.labeling"
    label = "labeling"
