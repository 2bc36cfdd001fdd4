"""Fleets and assets in the admin site."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from config.lib.errors import DomainError
from config.lib.secrets import mask
from devices.admin.bases import BigTableAdmin, ReadOnlyAdmin
from devices.models import Asset, Fleet
from devices.services.assets import reactivate_asset, retire_asset, suspend_asset


@admin.register(Fleet)
class FleetAdmin(BigTableAdmin):
    """Fleets."""

    list_display = ["name", "organisation", "created_at"]
    list_select_related = ["organisation"]
    search_fields = ["name"]
    autocomplete_fields = ["organisation"]


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    """The allow-list: assets are declared through the API, which shows the claim code once."""

    list_display = ["serial", "manufacturer", "model", "role", "status", "fleet", "organisation"]
    list_filter = ["status", "role"]
    list_select_related = ["fleet", "organisation"]
    search_fields = ["serial", "manufacturer", "model"]
    exclude = ["claim_code_digest"]
    readonly_fields = ["claim_code"]
    actions = ["suspend", "reactivate", "retire"]

    @admin.display(description="claim code")
    def claim_code(self, asset: Asset) -> str:
        """Show that there is a code, and nothing of it."""
        return mask(asset.claim_code_digest)

    def _each(
        self, request: HttpRequest, found: QuerySet[Asset], *, deed: Callable[..., Any]
    ) -> None:
        """Do the deed to each asset and say which ones refused."""
        for asset in found:
            try:
                deed(asset=asset)
            except DomainError as error:
                self.message_user(request, f"{asset}: {error}", messages.WARNING)

    @admin.action(description="Suspend")
    def suspend(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """Refuse the assets at every door."""
        self._each(request, queryset, deed=suspend_asset)

    @admin.action(description="Reactivate")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """Let suspended assets back."""
        self._each(request, queryset, deed=reactivate_asset)

    @admin.action(description="Retire, for good")
    def retire(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        """End the assets' lives."""
        self._each(request, queryset, deed=retire_asset)
