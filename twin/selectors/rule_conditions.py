"""Turn the rule of a view into one condition on spaces, or on what a higher app has registered.

Places and names that a rule speaks of are looked up first, so that PostgreSQL plans with values
whose frequency it knows; the condition itself is a single WHERE, each part of it with an index.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q

from twin.choices import NodeKind
from twin.definitions.rules import (
    All,
    AnyOf,
    Inside,
    Kinds,
    Not,
    Outside,
    Properties,
    Rule,
    parts_of,
)
from twin.models import NodeModel, Space, View

NOTHING: Final = Q(pk__in=())
# So many places are looked up and found by the index on paths; if there are more of a kind, each
# thing is asked whether it stands in one.
MAX_PLACES = 200


@dataclass(frozen=True, slots=True)
class Span:
    """How far a view reaches: one site, or all sites of an organisation."""

    site: UUID | None
    organisation: UUID | None

    @classmethod
    def of(cls, view: View) -> "Span":
        """Return how far that view reaches."""
        return cls(view.site_id, view.organisation_id)

    @property
    def condition(self) -> Q:
        """Return the condition that a row is within it."""
        return Q(site=self.site) if self.site else Q(organisation=self.organisation)


Leaf = Callable[[Any, Span], Q]


@dataclass(frozen=True, slots=True)
class Findable:
    """A noun that rules find: its model, the scope to read it, what its rows say to conditions.

    A condition that has no leaf here holds for none of its rows.
    """

    model: type[NodeModel]
    scope: str
    leaves: Mapping[type, Leaf]


_findables: dict[str, Findable] = {}


def register_findable(kind: NodeKind, findable: Findable) -> None:
    """Let rules find the things behind the nodes of a kind."""
    _findables[kind.value] = findable


def findable_of(kind: str) -> Findable | None:
    """Return how rules find nodes of the kind, None if no rule finds any."""
    return _findables.get(kind)


class IsAnyOf(Func):
    """``column = ANY(array)``; the rows of an array from a subquery are fetched once."""

    arg_joiner = " = ANY("
    template = "(%(expressions)s))"
    output_field = BooleanField()


class Ancestors(Func):
    """The ids that a path is made of: the space itself and all above it."""

    template = "string_to_array(%(expressions)s::text, '.')::uuid[]"


def rule_condition(rule: Rule, *, findable: Findable, span: Span) -> Q:
    """Return the condition that a rule states for the rows of a noun.

    At most one query for each condition that names places or categories.
    """
    parts = [rule_condition(part, findable=findable, span=span) for _, part in parts_of(rule)]
    if isinstance(rule, All):
        return reduce(and_, parts)
    if isinstance(rule, AnyOf):
        return reduce(or_, parts)
    if isinstance(rule, Not):
        return ~parts[0]
    if isinstance(rule, Outside):
        return ~leaf_condition(rule.places, findable=findable, span=span)
    return leaf_condition(rule, findable=findable, span=span)


def leaf_condition(rule: Rule, *, findable: Findable, span: Span) -> Q:
    """Return what one condition that combines no others states; it is never unknown (NULL)."""
    leaf = findable.leaves.get(type(rule))
    return NOTHING if leaf is None else leaf(rule, span)


def inside_places(rule: Inside, span: Span, *, path: str, subtree: Callable[[Q], Q]) -> Q:
    """Return the condition of standing at or below one of the places.

    Args: ``path`` leads from a row to the path of its space; ``subtree`` makes of a condition on
    spaces, such as being below a path, one on rows.
    """
    places = _places(rule)
    found = Space.objects.filter(places, span.condition)
    tops = list(found.order_by().values_list("path", flat=True)[: MAX_PLACES + 1])
    if not tops:
        return NOTHING
    if len(tops) <= MAX_PLACES:
        return subtree(Q(path__within=tops))
    above = IsAnyOf(F("pk"), Ancestors(OuterRef(path)))
    return Q(Exists(Space.objects.filter(places, above)))


def members_condition(members: Any) -> Q:
    """Return the condition of being one of the nodes that a queryset of ids finds."""
    return Q(IsAnyOf(F("pk"), ArraySubquery(members)))


def _places(rule: Inside) -> Q:
    places = NOTHING
    if rule.kinds:
        places |= Q(kind__in=rule.kinds)
    if rule.spaces:
        places |= Q(pk__in=rule.spaces)
    if rule.keys:
        places |= Q(template_key__in=rule.keys)
    return places


def _inside(rule: Inside, span: Span) -> Q:
    return inside_places(rule, span, path="path", subtree=lambda condition: condition)


register_findable(
    NodeKind.SPACE,
    Findable(
        model=Space,
        scope="sites:read",
        leaves={
            Kinds: lambda rule, _: Q(kind__in=rule.kinds),
            Properties: lambda rule, _: Q(properties__contains=dict(rule.properties)),
            Inside: _inside,
        },
    ),
)
