from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "sextant_server.people"
    label = "people"
