"""The rule of a view: a small tree of conditions over spaces and devices.

The tree says nothing of tables: `twin.selectors.rule_conditions` turns it into a condition on
spaces, with what the devices app registers there also into one on devices.
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
class Types:
    """Devices of one of the types, by key."""

    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Statuses:
    """Devices that are heard of so."""

    statuses: frozenset[str]


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


@dataclass(frozen=True, slots=True)
class Outside:
    """Things that are not below any of the places, or stand in no space at all."""

    places: Inside


Rule = (
    All | AnyOf | Not | Kinds | Categories | Types | Statuses | Tags | Properties | Inside | Outside
)


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """Return the rule of a document that fits the format's schema."""
    ((condition, value),) = document.items()
    return _PARSERS[condition](value)


def parts_of(rule: Rule) -> tuple[tuple[tuple[str | int, ...], Rule], ...]:
    """Return the conditions that a rule combines, each with its path from the rule."""
    if isinstance(rule, All | AnyOf):
        name = "all" if isinstance(rule, All) else "any"
        return tuple(((name, place), part) for place, part in enumerate(rule.rules))
    return ((("not",), rule.rule),) if isinstance(rule, Not) else ()


def locate_rule(
    rule: Rule, *, at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Rule]]:
    """Yield the rule and every condition inside it, each with its path, outermost first."""
    yield at, rule
    for path, part in parts_of(rule):
        yield from locate_rule(part, at=(*at, *path))


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
    "types": lambda value: Types(frozenset(value)),
    "status": lambda value: Statuses(frozenset(value)),
    "tags": lambda value: Tags(tuple(value.items())),
    "properties": lambda value: Properties(tuple(value.items())),
    "inside": _parse_places,
    "outside": lambda value: Outside(_parse_places(value)),
}
