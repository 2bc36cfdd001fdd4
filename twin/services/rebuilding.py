"""Write the work of a plan: rows made, changed and removed by sets, paths mended once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from twin.choices import NodeKind
from twin.models import Node, Relationship, Site, Space, View, ViewMember
from twin.planning.changes import Live, Standing, StandingView, Work
from twin.services.building import MEMBER_FIELDS, SPACE_FIELDS, VIEW_FIELDS
from twin.services.nodes import copy_nodes
from twin.signals import space_moving

UPDATE_SPACES = """
UPDATE twin_space s SET parent_id = r.parent, position = r.position, kind = r.kind,
    name = r.name, properties = r.properties::jsonb, template_key = r.key, updated_at = now()
FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS r(id, parent, position, kind, name, properties, key)
WHERE s.id = r.id
"""
MEND_PATHS = """
WITH RECURSIVE tree AS (
    SELECT id, replace(id::text, '-', '')::ltree AS path
    FROM twin_space WHERE site_id = %(site)s AND parent_id IS NULL
    UNION ALL
    SELECT s.id, t.path || replace(s.id::text, '-', '')
    FROM twin_space s JOIN tree t ON s.parent_id = t.id
)
UPDATE twin_space s SET path = tree.path FROM tree WHERE s.id = tree.id AND s.path <> tree.path
"""
UPDATE_VIEWS = """
UPDATE twin_view v SET name = r.name, description = r.description, rule = r.rule::jsonb,
    template_key = r.key, updated_at = now()
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS r(id, name, description, rule, key)
WHERE v.id = r.id
"""


def rebuild(site: Site, work: Work, *, live: Live) -> None:
    """Write all of the work but what goes; a constant number of statements.

    Needs an open transaction. What goes is deleted once its contents have moved.
    """
    keys = {one.id: one.key for one in live.spaces.values()}
    moving = [one.id for one in work.update if one.parent != live.spaces[one.id].parent]
    tell_moving([*moving, *(one for one, _ in work.merges)])
    update_spaces(work.update, keys=keys)
    create_spaces(site, work.create)
    if any(one.parent != live.spaces[one.id].parent for one in work.update):
        mend_paths(site)
    update_views(work.update_views, keys={one.id: one.key for one in live.views.values()})
    create_views(site, work.create_views)
    remove_members(work.remove_members)
    add_members(site, work.add_members)
    create_edges(site, work.create_edges)


def tell_moving(keys: Iterable[UUID]) -> None:
    """Let the apps above write down where spaces stood, before they stand elsewhere."""
    told: set[str] = set()
    for space in Space.objects.filter(pk__any=list(keys)).order_by("path"):
        if told.isdisjoint(space.path):  # What stands in one that was told is told with it.
            told.add(space.pk.hex)
            space_moving.send(sender=Space, space=space)


def update_spaces(spaces: Iterable[Standing], *, keys: Mapping[UUID, str]) -> None:
    """Write rows of spaces as they shall be, all but their paths; ``keys`` are those of now."""
    rows = list(spaces)
    if not rows:
        return
    columns = (
        [one.id for one in rows],
        [one.parent for one in rows],
        [one.position for one in rows],
        [one.kind for one in rows],
        [one.name for one in rows],
        [_text(one.properties) for one in rows],
        [one.key for one in rows],
    )
    _free_keys(Space, rows, keys=keys)
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_SPACES, columns)


def _free_keys(model: type[Space | View], rows: list[Any], *, keys: Mapping[UUID, str]) -> None:
    """Let go of keys that change hands: they are unique in a site, and checked row by row."""
    wanted = {one.key: one.id for one in rows if one.key}
    held = [node for node, key in keys.items() if wanted.get(key, node) != node]
    if held:
        model.objects.filter(pk__any=held).update(template_key="")


def create_spaces(site: Site, spaces: list[Standing]) -> None:
    """Make spaces under the ids that were chosen for them, parents before children."""
    if not spaces:
        return
    paths = _paths_above(spaces)
    copy_nodes((one.id for one in spaces), kind=NodeKind.SPACE, site=site)
    copy_rows(Space, fields=SPACE_FIELDS, rows=_space_rows(site, spaces, paths=paths))


def mend_paths(site: Site) -> None:
    """Let the path of every space of a site follow from its parents."""
    with connection.cursor() as cursor:
        cursor.execute(MEND_PATHS, {"site": site.pk})


def create_views(site: Site, views: list[StandingView]) -> None:
    """Make views under the ids that were chosen for them."""
    if not views:
        return
    now, tenant = timezone.now(), site.organisation_id
    copy_nodes((one.id for one in views), kind=NodeKind.VIEW, site=site)
    rows = (
        (now, now, one.id, site.pk, tenant, one.name, one.description, one.rule, one.key)
        for one in views
    )
    copy_rows(View, fields=VIEW_FIELDS, rows=rows)


def update_views(views: list[StandingView], *, keys: Mapping[UUID, str]) -> None:
    """Write rows of views as they shall be; ``keys`` are those of now."""
    if not views:
        return
    columns = (
        [one.id for one in views],
        [one.name for one in views],
        [one.description for one in views],
        [None if one.rule is None else _text(one.rule) for one in views],
        [one.key for one in views],
    )
    _free_keys(View, views, keys=keys)
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_VIEWS, columns)


def add_members(site: Site, pairs: list[tuple[UUID, UUID]]) -> None:
    """Put spaces into views; those that are in already stay."""
    now, tenant = timezone.now(), site.organisation_id
    there = ViewMember.objects.filter(view__in={view for view, _ in pairs})
    known = set(there.values_list("view", "node")) if pairs else set()
    rows = [(now, now, uuid7(), *pair, tenant) for pair in pairs if pair not in known]
    if rows:
        copy_rows(ViewMember, fields=MEMBER_FIELDS, rows=rows)


def remove_members(pairs: list[tuple[UUID, UUID]]) -> None:
    """Take spaces out of views."""
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM twin_viewmember m USING unnest(%s::uuid[], %s::uuid[]) AS r(view, node)"
            " WHERE m.view_id = r.view AND m.node_id = r.node",
            [[view for view, _ in pairs], [node for _, node in pairs]],
        )


def create_edges(site: Site, edges: list[tuple[UUID, str, UUID, UUID]]) -> None:
    """Make relationships under the ids that were chosen for them; some lead to other sites."""
    ends = {end for _, _, *pair in edges for end in pair}
    inside = set(Node.objects.filter(pk__in=ends, site=site).values_list("pk", flat=True))
    Relationship.objects.bulk_create(
        Relationship(
            pk=key,
            kind=kind,
            source_id=source,
            target_id=target,
            site=site if {source, target} <= inside else None,
            organisation_id=site.organisation_id,
        )
        for key, kind, source, target in edges
    )


def _paths_above(spaces: list[Standing]) -> dict[UUID, str]:
    """Return the paths of those that stand and get something inside (one query)."""
    made = {one.id for one in spaces}
    holders = {one.parent for one in spaces if one.parent and one.parent not in made}
    known = Space.objects.filter(pk__any=holders).values_list("pk", "path")
    return {key: str(path) for key, path in known}


def _space_rows(
    site: Site, spaces: list[Standing], *, paths: dict[UUID, str]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of new spaces, each path below that of its parent."""
    now, tenant = timezone.now(), site.organisation_id
    for one in spaces:
        above = f"{paths[one.parent]}." if one.parent else ""
        paths[one.id] = f"{above}{one.id.hex}"
        place = (site.pk, tenant, one.parent, one.position, paths[one.id])
        yield (now, now, one.id, *place, one.kind, one.name, dict(one.properties), one.key)


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
