"""The admin pages of accounts; the toolkit registers those of its models by our settings."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import DeviceGrant


@admin.register(DeviceGrant)
class TokenAdmin(admin.ModelAdmin):
    """Tokens and grants: issued by OAuth alone, never shown; they may be deleted to end them."""

    list_display = ["id", "user"]
    list_select_related = ["user"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: OAuth issues tokens."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a token is what it is."""
        return False

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Hide tokens, codes and their digests."""
        secret = ("token", "token_checksum", "code", "device_code", "code_challenge")
        return list(secret)


class ApplicationAdmin(admin.ModelAdmin):
    """OAuth clients."""

    list_display = ["name", "organisation", "client_id", "client_type"]
    list_select_related = ["organisation"]
    exclude = ["client_secret"]
