"""Registers the app with Django and connects its receivers."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """What measures and acts."""

    name = "devices"

    def ready(self) -> None:
        """Listen to the apps below; tell twin where the nodes of devices and gateways stand."""
        from devices import receivers  # noqa: F401 (importing connects them)
        from twin.models.gates import register_place

        register_place("as_device__space")
        register_place("as_gateway__space")
