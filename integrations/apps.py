"""Registers the app with Django and connects its receivers."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """With whom the platform speaks."""

    name = "integrations"

    def ready(self) -> None:
        """Listen to the apps below."""
        from integrations.events import receivers

        receivers.connect()
