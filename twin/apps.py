"""Registers the app with Django."""

from importlib import import_module

from django.apps import AppConfig


class TwinConfig(AppConfig):
    """Where things are."""

    name = "twin"

    def ready(self) -> None:
        """Listen to the signals that lead to letters; show the owners of homes their audit log."""
        from accounts.models import AuditQuerySet
        from twin.models.sites import audit_of_homes

        import_module("twin.receivers")
        AuditQuerySet.more_conditions.append(audit_of_homes)
