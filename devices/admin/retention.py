"""Retention in the admin site: who keeps single readings for how long; set through the API."""

from django.contrib import admin

from devices.admin.bases import ReadOnlyAdmin
from devices.models import RetentionRule


@admin.register(RetentionRule)
class RetentionRuleAdmin(ReadOnlyAdmin):
    """How long organisations keep single readings."""

    list_display = ["organisation", "kind", "raw_days", "updated_at"]
    list_filter = ["kind"]
    list_select_related = ["organisation"]
    ordering = ["-pk"]
