"""Registers the app with Django and connects its receivers."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """What measures and acts."""

    name = "devices"

    def ready(self) -> None:
        """Listen to the apps below."""
        from devices import receivers  # noqa: F401 (importing connects them)
