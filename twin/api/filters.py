"""The documented filters of twin's lists."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from twin.choices import NodeKind, UpgradeItemStatus
from twin.models import (
    Grant,
    Occupancy,
    Relationship,
    Site,
    Space,
    TopologyTemplate,
    UpgradeItem,
    View,
)
from twin.selectors.view_contents import contents_for


class SiteFilter(django_filters.FilterSet):
    """Sites by organisation."""

    organisation = django_filters.UUIDFilter(field_name="organisation")

    class Meta:
        model = Site
        fields: tuple[str, ...] = ()


class SpaceFilter(django_filters.FilterSet):
    """Spaces by site, parent, kind, and by the space or view they are in."""

    site = django_filters.UUIDFilter(field_name="site")
    parent = django_filters.UUIDFilter(field_name="parent")
    kind = django_filters.CharFilter(field_name="kind")
    within = django_filters.UUIDFilter(
        method="filter_within", help_text="That space and everything below it, at any depth."
    )

    view = django_filters.UUIDFilter(
        method="filter_view", help_text="In that view: put there, or found by its rule."
    )

    class Meta:
        model = Space
        fields: tuple[str, ...] = ()

    def filter_view(self, queryset: QuerySet[Space], name: str, value: Any) -> QuerySet[Space]:
        """Keep what is in a visible view; of any other, nothing."""
        return queryset.filter(contents_for(self.request.auth, value, kind=NodeKind.SPACE))

    def filter_within(self, queryset: QuerySet[Space], name: str, value: Any) -> QuerySet[Space]:
        """Keep the subtree of a visible space; of any other, nothing."""
        top = Space.objects.visible_to(self.request.auth).filter(pk=value).first()
        if top is None:
            return queryset.none()
        return queryset.filter(path__within=[top.path])


class ViewFilter(django_filters.FilterSet):
    """Views by site."""

    site = django_filters.UUIDFilter(field_name="site")

    class Meta:
        model = View
        fields: tuple[str, ...] = ()


class RelationshipFilter(django_filters.FilterSet):
    """Edges by site, type and end."""

    site = django_filters.UUIDFilter(field_name="site")
    kind = django_filters.CharFilter(field_name="kind")
    source = django_filters.UUIDFilter(field_name="source")
    target = django_filters.UUIDFilter(field_name="target")
    node = django_filters.UUIDFilter(
        method="filter_node", help_text="Edges that leave or reach that node."
    )

    class Meta:
        model = Relationship
        fields: tuple[str, ...] = ()

    def filter_node(
        self, queryset: QuerySet[Relationship], name: str, value: Any
    ) -> QuerySet[Relationship]:
        """Keep the edges of one node."""
        return queryset.filter(Q(source=value) | Q(target=value))


class TemplateFilter(django_filters.FilterSet):
    """Templates by key and organisation."""

    key = django_filters.CharFilter(field_name="key")
    organisation = django_filters.UUIDFilter(field_name="organisation")

    class Meta:
        model = TopologyTemplate
        fields: tuple[str, ...] = ()


class OccupancyFilter(django_filters.FilterSet):
    """Occupancies by site, space and person."""

    site = django_filters.UUIDFilter(field_name="site")
    space = django_filters.UUIDFilter(field_name="space")
    user = django_filters.UUIDFilter(field_name="user")

    class Meta:
        model = Occupancy
        fields: tuple[str, ...] = ()


class GrantFilter(django_filters.FilterSet):
    """Grants by node, site and party."""

    node = django_filters.UUIDFilter(field_name="node")
    site = django_filters.UUIDFilter(field_name="site")
    user = django_filters.UUIDFilter(field_name="user")
    organisation = django_filters.UUIDFilter(field_name="party_organisation")

    class Meta:
        model = Grant
        fields: tuple[str, ...] = ()


class UpgradeItemFilter(django_filters.FilterSet):
    """The sites of a wave by state."""

    status = django_filters.ChoiceFilter(choices=UpgradeItemStatus.choices)

    class Meta:
        model = UpgradeItem
        fields: tuple[str, ...] = ()
