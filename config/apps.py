"""Registers the platform's own table, checks and commands with Django."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The wiring of the platform, installed for its idempotency table, checks and commands."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and lookups."""
        from config.lib import checks, lookups  # noqa: F401  (importing registers them)
