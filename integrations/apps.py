"""Registers the app with Django and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """With whom the platform speaks."""

    name = "integrations"

    def ready(self) -> None:
        """Listen to the apps below, and to our own connections."""
        from config.lib.metrics import add_collector
        from devices.transports import register_transport
        from integrations.events import receivers

        receivers.connect()
        import_module("integrations.smartme.receivers")
        import_module("integrations.smartme.realtime.tasks")
        add_collector(import_module("integrations.smartme.metrics").SmartMeCollector())
        register_transport(import_module("integrations.smartme.commands").SmartMeTransport())
