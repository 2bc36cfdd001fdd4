"""How far sites have wandered from what they were declared to be."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from twin.choices import VersionStatus
from twin.contents import Item, items_in
from twin.definitions.format import Definition
from twin.definitions.layout import PlannedSpace
from twin.models import Site, Space, TemplateVersion
from twin.planning.fields import MISSING, same, shown
from twin.selectors.slots import match_slots
from twin.services.declarations import Declared, worked_out

SORTS = ("renamed", "moved", "added", "removed", "changed", "incomplete")
MAX_SHOWN = 100

Line = dict[str, Any]
Row = Mapping[str, Any]


def with_declarations(sites: QuerySet[Site]) -> QuerySet[Site]:
    """Return the sites with what `drift_of` needs of them, in the same query."""
    return sites.select_related("declaration", "template_version__template").defer(
        "template_version__source"
    )


def drift_of(sites: Iterable[Site]) -> list[dict[str, Any]]:
    """Return how far each of the sites has wandered.

    Args: sites as `with_declarations` returns them.
    Shape: ``counts`` by sort of departure, ``behind_by`` versions, ``slots``, and the first hundred
    ``departures``, each ``{"sort", "node", "key", "name", "before", "after"}``. The number of
    queries depends neither on that of the sites nor on that of their spaces.
    """
    sites = list(sites)
    newest = _newest(sites)
    rows = _rows(sites)
    items: dict[UUID, list[Item]] = {}
    of_space = {row["pk"]: row["site"] for held in rows.values() for row in held}
    for item in items_in(Space.objects.filter(site__in=sites)):
        items.setdefault(of_space[item.space], []).append(item)
    return [
        _report(site, rows.get(site.pk, []), items=items.get(site.pk, []), newest=newest)
        for site in sites
    ]


def _newest(sites: list[Site]) -> dict[UUID, int]:
    """Return the newest published number of each of the sites' templates (one query)."""
    keys = {one.template_version.template_id for one in sites if one.template_version}
    published = TemplateVersion.objects.filter(template__in=keys, status=VersionStatus.PUBLISHED)
    rows = published.order_by().values_list("template")
    return dict(rows.annotate(Max("number")))


def _rows(sites: list[Site]) -> dict[UUID, list[Row]]:
    fields = ("pk", "site", "parent", "kind", "name", "properties", "template_key", "position")
    found: dict[UUID, list[Row]] = {}
    for row in Space.objects.filter(site__in=sites).order_by("path").values(*fields):
        found.setdefault(row["site"], []).append(row)
    return found


def _report(
    site: Site, rows: list[Row], *, items: list[Item], newest: Mapping[UUID, int]
) -> dict[str, Any]:
    declared = worked_out(site, getattr(site, "declaration", None))
    version = site.template_version
    latest = newest.get(version.template_id) if version else None
    departures = list(_departures(declared, rows)) if declared else []
    definition = declared.definition if declared else None
    departures += _incomplete(definition, rows)
    counts = Counter(line["sort"] for line in departures)
    kinds = ((row["pk"], row["kind"]) for row in rows)
    return {
        "site": str(site.pk),
        "name": site.name,
        "template": version.reference if version else None,
        "latest": f"{version.template.key}@{latest}" if version and latest else None,
        "behind_by": max(0, latest - version.number) if version and latest else 0,
        "counts": {sort: counts[sort] for sort in SORTS},
        "slots": match_slots(definition, kinds, items=items).totals(),
        "departures": departures[:MAX_SHOWN],
    }


def _departures(declared: Declared, rows: list[Row]) -> Iterator[Line]:
    """Yield each difference between the declaration and the building, in reading order."""
    shall = {space.key: space for space in declared.spaces}
    keys = {row["pk"]: row["template_key"] for row in rows}
    for row in rows:
        space = shall.get(row["template_key"])
        if space is None:
            yield _line("added", row)
        else:
            yield from _differences(row, space, above=keys.get(row["parent"]))
    standing = {key for key in keys.values() if key}
    for key, space in shall.items():
        if key not in standing:
            yield {"sort": "removed", "node": None, "key": key, "name": space.name}


def _differences(row: Row, space: PlannedSpace, *, above: str | None) -> Iterator[Line]:
    if row["name"] != space.name:
        yield _line("renamed", row, before=space.name, after=row["name"])
    if (above or None) != space.parent or (row["parent"] and not above):
        yield _line("moved", row, before=space.parent, after=above or None)
    before, after = {}, {}
    if row["kind"] != space.kind:
        before["kind"], after["kind"] = space.kind, row["kind"]
    for name in dict.fromkeys([*space.properties, *row["properties"]]):
        was, stands = (one.get(name, MISSING) for one in (space.properties, row["properties"]))
        if not same(was, stands):
            before[name], after[name] = shown(was), shown(stands)
    if before:
        yield _line("changed", row, before=before, after=after)


def _incomplete(definition: Definition | None, rows: list[Row]) -> Iterator[Line]:
    """Yield each space that holds fewer of a kind than its own kind must have."""
    kinds = definition.kinds if definition else {}
    held = Counter((row["parent"], row["kind"]) for row in rows)
    for row in rows:
        contains = kinds[row["kind"]].contains if row["kind"] in kinds else {}
        for kind, allowed in contains.items():
            count = held[row["pk"], kind]
            if count < allowed.minimum:
                yield _line("incomplete", row, before={kind: allowed.minimum}, after={kind: count})


def _line(sort: str, row: Row, **more: Any) -> Line:
    place = {"node": str(row["pk"]), "key": row["template_key"], "name": row["name"]}
    return {"sort": sort, **place, **more}
