"""Registers the app with Django."""

from importlib import import_module

from django.apps import AppConfig


class TwinConfig(AppConfig):
    """Where things are."""

    name = "twin"

    def ready(self) -> None:
        """Listen to the signals that lead to letters."""
        import_module("twin.receivers")
