"""The catalogue in the admin site."""

from django.contrib import admin

from devices.admin.bases import BigTableAdmin
from devices.models import ActionType, DeviceType, PointType


class PointTypeInline(admin.StackedInline):
    """The points of a type."""

    model = PointType
    extra = 0


class ActionTypeInline(admin.StackedInline):
    """The actions of a type."""

    model = ActionType
    extra = 0


@admin.register(DeviceType)
class DeviceTypeAdmin(BigTableAdmin):
    """Kinds of device with their points and actions."""

    list_display = ["name", "key", "category", "manufacturer", "organisation", "version"]
    list_filter = ["category"]
    list_select_related = ["organisation"]
    search_fields = ["name", "key", "manufacturer", "model"]
    autocomplete_fields = ["organisation"]
    ordering = ["key"]
    inlines = [PointTypeInline, ActionTypeInline]


@admin.register(PointType)
class PointTypeAdmin(BigTableAdmin):
    """Points of all types."""

    list_display = ["key", "device_type", "kind", "value_type", "unit", "nature", "obis"]
    list_filter = ["kind", "value_type", "nature"]
    list_select_related = ["device_type"]
    search_fields = ["key", "name", "device_type__key"]
    autocomplete_fields = ["device_type"]


@admin.register(ActionType)
class ActionTypeAdmin(BigTableAdmin):
    """Actions of all types."""

    list_display = ["key", "device_type", "timeout_s"]
    list_select_related = ["device_type"]
    search_fields = ["key", "name", "device_type__key"]
    autocomplete_fields = ["device_type"]
