"""The gates of what is inside sites: each asks the principal's reach, by columns with an index."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from twin.models.reach import reach_of
from twin.rights import KEEPERS, NEEDED, AreaSet, Level, Way

NOTHING = Q(pk__in=())


class SiteTenantQuerySet(TenantQuerySet):
    """Rows with ``organisation`` and ``site``: the inside of buildings.

    A row is visible if some right covers it and the consent, if it is limited, covers it too. Rows
    that stand in spaces override ``in_subtrees``; to the others a right to a part of a site opens
    nothing.
    """

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a row visible."""
        return self.reached(principal, Level.SEE)

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a row changeable."""
        return self.reached(principal, NEEDED[at_least])

    def controllable_by(self, principal: Principal) -> Self:
        """Return the rows that the caller may operate."""
        return self.filter(self.reached(principal, Level.CONTROL))

    def reached(
        self, principal: Principal, level: Level, *, ways: Collection[Way] = tuple(Way)
    ) -> Q:
        """Return the condition of being covered by a right of that level, and by the consent."""
        reach = reach_of(principal)
        condition = self.inside(reach.areas(level, ways=ways))
        cut = reach.cut_areas()
        return condition if cut is None else condition & self.inside(cut)

    def inside(self, areas: AreaSet) -> Q:
        """Return the condition of being in one of the areas; parts that hold none are left out."""
        condition = NOTHING
        if areas.organisations:
            condition |= Q(organisation__in=areas.organisations)
        if areas.sites:
            condition |= Q(site__in=areas.sites)
        if areas.nodes:
            condition |= self.at_nodes(areas)
        if areas.paths:
            condition |= self.in_subtrees(areas)
        if areas.gateways:
            condition |= self.at_gateways(areas)
        return condition

    def at_gateways(self, areas: AreaSet) -> Q:
        """Return the condition of being one of the gateways, or behind one."""
        return NOTHING

    def removable_by(self, principal: Principal) -> Self:
        """Return the rows that the caller may delete: not by a grant, since others rely on what
        stands in their building, and readings go with their device.
        """
        return self.filter(self.reached(principal, Level.CHANGE, ways=KEEPERS))

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return the condition of being one of the nodes."""
        return Q(pk__in=areas.nodes)

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition of standing in one of the subtrees of spaces."""
        return NOTHING


class PlacedQuerySet(SiteTenantQuerySet):
    """Rows that stand in a ``space``: devices, gateways, occupancies."""

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition of standing in the subtrees; their sites narrow it by index."""
        return standing_within(areas, "space")


class NodeQuerySet(SiteTenantQuerySet):
    """Nodes of any kind: visible exactly if the thing behind them is, as far as it has a place."""

    # Where nodes of each kind stand, and the gateways they are or are behind; the apps above add
    # theirs when they are ready.
    place_fields: ClassVar[list[str]] = ["pk"]
    gateway_fields: ClassVar[list[str]] = ["pk"]

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition that the node is a space in a subtree, or stands in one."""
        return standing_within(areas, *self.place_fields)

    def at_gateways(self, areas: AreaSet) -> Q:
        """Return the condition that the node is one of the gateways, or behind one."""
        condition = NOTHING
        for field in self.gateway_fields:
            condition |= Q(**{f"{field}__in": areas.gateways})
        return condition


class EdgeQuerySet(SiteTenantQuerySet):
    """Edges: in a part of a site only those whose both ends are in it."""

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return nothing: a single node is no edge."""
        return NOTHING

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition that both ends are in the subtrees."""
        nodes = NodeQuerySet(apps.get_model("twin", "Node"))
        part = AreaSet(partial_sites=areas.partial_sites, paths=areas.paths, nodes=areas.nodes)
        ends = nodes.filter(nodes.inside(part)).values("pk")
        return Q(site__in=areas.partial_sites, source__in=ends, target__in=ends)


def register_place(field: str) -> None:
    """Let nodes be found by the space to which this field of theirs leads."""
    if field not in NodeQuerySet.place_fields:
        NodeQuerySet.place_fields.append(field)


def register_gateway(field: str) -> None:
    """Let nodes be found by the gateway to which this field of theirs leads."""
    if field not in NodeQuerySet.gateway_fields:
        NodeQuerySet.gateway_fields.append(field)


def standing_within(areas: AreaSet, *fields: str) -> Q:
    """Return the condition that one of the fields leads to a space in the subtrees.

    The sites of the subtrees narrow it by an index before any path is compared.
    """
    spaces: QuerySet[Any] = QuerySet(apps.get_model("twin", "Space")).filter(
        path__within=areas.paths
    )
    places = NOTHING
    for field in fields:
        places |= Q(Exists(spaces.filter(pk=OuterRef(field))))
    return Q(site__in=areas.partial_sites) & places
