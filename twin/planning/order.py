"""The order of siblings in a building that is being changed, and whether it obeys its template."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from twin.definitions.format import Definition
from twin.planning.changes import Standing
from twin.planning.spaces import Merging

Siblings = dict[UUID | None, list[Standing]]
MAX_DEPTH = 40


def order_siblings(merging: Merging) -> None:
    """Number the siblings anew where some came or went.

    Those that stand keep their order; what comes in stands behind its forerunner in the template.
    """
    stays: Siblings = {}
    comes: Siblings = {}
    touched: set[UUID | None] = set()
    for space in merging.final.values():
        stood = merging.live.get(space.id)
        is_new = stood is None or stood.parent != space.parent
        (comes if is_new else stays).setdefault(space.parent, []).append(space)
        touched |= {space.parent, stood.parent if stood else None} if is_new else set()
    touched |= {merging.live[key].parent for key in merging.outcome.work.remove}
    places = {key: place for place, key in enumerate(merging.nodes)}
    for parent in touched:
        stood_here = sorted(stays.get(parent, ()), key=lambda one: (one.position, one.id))
        order = _merged(stood_here, comes.get(parent, []), places=places)
        for position, space in enumerate(order):
            if space.position != position or space.id not in merging.live:
                merging.final[space.id] = replace(merging.final[space.id], position=position)


def _merged(
    stays: list[Standing], comes: list[Standing], *, places: Mapping[str, int]
) -> list[Standing]:
    """Return both in one order: each newcomer behind what comes before it in the template."""
    if not comes:
        return stays
    ranked = sorted(comes, key=lambda one: places.get(one.key, len(places)))
    known = sorted((places[one.key], one.id) for one in stays if one.key in places)
    behind: dict[UUID | None, list[Standing]] = {}
    before: UUID | None = None
    number = 0
    for space in ranked:
        while number < len(known) and known[number][0] < places.get(space.key, len(places)):
            before = known[number][1]
            number += 1
        behind.setdefault(before, []).append(space)
    order = list(behind.get(None, ()))
    for space in stays:
        order += [space, *behind.get(space.id, ())]
    return order


def check_building(merging: Merging) -> None:
    """Refuse what the template does not let stand, and what would nest too deeply or in a ring."""
    depths: dict[UUID, int] = {}
    for space in merging.final.values():
        if _depth(merging, space.id, depths=depths) > MAX_DEPTH:
            reason = f"Spaces nest at most {MAX_DEPTH} levels deep, and never in themselves."
            merging.refuse(space, code="too-deep", reason=reason)
    definition = merging.theirs.definition
    if definition is None:
        return
    for space, code, reason in _misplaced(merging, definition):
        merging.refuse(space, code=code, reason=reason)


def _depth(merging: Merging, key: UUID, *, depths: dict[UUID, int]) -> int:
    """Return how many spaces lead to one, itself included; more than allowed if it is a ring."""
    way: list[UUID] = []
    above: UUID | None = key
    while above is not None and above not in depths and len(way) <= MAX_DEPTH:
        way.append(above)
        above = merging.final[above].parent if above in merging.final else None
    depth = depths.get(above, 0) if above else 0
    for one in reversed(way):
        depth += 1
        depths[one] = depth
    return depths[key]


def _misplaced(merging: Merging, definition: Definition) -> Iterator[tuple[Standing, str, str]]:
    """Yield each space whose kind, place or number the template does not allow."""
    held: Counter[tuple[UUID | None, str]] = Counter()
    for space in merging.final.values():
        kind = definition.kinds.get(space.kind)
        above = merging.final.get(space.parent) if space.parent else None
        if kind is None:
            reason = f"The template has no kind {space.kind!r} any more: change or remove it first."
            yield space, "unknown-kind", reason
            continue
        if above is None:
            if not kind.is_root:
                yield space, "not-a-root-kind", f"A {kind.key} cannot stand directly in the site."
            continue
        holder = definition.kinds.get(above.kind)
        if holder is None:
            continue
        allowed = holder.contains.get(kind.key)
        held[above.id, kind.key] += 1
        if allowed is None:
            reason = f"A {above.kind} ({above.name}) cannot contain a {kind.key}."
            yield space, "containment-not-allowed", reason
        elif allowed.maximum is not None and held[above.id, kind.key] == allowed.maximum + 1:
            reason = f"{above.name} would hold more than {allowed.maximum} × {kind.key}."
            yield space, "cardinality", reason
