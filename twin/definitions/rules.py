"""The rule of a view: a small tree of conditions over spaces and devices.

The tree says nothing of tables: `twin.rules` turns it into a condition on spaces, the devices app
into one on devices.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class All:
    """Things for which every condition holds."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Things for which at least one condition holds."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Things for which the condition does not hold."""

    rule: "Rule"


@dataclass(frozen=True, slots=True)
class Kinds:
    """Spaces of one of the kinds."""

    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Categories:
    """Devices of one of the categories."""

    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tags:
    """Devices that carry all of the tags."""

    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Properties:
    """Spaces whose properties have all of the values."""

    properties: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """Things somewhere below a space of these kinds, template keys or ids."""

    kinds: frozenset[str]
    keys: frozenset[str]
    spaces: frozenset[str]


Rule = All | AnyOf | Not | Kinds | Categories | Tags | Properties | Inside


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """Return the rule of a document that fits the format's schema."""
    ((condition, value),) = document.items()
    return _PARSERS[condition](value)


def walk_rule(rule: Rule) -> Iterator[Rule]:
    """Yield the rule and every condition inside it."""
    yield rule
    inner = rule.rules if isinstance(rule, All | AnyOf) else ()
    if isinstance(rule, Not):
        inner = (rule.rule,)
    for child in inner:
        yield from walk_rule(child)


def _parse_places(value: Mapping[str, list[str]]) -> Inside:
    """Return the condition of being inside the places."""
    kinds, keys, spaces = (frozenset(value.get(name, ())) for name in ("kinds", "keys", "spaces"))
    return Inside(kinds, keys, spaces)


_PARSERS: dict[str, Callable[[Any], Rule]] = {
    "all": lambda value: All(tuple(map(parse_rule, value))),
    "any": lambda value: AnyOf(tuple(map(parse_rule, value))),
    "not": lambda value: Not(parse_rule(value)),
    "kinds": lambda value: Kinds(frozenset(value)),
    "categories": lambda value: Categories(frozenset(value)),
    "tags": lambda value: Tags(tuple(value.items())),
    "properties": lambda value: Properties(tuple(value.items())),
    "inside": _parse_places,
}
