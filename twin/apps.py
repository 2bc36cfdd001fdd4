"""Registers the app with Django."""

from importlib import import_module

from django.apps import AppConfig


class TwinConfig(AppConfig):
    """Where things are."""

    name = "twin"

    def ready(self) -> None:
        """Listen to the signals that lead to letters; tell accounts what only twin knows."""
        from accounts.explain import registry
        from accounts.models import AuditQuerySet
        from twin.models.sites import audit_of_homes
        from twin.selectors.explaining import NodeExplainer

        import_module("twin.receivers")
        AuditQuerySet.more_conditions.append(audit_of_homes)
        registry.register(NodeExplainer())
