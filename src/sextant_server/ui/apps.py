"""The visual language of the site as a Django app: no models, no queries."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Templates, static files and template tags that every page uses."""

    name = "sextant_server.ui"
    label = "ui"
    verbose_name = "Visual language"
