"""The documented filters of devices' lists."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from devices.choices import AssetRole, AssetStatus, ContactStatus
from devices.models import Asset, Device, DeviceType, Gateway
from twin.models import Space


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


class PlacedFilter(django_filters.FilterSet):
    """What stands somewhere, by site, space, subtree and contact."""

    site = django_filters.UUIDFilter(field_name="site")
    space = django_filters.UUIDFilter(field_name="space")
    within = django_filters.UUIDFilter(
        method="filter_within", help_text="In that space or anywhere below it."
    )
    status = django_filters.ChoiceFilter(field_name="status", choices=ContactStatus.choices)

    def filter_within(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Keep what is in the subtree of a visible space; of any other, nothing."""
        top = Space.objects.visible_to(self.request.auth).filter(pk=value).first()
        if top is None:
            return queryset.none()
        return queryset.filter(space__in=Space.objects.within(top).values("pk"))


class GatewayFilter(PlacedFilter):
    """Gateways by place and contact."""

    class Meta:
        model = Gateway
        fields: tuple[str, ...] = ()


class DeviceFilter(PlacedFilter):
    """Devices by place, fleet, gateway, type, category, contact and tags."""

    fleet = django_filters.UUIDFilter(field_name="fleet")
    gateway = django_filters.UUIDFilter(field_name="gateway")
    type = django_filters.CharFilter(field_name="type__key", help_text="The key of a type.")
    category = django_filters.CharFilter(field_name="type__category")
    tag = django_filters.CharFilter(
        method="filter_tag", help_text="`name:value`; given several times, all must hold."
    )

    class Meta:
        model = Device
        fields: tuple[str, ...] = ()

    def filter_tag(self, queryset: QuerySet[Device], name: str, value: str) -> QuerySet[Device]:
        """Keep the devices that carry all the tags, by the index on tags."""
        for tag in self.request.query_params.getlist("tag"):
            key, _, word = tag.partition(":")
            queryset = queryset.filter(tags__contains={key: word})
        return queryset
