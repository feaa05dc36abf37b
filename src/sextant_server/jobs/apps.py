from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "sextant_server.jobs"
    label = "jobs"

    def ready(self) -> None:
        from sextant_server import checks  # noqa: F401  (registers the system checks)
