"""Admin pages of what syncs found and did: to look at, not to change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from integrations.models import Backfill, MeterLink, SyncRun


class ReadOnlyAdmin(admin.ModelAdmin):
    """What only syncs make and change."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: syncs make these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: syncs change these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, but let them go with their connection."""
        return False


@admin.register(MeterLink)
class MeterLinkAdmin(ReadOnlyAdmin):
    """Meters and gateways that connections have found."""

    list_display = ["__str__", "serial", "device_type_key", "connection", "value_at", "trouble"]
    list_filter = ["is_gateway", "device_type_key"]
    list_select_related = ["connection"]
    search_fields = ["reported_name", "serial", "connection__name"]

    @admin.display(description="Trouble")
    def trouble(self, link: MeterLink) -> str:
        """Say what is wrong with the meter."""
        return link.trouble


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """The log of syncs, newest first."""

    list_display = [
        *("started_at", "connection", "trigger", "outcome", "meters", "accepted"),
        *("duplicates", "rejected", "problem"),
    ]
    list_filter = ["outcome", "trigger"]
    list_select_related = ["connection"]
    search_fields = ["connection__name"]
    ordering = ["-id"]


@admin.register(Backfill)
class BackfillAdmin(ReadOnlyAdmin):
    """The past of meters as it comes in, newest first."""

    list_display = [
        *("meter", "progress", "status", "since", "until", "ends_at", "values", "cause"),
        *("problem", "connection"),
    ]
    list_filter = ["status", "cause", "method"]
    list_select_related = ["connection", "meter"]
    search_fields = ["connection__name", "meter__reported_name", "meter__serial"]
    ordering = ["-id"]

    @admin.display(description="Progress")
    def progress(self, backfill: Backfill) -> str:
        """Show how much of the span is here."""
        percent = backfill.progress.percent
        return format_html('<progress value="{}" max="100"></progress> {} %', percent, percent)

    @admin.display(description="Ends about")
    def ends_at(self, backfill: Backfill) -> Any:
        """Show when it will be done at the pace so far."""
        return None if backfill.finished_at else backfill.progress.ends_at(timezone.now())
