"""Exceptions: what one building has otherwise than the layout of its template gives it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from twin.definitions.findings import Finding, UnfitParameters, pointer
from twin.definitions.format import Definition, Kind
from twin.definitions.layout import PlannedSpace
from twin.definitions.patterns import MAX_LENGTH
from twin.definitions.schema import value_findings

MAX_EXCEPTIONS = 1_000
FIELDS = {"kind": str, "name": str, "properties": dict, "omit": bool}
PART = "exceptions"

Exceptions = Mapping[str, Mapping[str, Any]]


def apply_exceptions(
    definition: Definition, spaces: Sequence[PlannedSpace], *, exceptions: Exceptions
) -> list[PlannedSpace]:
    """Return the spaces with the exceptions in them; keys stay as the layout gives them.

    Args: exceptions by stable key, each ``{"kind", "name", "properties", "omit"}`` as far as it
    departs; ``omit`` leaves a space out with all that is below it.
    Raises: UnfitParameters, with pointers such as ``#/exceptions/building~1floor-1/kind``.
    """
    if not exceptions:
        return list(spaces)
    findings = list(_findings(definition, spaces, exceptions=exceptions))
    if findings:
        raise UnfitParameters(findings)
    return list(_changed(spaces, exceptions))


def containment_findings(
    definition: Definition, spaces: Sequence[PlannedSpace], *, pointers: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield each space that may not stand where it does; ``pointers`` say where keys are named."""
    kinds = {space.key: space.kind for space in spaces}
    for space in spaces:
        at = pointers.get(space.key) or pointers.get(space.parent or "")
        if at is None:
            continue
        above = definition.kinds.get(kinds[space.parent]) if space.parent else None
        if space.parent is None and not definition.kinds[space.kind].is_root:
            detail = f"A {space.kind} cannot stand directly in the site."
            yield Finding(f"{at}/kind", "not-a-root-kind", detail)
        if above is not None and space.kind not in above.contains:
            holds = ", ".join(above.contains) or "nothing"
            detail = f"A {above.key} cannot contain a {space.kind}. It can contain: {holds}."
            yield Finding(f"{at}/kind", "containment-not-allowed", detail)


def property_findings(kind: Kind, properties: Mapping[str, Any], *, at: str) -> Iterator[Finding]:
    """Yield the properties that the kind does not have, or whose values do not fit."""
    for key, value in properties.items():
        here = f"{at}/properties/{key}"
        if key not in kind.properties:
            known = ", ".join(kind.properties) or "none"
            detail = f"A {kind.key} has no property {key!r}. It has: {known}."
            yield Finding(here, "unknown-property", detail)
            continue
        for one in value_findings(value, schema=kind.properties[key]["schema"], at=()):
            yield Finding(here + one.pointer.removeprefix("#"), one.code, one.detail)


def _findings(
    definition: Definition, spaces: Sequence[PlannedSpace], *, exceptions: Exceptions
) -> Iterator[Finding]:
    if len(exceptions) > MAX_EXCEPTIONS:
        detail = f"Make at most {MAX_EXCEPTIONS} exceptions; beyond that, change the template."
        yield Finding(pointer(PART), "too-many", detail)
        return
    known = {space.key: space for space in spaces}
    faults = []
    for key, given in exceptions.items():
        at = pointer(PART, key)
        if key not in known:
            faults.append(Finding(at, "unknown-key", f"The layout has no space {key!r}."))
        else:
            faults += _misfits(definition, known[key], given, at=at)
    yield from faults
    if not faults:
        changed = list(_changed(spaces, exceptions))
        at_keys = {key: pointer(PART, key) for key in exceptions}
        yield from containment_findings(definition, changed, pointers=at_keys)


def _misfits(
    definition: Definition, space: PlannedSpace, given: Any, *, at: str
) -> Iterator[Finding]:
    """Yield what is wrong with one exception by itself."""
    if not isinstance(given, Mapping):
        yield Finding(at, "type", "Say what differs: kind, name, properties or omit.")
        return
    for name, value in given.items():
        if name not in FIELDS:
            yield Finding(f"{at}/{name}", "unknown-field", f"Only {', '.join(FIELDS)} can differ.")
        elif not isinstance(value, FIELDS[name]):
            yield Finding(f"{at}/{name}", "type", f"This must be a {FIELDS[name].__name__}.")
    if not 0 < len(str(given.get("name", "x"))) <= MAX_LENGTH:
        yield Finding(f"{at}/name", "length", f"A name has 1 to {MAX_LENGTH} characters.")
    kind = definition.kinds.get(str(given.get("kind", space.kind)))
    if kind is None:
        known = ", ".join(definition.kinds)
        yield Finding(f"{at}/kind", "unknown-kind", f"The template has these kinds: {known}.")
    elif isinstance(given.get("properties", {}), Mapping):
        yield from property_findings(kind, given.get("properties", {}), at=at)


def _changed(spaces: Sequence[PlannedSpace], exceptions: Exceptions) -> Iterator[PlannedSpace]:
    left_out: set[str] = set()
    for space in spaces:
        given = exceptions.get(space.key, {})
        if given.get("omit") or space.parent in left_out:
            left_out.add(space.key)
            continue
        properties = {**space.properties, **given.get("properties", {})}
        kind = given.get("kind", space.kind)
        if kind != space.kind:  # What the layout knows of another kind says nothing of this one.
            properties = dict(given.get("properties", {}))
        name = given.get("name", space.name)
        yield replace(space, kind=kind, name=name, properties=properties)
