"""The gate of what stands at a site: its organisation's people, and those whose home it is."""

from django.db.models import Q

from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet


class PlacedQuerySet(TenantQuerySet):
    """Things with an ``organisation`` and a ``site``."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a thing visible."""
        return super().visible_condition(principal)
