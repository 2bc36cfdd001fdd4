"""Work out what a view's rule could match at all, given the kinds of a definition."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from twin.definitions.checks.kinds import kinds_below
from twin.definitions.format import Definition, Kind
from twin.definitions.rules import (
    All,
    AnyOf,
    Categories,
    Inside,
    Kinds,
    Not,
    Outside,
    Properties,
    Rule,
    Statuses,
    Tags,
    Types,
)
from twin.definitions.schema import value_findings

NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Possible:
    """What could match: kinds of space, and categories of device (all others too, if open)."""

    kinds: frozenset[str]
    categories: frozenset[str]
    is_open: bool

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all could match."""
        return not self.kinds and not self.categories and not self.is_open

    def __and__(self, other: "Possible") -> "Possible":
        if self.is_open and other.is_open:
            categories = self.categories | other.categories
        elif self.is_open or other.is_open:
            categories = other.categories if self.is_open else self.categories
        else:
            categories = self.categories & other.categories
        return Possible(self.kinds & other.kinds, categories, self.is_open and other.is_open)

    def __or__(self, other: "Possible") -> "Possible":
        return Possible(
            self.kinds | other.kinds,
            self.categories | other.categories,
            self.is_open or other.is_open,
        )


def possible_matches(definition: Definition, rule: Rule) -> Possible:
    """Return what could match a rule; rather too much than too little."""
    return _HANDLERS[type(rule)](definition, rule)


def _spaces(kinds: frozenset[str]) -> Possible:
    return Possible(kinds, NONE, is_open=False)


def _everything(definition: Definition) -> Possible:
    return Possible(frozenset(definition.kinds), NONE, is_open=True)


def _all(definition: Definition, rule: All) -> Possible:
    parts = (possible_matches(definition, one) for one in rule.rules)
    return reduce(Possible.__and__, parts, _everything(definition))


def _any(definition: Definition, rule: AnyOf) -> Possible:
    parts = (possible_matches(definition, one) for one in rule.rules)
    return reduce(Possible.__or__, parts, _spaces(NONE))


def _not(definition: Definition, rule: Not) -> Possible:
    """Return what could fail a condition: exact for kinds, everything for the rest."""
    inner = rule.rule
    kinds = frozenset(definition.kinds)
    return Possible(kinds - inner.kinds if isinstance(inner, Kinds) else kinds, NONE, is_open=True)


def _properties(definition: Definition, rule: Properties) -> Possible:
    kinds = definition.kinds.values()
    return _spaces(frozenset(kind.key for kind in kinds if _may_have(kind, rule)))


def _may_have(kind: Kind, rule: Properties) -> bool:
    """Say whether spaces of a kind can have all of the values."""
    return all(
        key in kind.properties
        and not value_findings(value, schema=kind.properties[key]["schema"], at=())
        for key, value in rule.properties
    )


def _inside(definition: Definition, rule: Inside) -> Possible:
    if rule.keys or rule.spaces:
        return _everything(definition)
    known = rule.kinds & definition.kinds.keys()
    return Possible(known.union(*(kinds_below(definition, kind) for kind in known)), NONE, True)


_HANDLERS: dict[type, Callable[[Definition, Any], Possible]] = {
    All: _all,
    AnyOf: _any,
    Not: _not,
    Kinds: lambda _, rule: _spaces(rule.kinds),
    Categories: lambda _, rule: Possible(NONE, rule.categories, is_open=False),
    Types: lambda _, __: Possible(NONE, NONE, is_open=True),
    Statuses: lambda _, __: Possible(NONE, NONE, is_open=True),
    Tags: lambda _, __: Possible(NONE, NONE, is_open=True),
    Properties: _properties,
    Inside: _inside,
    Outside: lambda definition, _: _everything(definition),
}
