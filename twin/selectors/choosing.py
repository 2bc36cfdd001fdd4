"""Places as people choose among them: what they see by the gates, with names; few queries."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, When, Window
from django.db.models.functions import RowNumber

from accounts.models import Consent
from accounts.places import Place, within
from accounts.principals import Principal
from twin.choices import NodeKind
from twin.models import ConsentNode, Node, Site, Space, View
from twin.models.gates import NodeQuerySet
from twin.models.reach import reach_of
from twin.models.spaces import SpaceQuerySet


class Shelf(Protocol):
    """An app that has things inside of spaces which a consent can be limited to."""

    def inside(self, principal: Principal) -> Q:
        """Return the condition of a space in which something stands."""

    def beside(self, principal: Principal) -> Q:
        """Return the condition of a site in which something stands in no space that is seen."""

    def parts(
        self, principal: Principal, places: Collection[UUID], *, limit: int
    ) -> Mapping[UUID, list[Place]]:
        """Return what stands directly in each of the sites and spaces, so many of each."""

    def find(self, principal: Principal, text: str, *, limit: int) -> list[Place]:
        """Return what has the text in its name."""


Namer = Callable[[Collection[UUID]], Mapping[UUID, str]]
_namers: dict[str, Namer] = {}
_shelves: list[Shelf] = []


def register_shelf(shelf: Shelf) -> None:
    """Let an app offer its things beside the spaces."""
    _shelves.append(shelf)


def register_namer(kind: NodeKind, namer: Namer) -> None:
    """Let a function tell the names of nodes of one kind, which the app above has."""
    _namers[kind.value] = namer


def top_places(principal: Principal, *, limit: int) -> list[Place]:
    """Return the first sites that the principal sees, by name (three queries at most)."""
    return _sites(principal, Q(), limit=limit)


def parts_of(
    principal: Principal, places: Collection[UUID], *, limit: int
) -> dict[UUID, list[Place]]:
    """Return the spaces directly in each of the sites and spaces, in order, so many of each.

    What has no visible space above it stands in the site itself: an occupant's tree begins with
    the flat. Things follow the spaces. One query, and those of the apps that have things.
    """
    visible = Space.objects.visible_to(principal)
    above = visible.filter(pk=OuterRef("parent"))
    inside = Q(parent__in=places) | (Q(site__in=places) & ~Exists(above))
    nth = Window(RowNumber(), partition_by=["site", "parent"], order_by=["position", "pk"])
    rows = _with_parts(visible.filter(inside), principal).annotate(nth=nth).filter(nth__lte=limit)
    found: dict[UUID, list[Place]] = defaultdict(list)
    for space in rows.order_by("site", "position", "pk"):
        parent = space.parent_id if space.parent_id in places else space.site_id
        found[parent].append(_space(space))
    for shelf in _shelves:
        for place, things in shelf.parts(principal, places, limit=limit).items():
            found[place] += things[: limit - len(found[place])]
    return found


def find_places(principal: Principal, text: str, *, limit: int) -> list[Place]:
    """Return sites, then spaces, then things, whose name holds the text."""
    sites = _sites(principal, Q(name__icontains=text), limit=limit)
    spaces = _with_parts(Space.objects.visible_to(principal), principal)
    found = spaces.filter(name__icontains=text).select_related("site", "parent")
    rows = found.order_by("name", "pk")[: limit - len(sites)]
    places = [*sites, *(_space(space, where=_where(space)) for space in rows)]
    for shelf in _shelves:
        if len(places) < limit:
            places += shelf.find(principal, text, limit=limit - len(places))
    return places


def named_places(principal: Principal, ids: Collection[UUID]) -> dict[UUID, Place]:
    """Return those of the nodes that the principal sees and a consent can be limited to.

    Shape: by id. Five queries at most.
    """
    if not ids:
        return {}
    known = {place.id: place for place in _sites(principal, Q(pk__in=ids), limit=len(ids))}
    spaces = Space.objects.visible_to(principal).filter(pk__in=ids)
    for space in spaces.select_related("site", "parent"):
        known[space.pk] = _space(space, where=_where(space))
    if len(known) < len(set(ids)):
        known |= _things(principal, set(ids) - known.keys())
    return {key: place for key, place in known.items() if place.can_choose}


def chosen_nodes(consents: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return the nodes to which consents are limited (one query)."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = ConsentNode.objects.filter(consent__in=consents).values_list("consent", "node")
    for consent, node in rows:
        found[consent].add(node)
    return found


def covered_nodes(consent: Consent, nodes: Collection[UUID]) -> set[UUID]:
    """Return those of the nodes that are, or stand below, what a limited consent covers."""
    return _covered(within(consent, Principal()), nodes)


def names_of(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of nodes, for who may know them all (five queries)."""
    found: dict[UUID, str] = {}
    for noun in (Site, Space, View):
        found |= dict(noun.objects.filter(pk__in=ids).values_list("pk", "name"))
    for namer in _namers.values():
        found |= namer(ids)
    return found


def _covered(principal: Principal, nodes: Collection[UUID]) -> set[UUID]:
    cut = reach_of(principal).cut_areas()
    if cut is None:
        return set(nodes)
    rows: NodeQuerySet = Node.objects.filter(pk__in=nodes)
    return set(rows.filter(rows.inside(cut)).values_list("pk", flat=True))


def _sites(principal: Principal, condition: Q, *, limit: int) -> list[Place]:
    inside = Space.objects.visible_to(principal).filter(site=OuterRef("pk"))
    parts = reduce(or_, (shelf.beside(principal) for shelf in _shelves), Q(Exists(inside)))
    sites = Site.objects.visible_to(principal).filter(condition).order_by("name", "pk")
    rows = list(sites.annotate(has_parts=Case(When(parts, then=True), default=False))[:limit])
    whole = _covered(principal, [site.pk for site in rows])
    return [
        Place(
            site.pk,
            NodeKind.SITE,
            site.name,
            has_parts=site.has_parts,
            can_choose=site.pk in whole,
        )
        for site in rows
    ]


def _with_parts(spaces: SpaceQuerySet, principal: Principal) -> Any:
    below = Space.objects.visible_to(principal).filter(parent=OuterRef("pk"))
    inside = reduce(or_, (shelf.inside(principal) for shelf in _shelves), Q(Exists(below)))
    return spaces.annotate(has_parts=Case(When(inside, then=True), default=False))


def _space(space: Any, *, where: str = "") -> Place:
    has_parts = getattr(space, "has_parts", False)
    return Place(space.pk, space.kind, space.name, where=where, has_parts=has_parts)


def _where(space: Space) -> str:
    above = [space.parent.name] if space.parent else []
    return ", ".join([*above, space.site.name])


def _things(principal: Principal, ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Return gateways and devices among the nodes, named by the app that has them."""
    kinds = (NodeKind.GATEWAY, NodeKind.DEVICE)
    nodes = Node.objects.visible_to(principal).filter(pk__in=ids, kind__in=kinds)
    rows = list(nodes.values_list("pk", "kind", named=False))
    found: dict[UUID, Place] = {}
    for kind in kinds:
        keys = [key for key, own in rows if own == kind]
        names = _namers[kind](keys) if keys and kind in _namers else {}
        found |= {key: Place(key, kind, names.get(key, "")) for key in keys}
    return found
