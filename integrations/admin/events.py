"""The log of changes in the admin site."""

from django.contrib import admin
from django.http import HttpRequest

from integrations.models import Event


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    """Events, newest first; nobody changes what has happened."""

    list_display = ["time", "type", "subject", "organisation", "site"]
    list_filter = ["type"]
    search_fields = ["subject"]
    ordering = ["-xid", "-id"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: events are written by changes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Refuse: what has happened stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Refuse: consumers count on every event."""
        return False
