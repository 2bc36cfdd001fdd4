"""Rules of the kinds: what holds what, from a root down, without going round."""

from collections.abc import Iterator, Mapping
from typing import Any

from twin.definitions.checks.values import schema_findings, unit_findings
from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Cardinality, Definition


def kind_findings(definition: Definition) -> Iterator[Finding]:
    """Yield what is wrong with the kinds of space."""
    yield from _roots(definition)
    yield from _unknown_kinds(definition)
    yield from _cardinalities(definition)
    yield from _cycles(definition)
    yield from _unreachable(definition)
    yield from _properties(definition)
    yield from renaming_findings("kinds", definition.kinds)


def renaming_findings(part: str, named: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the former names that are still in use, or that two things claim."""
    claimed: set[str] = set()
    for key, one in named.items():
        for place, former in enumerate(one.renamed_from):
            at = pointer(part, key, "renamed_from", place)
            if former in named:
                detail = f"{former!r} is still defined: remove it, or leave it out here."
                yield Finding(at, "renamed-from-living", detail)
            elif former in claimed:
                detail = f"Only one can have been {former!r} before: leave it out here."
                yield Finding(at, "renamed-twice", detail)
            claimed.add(former)


def kinds_below(definition: Definition, kind: str) -> frozenset[str]:
    """Return the kinds that may stand anywhere below a kind."""
    found: set[str] = set()
    open_kinds = [kind]
    while open_kinds:
        for child in _children(definition, open_kinds.pop()):
            if child not in found:
                found.add(child)
                open_kinds.append(child)
    return frozenset(found)


def _children(definition: Definition, kind: str) -> list[str]:
    return [child for child in definition.kinds[kind].contains if child in definition.kinds]


def _roots(definition: Definition) -> Iterator[Finding]:
    if not any(kind.is_root for kind in definition.kinds.values()):
        detail = "Mark at least one kind with root: true, so that a site can begin with it."
        yield Finding("#/kinds", "no-root-kind", detail)


def _unknown_kinds(definition: Definition) -> Iterator[Finding]:
    for kind in definition.kinds.values():
        for child in kind.contains:
            if child not in definition.kinds:
                at = pointer("kinds", kind.key, "contains", child)
                yield Finding(at, "unknown-kind", f"Define the kind {child!r} or leave it out.")


def _cardinalities(definition: Definition) -> Iterator[Finding]:
    for kind in definition.kinds.values():
        for child, limits in kind.contains.items():
            yield from _impossible(limits, at=pointer("kinds", kind.key, "contains", child))
        for slot in kind.slots:
            yield from _impossible(
                slot.cardinality, at=pointer("kinds", kind.key, "slots", slot.key)
            )


def _properties(definition: Definition) -> Iterator[Finding]:
    for kind in definition.kinds.values():
        for key, one in kind.properties.items():
            at = ("kinds", kind.key, "properties", key)
            yield from schema_findings(one["schema"], at=(*at, "schema"))
            yield from unit_findings(one.get("unit", ""), at=(*at, "unit"))


def _impossible(limits: Cardinality, *, at: str) -> Iterator[Finding]:
    if limits.maximum is None:
        return
    if limits.minimum > limits.maximum:
        detail = f"min {limits.minimum} is above max {limits.maximum}: lower min or raise max."
        yield Finding(at, "impossible-cardinality", detail)
    elif limits.maximum == 0:
        yield Finding(at, "impossible-cardinality", "max 0 allows none: leave the entry out.")


def _cycles(definition: Definition) -> Iterator[Finding]:
    """Report each kind that may, through others, contain itself."""
    for key in definition.kinds:
        if key in kinds_below(definition, key):
            detail = (
                f"{key!r} may stand inside itself ({_way_round(definition, key)}): break the ring."
            )
            yield Finding(pointer("kinds", key, "contains"), "containment-cycle", detail)


def _way_round(definition: Definition, kind: str) -> str:
    """Return a shortest way from a kind down to itself: ``floor > flat > floor``."""
    ways = [[kind]]
    for way in ways:
        for child in _children(definition, way[-1]):
            if child == kind:
                return " > ".join([*way, kind])
            if all(child not in other for other in ways):
                ways.append([*way, child])
    return kind


def _unreachable(definition: Definition) -> Iterator[Finding]:
    roots = [kind.key for kind in definition.kinds.values() if kind.is_root]
    reached = set(roots).union(*(kinds_below(definition, root) for root in roots))
    for key in definition.kinds:
        if roots and key not in reached:
            detail = f"No root kind leads to {key!r}: let a kind contain it, or remove it."
            yield Finding(pointer("kinds", key), "unreachable-kind", detail)
