"""What a new definition asks of a building: values that still fit, slots to be filled."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from twin.definitions.findings import Finding
from twin.definitions.format import Definition, Kind
from twin.definitions.schema import value_findings
from twin.planning.changes import TAKE_TEMPLATE, Standing
from twin.planning.fields import MISSING, same
from twin.planning.spaces import Merging, tell


def check_values(merging: Merging, *, base: Definition | None) -> None:
    """Refuse values set here which the new definition does not allow, unless its own is chosen.

    Only properties that are defined otherwise than before are looked at.
    """
    definition = merging.theirs.definition
    if definition is None:
        return
    given = {merging.nodes.get(one.key): one.properties for one in merging.theirs.spaces}
    unchanged = {kind.key: _unchanged(kind, base) for kind in definition.kinds.values()}
    for space in list(merging.final.values()):
        kind = definition.kinds.get(space.kind)
        if kind is None or not space.properties:
            continue
        for name, reason in _unfit(space, kind, unchanged=unchanged[kind.key]):
            _settle(merging, space.id, name, reason, theirs=given.get(space.id, {}))


def slot_notes(merging: Merging, *, base: Definition | None) -> Iterator[str]:
    """Yield a sentence for each device slot that comes or goes."""
    definition = merging.theirs.definition
    if definition is None or base is None:
        return
    counts = Counter(space.kind for space in merging.final.values())
    for kind in definition.kinds.values():
        was = _former(kind, base)
        if was is None:
            continue
        old, new = ({slot.key: slot for slot in one.slots} for one in (was, kind))
        for key in (key for key in new if key not in old):
            asked = f"{new[key].name} ({new[key].cardinality})"
            yield f"{counts[kind.key]} × {kind.name}: new device slot {asked}."
        for key in (key for key in old if key not in new):
            yield f"{counts[kind.key]} × {kind.name}: no device slot {old[key].name} any more."


def minimum_notes(merging: Merging) -> Iterator[str]:
    """Yield a sentence for each kind of which spaces would hold fewer than they must."""
    definition = merging.theirs.definition
    held = Counter((space.parent, space.kind) for space in merging.final.values())
    for kind in definition.kinds.values() if definition else ():
        holders = [space for space in merging.final.values() if space.kind == kind.key]
        for child, allowed in kind.contains.items():
            short = [one for one in holders if held[one.id, child] < allowed.minimum]
            if short:
                asked = f"hold fewer {child} than {allowed.minimum}"
                yield f"{len(short)} × {kind.name}: would {asked}, such as {short[0].name}."


def _former(kind: Kind, base: Definition | None) -> Kind | None:
    """Return what the kind was in the old definition, under its name or a former one."""
    known = base.kinds if base else {}
    return next((known[key] for key in (kind.key, *kind.renamed_from) if key in known), None)


def _unchanged(kind: Kind, base: Definition | None) -> frozenset[str]:
    """Return the properties whose schema is the same as before: what fitted still fits."""
    was = _former(kind, base)
    old = was.properties if was else {}
    return frozenset(
        key
        for key, one in kind.properties.items()
        if key in old and same(one["schema"], old[key]["schema"])
    )


def _unfit(space: Standing, kind: Kind, *, unchanged: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name in space.properties.keys() - unchanged:
        if name not in kind.properties:
            yield name, f"The template has no property {name} of a {kind.key} any more."
            continue
        schema = kind.properties[name]["schema"]
        found: list[Finding] = value_findings(space.properties[name], schema=schema, at=(name,))
        if found:
            yield name, f"The template asks otherwise of {name} now: {found[0].detail}"


def _settle(
    merging: Merging, key: Any, name: str, reason: str, *, theirs: Mapping[str, Any]
) -> None:
    """Take the template's value, or none, if that was chosen; else refuse."""
    space = merging.final[key]
    conflict = f"{space.key or space.id}#properties.{name}"
    value = theirs.get(name, MISSING)
    if merging.choice(conflict) == TAKE_TEMPLATE:
        rest = {one: held for one, held in space.properties.items() if one != name}
        kept = rest if value is MISSING else {**rest, name: value}
        merging.final[key] = changed = replace(space, properties=kept)
        tell(merging, space, changed)
        return
    merging.refuse(
        space,
        code="conflict",
        conflict=conflict,
        choices=(TAKE_TEMPLATE,),
        reason=f"{reason} Change it here first, or choose {TAKE_TEMPLATE}.",
        before={f"properties.{name}": space.properties[name]},
        after={f"properties.{name}": None if value is MISSING else value},
    )
