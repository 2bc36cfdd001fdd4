"""Registers the app with Django."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who uses the platform."""

    name = "accounts"

    def ready(self) -> None:
        """Listen to logins, and to what leads to letters."""
        import_module("accounts.sessions")
        import_module("accounts.receivers")
