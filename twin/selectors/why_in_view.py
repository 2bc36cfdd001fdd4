"""Why a thing is in a view, or is not: every clause of every rule that could have found it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, QuerySet

from twin.definitions.findings import pointer
from twin.definitions.rules import (
    All,
    AnyOf,
    Not,
    Outside,
    Rule,
    locate_rule,
    parse_rule,
    parts_of,
)
from twin.models import Node, View, ViewMember
from twin.selectors.rule_conditions import Findable, Span, findable_of, leaf_condition
from twin.selectors.view_contents import nested_views

Path = tuple[str | int, ...]
Truth = dict[Path, bool]


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule, and whether it holds; its value is None if it combines others."""

    pointer: str
    condition: str
    value: Any
    holds: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What one view, the asked one or one inside it, says of the thing.

    ``clauses`` are those of its rule, outermost first; none where no rule finds such things.
    """

    view: View
    is_member: bool
    within_reach: bool
    clauses: tuple[Clause, ...]

    @property
    def is_found(self) -> bool:
        """Say whether the rule finds the thing."""
        return self.within_reach and bool(self.clauses) and self.clauses[0].holds


def why_in_view(view: View, node: Node) -> list[Part]:
    """Return what the view and the views inside it say of a node.

    Two queries, one for each view with a rule, and at most one for each condition of a rule that
    names places or categories.
    """
    views = nested_views(view)
    members = ViewMember.objects.filter(view__in=[one.pk for one in views], node=node)
    holding = set(members.values_list("view", flat=True))
    return [_part(one, node, is_member=one.pk in holding) for one in views]


def _part(view: View, node: Node, *, is_member: bool) -> Part:
    reach = view.site_id == node.site_id if view.site_id else True
    within_reach = reach and view.organisation_id == node.organisation_id
    findable = findable_of(node.kind)
    if not view.rule or findable is None:
        return Part(view, is_member, within_reach, ())
    rule = parse_rule(view.rule)
    truth = _truth(rule, findable, span=Span.of(view), node=node)
    return Part(view, is_member, within_reach, tuple(_clauses(rule, view.rule, truth=truth)))


def _truth(rule: Rule, findable: Findable, *, span: Span, node: Node) -> Truth:
    """Return whether each condition of the rule holds for the node, by its path: one query."""
    leaves = [(at, part) for at, part in locate_rule(rule) if not parts_of(part)]
    asked = {}
    for number, (_, part) in enumerate(leaves):
        plain = part.places if isinstance(part, Outside) else part
        condition = leaf_condition(plain, findable=findable, span=span)
        asked[f"clause_{number}"] = ExpressionWrapper(condition, output_field=BooleanField())
    answers = QuerySet(findable.model).filter(pk=node.pk).values(**asked).get()
    truth = {}
    for number, (at, part) in enumerate(leaves):
        truth[at] = bool(answers[f"clause_{number}"]) != isinstance(part, Outside)
    _combine(rule, (), truth=truth)
    return truth


def _combine(rule: Rule, at: Path, *, truth: Truth) -> bool:
    """Work out the conditions that combine others, from the inside out; return the rule's own."""
    if at not in truth:
        inner = [_combine(part, (*at, *path), truth=truth) for path, part in parts_of(rule)]
        decided = {All: all, AnyOf: any, Not: lambda parts: not parts[0]}
        truth[at] = decided[type(rule)](inner)
    return truth[at]


def _clauses(rule: Rule, document: Any, *, truth: Truth) -> Iterator[Clause]:
    for at, part in locate_rule(rule):
        here: Any = document
        for step in at:
            here = here[step]
        ((name, value),) = here.items()
        asked = None if parts_of(part) else value
        yield Clause(pointer("rule", *at), name, asked, truth[at])
