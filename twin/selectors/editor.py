"""A building as its editor shows it: all of it in brief, and one space in full."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from config.lib.units import symbol_of
from twin.choices import NodeKind
from twin.contents import count_contents
from twin.definitions.format import Definition, Kind, Slot
from twin.fittings import Fitting, fittings_at
from twin.models import Relationship, Site, Space, View, ViewMember
from twin.models.spaces import SpaceQuerySet
from twin.selectors.revisions import revision_of
from twin.selectors.rule_conditions import findable_of
from twin.selectors.slots import Filling, report_slots
from twin.selectors.templates import site_definition
from twin.selectors.view_contents import contents_of

# What a kind is drawn as, by the classes that its template names.
STOREY_KEYS = frozenset({"floor", "storey", "level"})
STOREYS = {"brick:Floor", "brick:Storey", "brick:Basement", "brick:Rooftop", "rec:Level"}
OUTSIDE = {"brick:Outdoor_Area", "rec:OutdoorSpace", "brick:Site", "rec:Site"}
FREE_KINDS = ("building", "floor", "flat", "room", "area")
NODES = (NodeKind.SPACE, NodeKind.DEVICE, NodeKind.GATEWAY)
Document = dict[str, Any]


def building_of(site: Site) -> Document:
    """Return all of a site that its editor shows at first.

    Shape: ``spaces`` in order as [id, parent, kind, name], ``things`` as [id, space, sort, name,
    category, status], ``missing`` devices by space. Eight queries and one for the template.
    """
    definition = site_definition(site)
    spaces = Space.objects.filter(site=site)
    return {
        "revision": str(revision_of(site.pk)),
        "site": {"id": str(site.pk), "name": site.name, "is_free": definition is None},
        "kinds": _kinds(definition, spaces),
        "spaces": [*rows_of(spaces)],
        "things": [thing_row(one) for one in fittings_at(site)],
        "missing": missing_in(definition, spaces),
        "views": views_of(site),
    }


def rows_of(spaces: SpaceQuerySet) -> Iterable[list[Any]]:
    """Yield the rows of spaces, siblings in order."""
    for key, parent, kind, name in spaces.in_order().values_list("pk", "parent", "kind", "name"):
        yield [str(key), str(parent) if parent else None, kind, name]


def thing_row(thing: Fitting) -> list[Any]:
    """Return the row of a device or gateway."""
    space = str(thing.space) if thing.space else None
    return [str(thing.node), space, thing.sort, thing.name, thing.category, thing.status]


def missing_in(definition: Definition | None, spaces: SpaceQuerySet) -> dict[str, int]:
    """Return how many devices spaces lack, of those that lack any (two queries)."""
    report = report_slots(definition, spaces)
    counts = {
        str(space): sum(one.missing for one in fillings)
        for space, fillings in report.fillings.items()
    }
    return {space: count for space, count in counts.items() if count}


def branches_of(site: Site, parents: Collection[UUID | None]) -> dict[str, list[list[Any]]]:
    """Return the rows directly in each of the parents; "" is the site itself (two queries)."""
    named = [key for key in parents if key]
    spaces = Space.objects.filter(site=site)
    rows = [*rows_of(spaces.filter(parent__in=named))] if named else []
    if None in parents:
        rows += rows_of(spaces.filter(parent=None))
    found: dict[str, list[list[Any]]] = {str(key or ""): [] for key in parents}
    for row in rows:
        found[row[1] or ""].append(row)
    return found


def details_of(site: Site, space: Space) -> Document:
    """Return what the panel shows of one space (six queries at most)."""
    definition = site_definition(site)
    report = report_slots(definition, Space.objects.filter(pk=space.pk))
    in_view = ViewMember.objects.filter(view__site=site, node=space.pk)
    return {
        "id": str(space.pk),
        "properties": space.properties,
        "slots": [_filling(one) for one in report.fillings.get(space.pk, [])],
        "views": [str(key) for key in in_view.values_list("view", flat=True)],
        "holds": count_contents([space.pk]).get(space.pk, {}),
        "template_key": space.template_key,
    }


def views_of(site: Site) -> list[Document]:
    """Return the views of a site (one query)."""
    views = View.objects.filter(site=site).order_by("name", "pk")
    rows = views.values_list("pk", "name", "description", "rule")
    return [
        {"id": str(key), "name": name, "description": text, "has_rule": bool(rule)}
        for key, name, text, rule in rows
    ]


def members_of(view: View) -> Document:
    """Return the ids of all that a view holds, and of what was put into it by hand."""
    by_hand = ViewMember.objects.filter(view=view).values_list("node", flat=True)
    return {"nodes": [str(key) for key in _nodes_in(view)], "by_hand": [*map(str, by_hand)]}


def _nodes_in(view: View) -> Iterable[UUID]:
    for kind in NODES:
        findable = findable_of(kind)
        if findable is not None:
            rows: QuerySet[Any] = QuerySet(findable.model).filter(site=view.site_id)
            yield from rows.filter(contents_of(view, kind)).values_list("pk", flat=True)


def links_of(site: Site) -> list[list[str]]:
    """Return the relationships of a site as [kind, source, target] (one query)."""
    rows = Relationship.objects.filter(site=site).order_by("pk")
    return [
        [kind, str(source), str(target)]
        for kind, source, target in rows.values_list("kind", "source", "target")
    ]


def _kinds(definition: Definition | None, spaces: SpaceQuerySet) -> Mapping[str, Document]:
    """Return what the editor must know of kinds; a free-form site offers those that it has."""
    if definition is not None:
        return {key: _kind(kind) for key, kind in definition.kinds.items()}
    used = spaces.order_by("kind").values_list("kind", flat=True).distinct()
    keys = sorted({*FREE_KINDS, *used})
    anything = dict.fromkeys(keys)
    return {key: _free_kind(key, anything) for key in keys}


def _kind(kind: Kind) -> Document:
    return {
        "name": kind.name,
        "role": _role(kind),
        "is_root": kind.is_root,
        "contains": {key: limits.maximum for key, limits in kind.contains.items()},
        "properties": {key: _property(one) for key, one in kind.properties.items()},
    }


def _property(document: Mapping[str, Any]) -> Document:
    """Return a property with its unit as people write it."""
    unit = document.get("unit", "")
    return {**document, "symbol": symbol_of(unit)} if unit else dict(document)


def _role(kind: Kind) -> str:
    """Return what a kind is drawn as; one with a level is a storey, whatever it is called.

    A kind without classes is taken for what it is called.
    """
    classes = set(kind.classes)
    is_called_so = not classes and kind.key in STOREY_KEYS
    if classes & STOREYS or "level" in kind.properties or is_called_so:
        return "storey"
    return "outside" if classes & OUTSIDE else ""


def _free_kind(key: str, anything: Mapping[str, None]) -> Document:
    role = "storey" if key in STOREY_KEYS else ""
    name = key.replace("-", " ").capitalize()
    return {
        "name": name,
        "role": role,
        "is_root": True,
        "contains": anything,
        "properties": None,
    }


def _filling(filling: Filling) -> Document:
    slot: Slot = filling.slot
    return {
        "key": slot.key,
        "name": slot.name,
        "categories": sorted(slot.categories),
        "types": sorted(slot.types),
        "min": slot.cardinality.minimum,
        "max": slot.cardinality.maximum,
        "missing": filling.missing,
        "devices": [str(key) for key in filling.devices],
    }
