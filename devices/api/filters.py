"""The documented filters of devices' lists."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from devices.choices import (
    AssetRole,
    AssetStatus,
    BatchStatus,
    CommandStatus,
    ContactStatus,
    FlowDirection,
    ImportRowStatus,
    ImportStatus,
    Medium,
)
from devices.models import (
    Asset,
    BulkImport,
    Command,
    CommandBatch,
    Device,
    DeviceType,
    Gateway,
    ImportRow,
    MeteringPoint,
)
from twin.choices import NodeKind
from twin.models import Space
from twin.selectors.view_contents import contents_for


class DeviceTypeFilter(django_filters.FilterSet):
    """Types by key, category and maker."""

    key = django_filters.CharFilter(field_name="key")
    category = django_filters.CharFilter(field_name="category")
    manufacturer = django_filters.CharFilter(field_name="manufacturer")

    class Meta:
        model = DeviceType
        fields: tuple[str, ...] = ()


class AssetFilter(django_filters.FilterSet):
    """Assets by fleet, role, status, manufacturer and exact serial."""

    fleet = django_filters.UUIDFilter(field_name="fleet")
    role = django_filters.ChoiceFilter(field_name="role", choices=AssetRole.choices)
    status = django_filters.ChoiceFilter(field_name="status", choices=AssetStatus.choices)
    manufacturer = django_filters.CharFilter(field_name="manufacturer")
    serial = django_filters.CharFilter(field_name="serial")

    class Meta:
        model = Asset
        fields: tuple[str, ...] = ()


class ImportFilter(django_filters.FilterSet):
    """Imports by state."""

    status = django_filters.ChoiceFilter(field_name="status", choices=ImportStatus.choices)

    class Meta:
        model = BulkImport
        fields: tuple[str, ...] = ()


class ImportRowFilter(django_filters.FilterSet):
    """Rows of an import by state and type."""

    status = django_filters.ChoiceFilter(field_name="status", choices=ImportRowStatus.choices)
    type = django_filters.CharFilter(field_name="type")

    class Meta:
        model = ImportRow
        fields: tuple[str, ...] = ()


class CommandFilter(django_filters.FilterSet):
    """Commands by device, the site where they were given, state, action and batch."""

    device = django_filters.UUIDFilter(field_name="device")
    site = django_filters.UUIDFilter(field_name="site")
    status = django_filters.ChoiceFilter(field_name="status", choices=CommandStatus.choices)
    action = django_filters.CharFilter(field_name="action")
    batch = django_filters.UUIDFilter(field_name="batch")

    class Meta:
        model = Command
        fields: tuple[str, ...] = ()


class CommandBatchFilter(django_filters.FilterSet):
    """Batches of commands by state."""

    status = django_filters.ChoiceFilter(field_name="status", choices=BatchStatus.choices)

    class Meta:
        model = CommandBatch
        fields: tuple[str, ...] = ()


class PlaceFilter(django_filters.FilterSet):
    """What is somewhere, by site, space and subtree."""

    site = django_filters.UUIDFilter(field_name="site")
    space = django_filters.UUIDFilter(field_name="space")
    within = django_filters.UUIDFilter(
        method="filter_within", help_text="In that space or anywhere below it."
    )

    def filter_within(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Keep what is in the subtree of a visible space; of any other, nothing."""
        top = Space.objects.visible_to(self.request.auth).filter(pk=value).first()
        if top is None:
            return queryset.none()
        return queryset.filter(space__in=Space.objects.within(top).values("pk"))


class PlacedFilter(PlaceFilter):
    """What stands somewhere, also by contact."""

    status = django_filters.ChoiceFilter(field_name="status", choices=ContactStatus.choices)


class GatewayFilter(PlacedFilter):
    """Gateways by place and contact."""

    class Meta:
        model = Gateway
        fields: tuple[str, ...] = ()


class TagFilter(django_filters.FilterSet):
    """What carries tags."""

    tag = django_filters.CharFilter(
        method="filter_tag", help_text="`name:value`; given several times, all must hold."
    )

    def filter_tag(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep what carries all the tags, by the index on tags."""
        for tag in self.request.query_params.getlist("tag"):
            key, _, word = tag.partition(":")
            queryset = queryset.filter(tags__contains={key: word})
        return queryset


class MeteringPointFilter(PlaceFilter, TagFilter):
    """Metering points by place, medium, direction, kind, use and tags."""

    medium = django_filters.ChoiceFilter(field_name="medium", choices=Medium.choices)
    direction = django_filters.ChoiceFilter(choices=FlowDirection.choices)
    virtual = django_filters.BooleanFilter(field_name="is_virtual")
    active = django_filters.BooleanFilter(field_name="is_active")

    class Meta:
        model = MeteringPoint
        fields: tuple[str, ...] = ()


class DeviceFilter(PlacedFilter, TagFilter):
    """Devices by place, view, fleet, gateway, type, category, contact and tags."""

    fleet = django_filters.UUIDFilter(field_name="fleet")
    gateway = django_filters.UUIDFilter(field_name="gateway")
    type = django_filters.CharFilter(field_name="type__key", help_text="The key of a type.")
    category = django_filters.CharFilter(field_name="type__category")
    view = django_filters.UUIDFilter(
        method="filter_view", help_text="In that view: put there, or found by its rule."
    )

    class Meta:
        model = Device
        fields: tuple[str, ...] = ()

    def filter_view(self, queryset: QuerySet[Device], name: str, value: Any) -> QuerySet[Device]:
        """Keep what is in a visible view; of any other, nothing."""
        return queryset.filter(contents_for(self.request.auth, value, kind=NodeKind.DEVICE))
