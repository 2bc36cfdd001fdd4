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
        from accounts.places import registry as places
        from config.lib.past import register_companion
        from twin.contents import register_keeper
        from twin.models.past import journey_of
        from twin.models.sites import audit_of_homes
        from twin.place_book import NodeBook
        from twin.selectors.explaining import NodeExplainer
        from twin.services.inhabitants import PEOPLE, Inhabitants

        import_module("twin.receivers")
        AuditQuerySet.more_conditions.append(audit_of_homes)
        registry.register(NodeExplainer())
        places.register(NodeBook())
        register_companion(journey_of)
        register_keeper(PEOPLE, Inhabitants())
