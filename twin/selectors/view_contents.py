"""Which things are in a view: those put there, those its rule finds now, and those of its views."""

from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.principals import Principal
from twin.choices import NodeKind
from twin.definitions.rules import parse_rule
from twin.models import View, ViewMember
from twin.selectors.rule_conditions import (
    NOTHING,
    Span,
    findable_of,
    members_condition,
    rule_condition,
)

# The view itself and the views in it, at any depth; a ring, were there one, ends by UNION.
NESTED_SQL = """
    WITH RECURSIVE nested (id) AS (
        SELECT %s::uuid
        UNION
        SELECT m.node_id FROM twin_viewmember m
        JOIN nested n ON m.view_id = n.id JOIN twin_view v ON v.id = m.node_id
    )
    SELECT v.* FROM twin_view v JOIN nested USING (id) ORDER BY v.id
"""
AROUND_SQL = """
    WITH RECURSIVE around (id) AS (
        SELECT %s::uuid
        UNION
        SELECT m.view_id FROM twin_viewmember m JOIN around a ON m.node_id = a.id
    )
    SELECT id FROM around
"""


def nested_views(view: View) -> list[View]:
    """Return the view and every view inside it, at any depth (one query)."""
    return list(View.objects.raw(NESTED_SQL, [view.pk]))


def views_around(view: View) -> set[UUID]:
    """Return the ids of the view and of every view that holds it, at any depth (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(AROUND_SQL, [view.pk])
        return {key for (key,) in cursor.fetchall()}


def contents_of(view: View, kind: NodeKind) -> Q:
    """Return the condition that a thing of that kind is in the view.

    The caller adds the gate and the ordering. Two queries find the nested views and whether they
    have members, at most one more each condition of their rules that names places or categories.
    """
    views = nested_views(view)
    members = ViewMember.objects.filter(view__in=[one.pk for one in views], node__kind=kind)
    parts = [members_condition(members.values("node"))] if members.exists() else []
    parts += (_found_by(one, kind) for one in views if one.rule)
    return reduce(or_, parts, NOTHING)


def _found_by(view: View, kind: NodeKind) -> Q:
    """Return the condition that the view's own rule finds a thing of that kind."""
    findable, span = findable_of(kind), Span.of(view)
    if findable is None:
        return NOTHING
    return span.condition & rule_condition(
        parse_rule(view.rule or {}), findable=findable, span=span
    )


def contents_for(principal: Principal, view: Any, *, kind: NodeKind) -> Q:
    """Return the condition of being in the view of that id, if the caller sees it; else none is."""
    found = View.objects.visible_to(principal).filter(pk=view).first()
    return NOTHING if found is None else contents_of(found, kind)
