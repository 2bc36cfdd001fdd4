"""Members, grants, occupancies and the cuts of consents in the admin: seen, changed by the API."""

from django.contrib import admin

from twin.admin.things import ReadOnlyAdmin
from twin.models import ConsentNode, Grant, Occupancy, PolicyChange


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    """Grants on parts of buildings."""

    list_display = ("node", "role", "user", "party_organisation", "site", "starts_at", "ends_at")
    list_select_related = ("node", "user", "party_organisation", "site")
    list_filter = ("role",)
    search_fields = ("=node__id", "user__email", "party_organisation__name", "site__name")


@admin.register(Occupancy)
class OccupancyAdmin(ReadOnlyAdmin):
    """Who lives where, and when."""

    list_display = ("space", "site", "user", "period", "sealed_at")
    list_select_related = ("space", "site", "user")
    search_fields = ("user__email", "site__name")


@admin.register(ConsentNode)
class ConsentNodeAdmin(ReadOnlyAdmin):
    """What limited consents cover."""

    list_display = ("consent", "node")
    list_select_related = ("consent__user", "consent__application", "node")
    search_fields = ("=consent__id", "=node__id")


@admin.register(PolicyChange)
class PolicyChangeAdmin(ReadOnlyAdmin):
    """How the policies of sites have changed."""

    list_display = ("site", "at", "before", "after")
    list_select_related = ("site",)
    search_fields = ("site__name",)
