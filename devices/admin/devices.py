"""Devices, gateways and what hangs on them in the admin site."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from devices.admin.bases import BigTableAdmin, ReadOnlyAdmin
from devices.models import DesiredValue, Device, Gateway, Placement, Point
from devices.selectors import latest_of
from devices.services.devices import delete_device, update_device
from devices.services.gateways import delete_gateway, update_gateway


class ShownInline(admin.TabularInline):
    """Rows that are only shown."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are changed by services."""
        return False


class PointInline(ShownInline):
    """The points of a device with their latest values."""

    model = Point
    fields = ["point", "latest", "last_time", "last_quality"]
    readonly_fields = ["point", "latest"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Point]:
        """Return the points with their types."""
        return super().get_queryset(request).select_related("type")

    def point(self, point: Point) -> str:
        """Return the name of the datum."""
        return point.type.name

    def latest(self, point: Point) -> str:
        """Return the latest value with its unit."""
        return latest_of(point)


class PlacementInline(ShownInline):
    """Where a device stood."""

    model = Placement
    fields = ["site_id", "space_id", "period"]
    readonly_fields = ["site_id", "space_id"]


class UsedAdmin(BigTableAdmin):
    """Things that come into use by their assets: they are made through the API."""

    # They are nodes: the page leads to who can see them.
    change_form_template = "admin/twin/node/change_form.html"

    list_select_related = ["site", "space", "organisation"]
    search_fields = ["name", "asset__serial"]
    list_filter = ["status"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a device or gateway needs a declared asset."""
        return False

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one by one, through the service."""
        for thing in queryset:
            self.delete_model(request, thing)


@admin.register(Device)
class DeviceAdmin(UsedAdmin):
    """Devices with their latest values and their places."""

    list_display = ["name", "type", "status", "site", "space", "organisation", "last_seen_at"]
    list_select_related = ["type", "site", "space", "organisation"]
    raw_id_fields = ["gateway", "site", "space"]
    fields = [
        *("name", "reported_name", "type", "asset", "fleet", "organisation", "gateway"),
        *("site", "space", "tags", "status", "last_seen_at"),
    ]
    readonly_fields = [
        *("reported_name", "type", "asset", "fleet", "organisation", "status", "last_seen_at"),
    ]
    inlines = [PointInline, PlacementInline]

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        """Save through the service, which keeps placements and tells others."""
        update_device(device=obj, changes={name: getattr(obj, name) for name in form.changed_data})

    def delete_model(self, request: HttpRequest, obj: Device) -> None:
        """Delete through the service."""
        delete_device(device=obj)


@admin.register(Gateway)
class GatewayAdmin(UsedAdmin):
    """Gateways."""

    list_display = ["name", "status", "site", "space", "organisation", "last_seen_at"]
    raw_id_fields = ["site", "space"]
    fields = ["name", "asset", "organisation", "site", "space", "status", "last_seen_at"]
    readonly_fields = ["asset", "organisation", "status", "last_seen_at"]

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        """Save through the service."""
        update_gateway(
            gateway=obj, changes={name: getattr(obj, name) for name in form.changed_data}
        )

    def delete_model(self, request: HttpRequest, obj: Gateway) -> None:
        """Delete through the service."""
        delete_gateway(gateway=obj)


@admin.register(Point)
class PointAdmin(ReadOnlyAdmin):
    """Points with their latest values."""

    list_display = ["id", "device", "type", "latest", "last_time", "last_quality"]
    list_select_related = ["device", "type"]
    search_fields = ["device__name", "type__key"]

    def latest(self, point: Point) -> str:
        """Return the latest value with its unit."""
        return latest_of(point)


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    """Where devices stood, and when."""

    list_display = ["device", "site_id", "space_id", "period"]
    list_select_related = ["device"]
    search_fields = ["device__name"]


@admin.register(DesiredValue)
class DesiredValueAdmin(ReadOnlyAdmin):
    """What settings shall be."""

    list_display = ["point", "value", "text", "requested_at"]
    list_select_related = ["point__type", "point__device"]
    search_fields = ["point__device__name", "point__type__key"]
