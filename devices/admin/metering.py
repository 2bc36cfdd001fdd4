"""Metering points in the admin site: what is billed, what feeds it, by which formula."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from devices.admin.bases import BigTableAdmin, ReadOnlyAdmin
from devices.admin.devices import ShownInline
from devices.models import (
    Assignment,
    ClosedCheck,
    ClosedSum,
    Closing,
    FormulaTerm,
    MeteringPoint,
    Restatement,
)
from devices.services.metering import update_metering_point


class AssignmentInline(ShownInline):
    """What has fed a metering point."""

    model = Assignment
    fields: ClassVar[list[Any]] = ["point", "period", "factor", "start_counter", "end_counter"]
    readonly_fields = fields


class TermInline(ShownInline):
    """What a virtual metering point counts."""

    model = FormulaTerm
    fk_name = "metering_point"
    fields: ClassVar[list[Any]] = ["source", "weight", "period"]
    readonly_fields = fields


@admin.register(MeteringPoint)
class MeteringPointAdmin(BigTableAdmin):
    """Metering points; they are made, fed and given formulas through the API."""

    list_display = ["name", "medium", "direction", "unit", "site", "space", "is_active"]
    list_filter = ["medium", "direction", "is_virtual", "is_active"]
    list_select_related = ["site", "space"]
    search_fields = ["name"]
    fields = [
        *("name", "direction", "tags", "is_active", "medium", "unit", "is_virtual"),
        *("organisation", "site", "space"),
    ]
    readonly_fields = ["medium", "unit", "is_virtual", "organisation", "site", "space"]
    inlines = [AssignmentInline, TermInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a metering point is made with its unit and formula through the API."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: bills rest on it; it is taken out of use instead."""
        return False

    def save_model(self, request: HttpRequest, obj: MeteringPoint, form: Any, change: bool) -> None:
        """Save through the service, which tells others."""
        changes = {name: getattr(obj, name) for name in form.changed_data}
        update_metering_point(metering_point=obj, changes=changes)


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    """What fed which metering point, and when."""

    list_display = ["metering_point", "point", "period", "factor"]
    list_select_related = ["metering_point", "point__device", "point__type"]
    search_fields = ["metering_point__name"]


@admin.register(FormulaTerm)
class FormulaTermAdmin(ReadOnlyAdmin):
    """What virtual metering points count."""

    list_display = ["metering_point", "source", "weight", "period"]
    list_select_related = ["metering_point", "source"]
    search_fields = ["metering_point__name"]


@admin.register(Restatement)
class RestatementAdmin(ReadOnlyAdmin):
    """Closed days and months that are others now."""

    list_display = ["metering_point", "interval", "start", "before", "after", "reason"]
    list_filter = ["interval", "reason"]
    list_select_related = ["metering_point"]


@admin.register(ClosedSum, ClosedCheck, Closing)
class ClosedAdmin(ReadOnlyAdmin):
    """What is closed, as it was last told, and what is to be looked at."""

    list_select_related = ["metering_point"]
