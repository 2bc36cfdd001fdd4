"""Which spaces are in a view: those put there, and those its rule finds now."""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, OuterRef, Q

from twin.definitions.rules import (
    All,
    AnyOf,
    Categories,
    Inside,
    Kinds,
    Not,
    Properties,
    Rule,
    Tags,
    parse_rule,
)
from twin.models import Space, View
from twin.models.spaces import SpaceQuerySet

NOTHING = Q(pk__in=())


def spaces_in(view: View) -> SpaceQuerySet:
    """Return the spaces in a view: explicit members and what the rule finds, each once.

    One query; the caller adds the gate and the ordering.
    """
    belongs = Q(node__view_members__view=view.pk)
    if view.rule:
        belongs = Q(pk__in=_found_by(view)) | Q(pk__in=Space.objects.filter(belongs).values("pk"))
    return Space.objects.filter(belongs)


def space_condition(rule: Rule) -> Q:
    """Return the condition on spaces that a rule states; device conditions hold for none."""
    return _CONDITIONS[type(rule)](rule)


def _found_by(view: View) -> Any:
    """Return the ids of the spaces that the view's rule finds in its site or organisation."""
    reach = Q(site=view.site_id) if view.site_id else Q(organisation=view.organisation_id)
    rule = parse_rule(view.rule or {})
    return Space.objects.filter(reach, space_condition(rule)).values("pk")


def _inside(rule: Inside) -> Q:
    """Match spaces that are, or are below, one of the places of the same site."""
    places = Q(kind__in=rule.kinds) | Q(pk__in=rule.spaces)
    if rule.keys:
        places |= Q(template_key__in=rule.keys)
    above = Space.objects.filter(places, site=OuterRef("site"), path__ancestors=OuterRef("path"))
    return Q(Exists(above))


_CONDITIONS: dict[type, Callable[[Any], Q]] = {
    All: lambda rule: reduce(and_, map(space_condition, rule.rules)),
    AnyOf: lambda rule: reduce(or_, map(space_condition, rule.rules)),
    Not: lambda rule: ~space_condition(rule.rule),
    Kinds: lambda rule: Q(kind__in=rule.kinds),
    Properties: lambda rule: Q(properties__contains=dict(rule.properties)),
    Inside: _inside,
    # Conditions of devices, which the devices app finds: no space is one.
    Categories: lambda _: NOTHING,
    Tags: lambda _: NOTHING,
}
