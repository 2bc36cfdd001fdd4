"""A building as it stands, whole, with a fingerprint of each of its rows."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from twin.models import Node, Relationship, View, ViewMember
from twin.planning.changes import End, Live, Standing, StandingEdge, StandingView
from twin.selectors.descriptions import describe

# The marks of rows are built alike in the statements that read and in the one that compares.
SPACES = """
SELECT id, parent_id, position, kind, name, properties::text, template_key,
    md5(jsonb_build_array(parent_id, position, kind, name, properties, template_key)::text)
FROM twin_space WHERE site_id = %s
"""
VIEWS = """
SELECT id, name, description, rule::text, template_key,
    md5(jsonb_build_array(name, description, rule, template_key)::text)
FROM twin_view WHERE site_id = %s OR id = ANY(%s::uuid[])
"""
MARKS = """
SELECT id, mark FROM (
    SELECT id,
        md5(jsonb_build_array(parent_id, position, kind, name, properties, template_key)::text)
        AS mark
    FROM twin_space WHERE site_id = %(site)s
    UNION ALL
    SELECT id, md5(jsonb_build_array(name, description, rule, template_key)::text)
    FROM twin_view WHERE site_id = %(site)s OR id = ANY(%(among)s::uuid[])
    UNION ALL
    SELECT id, md5(jsonb_build_array(template_version_id, parameters)::text)
    FROM twin_site WHERE id = %(site)s
) marks WHERE %(among)s::uuid[] IS NULL OR id = ANY(%(among)s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A building and the fingerprint of each of its rows."""

    live: Live
    marks: dict[UUID, str]

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the whole building."""
        return digest(self.marks)


def digest(marks: dict[UUID, str]) -> str:
    """Return one fingerprint of many, whatever their order."""
    ordered = "".join(marks[key] for key in sorted(marks))
    return hashlib.md5(ordered.encode(), usedforsecurity=False).hexdigest()


def read_building(site: UUID, *, also: Collection[UUID] = ()) -> Snapshot:
    """Return a site's spaces, views and view members as they stand (four queries).

    Args: also, views across sites that a plan of this one changes.
    """
    marks: dict[UUID, str] = {}
    spaces, views = {}, {}
    for key, parent, position, kind, name, properties, template_key, mark in _rows(SPACES, site):
        held = {} if properties == "{}" else orjson.loads(properties)
        spaces[key] = Standing(key, parent, position, kind, name, held, template_key)
        marks[key] = mark
    for key, name, description, rule, template_key, mark in _rows(VIEWS, site, list(also)):
        parsed = orjson.loads(rule) if rule else None
        views[key] = StandingView(key, name, description, parsed, template_key)
        marks[key] = mark
    marks |= current_marks(site, among=[site])
    members = ViewMember.objects.filter(view__site=site).values_list("view", "node")
    return Snapshot(Live(spaces, views, frozenset(members)), marks)


def read_wider_views(organisation: UUID | None) -> tuple[StandingView, ...]:
    """Return the views across all sites of an organisation that have a rule (one query)."""
    views = View.objects.filter(site=None, organisation=organisation, rule__isnull=False)
    columns = ("pk", "name", "description", "rule", "template_key")
    return tuple(StandingView(*row) for row in views.order_by("pk").values_list(*columns))


def read_edges(site: UUID, live: Live) -> tuple[StandingEdge, ...]:
    """Return a site's relationships with what stands at their ends (a query for each sort)."""
    rows = Relationship.objects.filter(site=site).select_related("source", "target")
    edges = list(rows.order_by("pk"))
    nodes = {node.pk: node for edge in edges for node in (edge.source, edge.target)}
    labels = describe(nodes.values())
    ends = {key: _end(node, labels.get(key), live) for key, node in nodes.items()}
    return tuple(
        StandingEdge(edge.pk, edge.kind, ends[edge.source_id], ends[edge.target_id])
        for edge in edges
    )


def _end(node: Node, label: str | None, live: Live) -> End:
    named = live.spaces.get(node.pk) or live.views.get(node.pk)
    name = named.name if named else " ".join(filter(None, (node.kind, label)))
    return End(node.pk, node.kind, label, name)


def current_marks(site: UUID, *, among: list[UUID] | None = None) -> dict[UUID, str]:
    """Return the fingerprint of each row of a site, or of those among the ids (one query).

    Views across sites have one where they are named.
    """
    with connection.cursor() as cursor:
        cursor.execute(MARKS, {"site": site, "among": among})
        return dict(cursor.fetchall())


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
