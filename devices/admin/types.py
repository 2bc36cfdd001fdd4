"""The catalogue in the admin site."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from devices.admin.bases import ReadOnlyAdmin
from devices.admin.devices import ShownInline
from devices.admin.type_imports import PERMISSIONS, TypeImportPages
from devices.models import ActionType, DeviceType, DeviceTypeVersion, PointType


class PointTypeInline(ShownInline):
    """The points of a type."""

    model = PointType
    fields = ["key", "name", "kind", "value_type", "unit", "nature", "obis", "writable"]


class ActionTypeInline(ShownInline):
    """The actions of a type."""

    model = ActionType
    fields = ["key", "name", "parameters", "timeout_s", "is_idempotent", "needs_approval"]


class DeviceTypeVersionInline(ShownInline):
    """The versions of a type."""

    model = DeviceTypeVersion
    fields = ["number", "created_at"]
    readonly_fields = ["created_at"]
    ordering = ["-number"]


@admin.register(DeviceType)
class DeviceTypeAdmin(TypeImportPages, ReadOnlyAdmin):
    """Kinds of device; those of organisations change by imports, the shipped ones by a release."""

    change_list_template = "admin/devices/devicetype/change_list.html"
    change_form_template = "admin/devices/devicetype/change_form.html"

    list_display = ["name", "key", "category", "manufacturer", "organisation", "version"]
    list_filter = ["category"]
    list_select_related = ["organisation"]
    search_fields = ["name", "key", "manufacturer", "model"]
    autocomplete_fields = ["organisation"]
    ordering = ["key"]
    inlines = [PointTypeInline, ActionTypeInline, DeviceTypeVersionInline]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Offer the import to those who may."""
        offered = {"can_import": request.user.has_perms(PERMISSIONS)}
        response: HttpResponse = super().changelist_view(request, offered)
        return response


@admin.register(PointType)
class PointTypeAdmin(ReadOnlyAdmin):
    """Points of all types."""

    list_display = ["key", "device_type", "kind", "value_type", "unit", "nature", "obis"]
    list_filter = ["kind", "value_type", "nature"]
    list_select_related = ["device_type"]
    search_fields = ["key", "name", "device_type__key"]
    autocomplete_fields = ["device_type"]


@admin.register(ActionType)
class ActionTypeAdmin(ReadOnlyAdmin):
    """Actions of all types."""

    list_display = ["key", "device_type", "timeout_s"]
    list_select_related = ["device_type"]
    search_fields = ["key", "name", "device_type__key"]
    autocomplete_fields = ["device_type"]


@admin.register(DeviceTypeVersion)
class DeviceTypeVersionAdmin(ReadOnlyAdmin):
    """Types as they were published."""

    list_display = ["device_type", "number", "created_at"]
    list_select_related = ["device_type"]
    search_fields = ["device_type__key"]
    ordering = ["-pk"]
