"""Which spaces go because the template has them no more, and what stands in the way."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from twin.planning.changes import BOTH, KEEP_LOCAL, REMOVE, TAKE_TEMPLATE, Standing
from twin.planning.fields import same
from twin.planning.spaces import Merging, change_of

Contents = Callable[[Collection[UUID]], Mapping[UUID, Mapping[str, int]]]
# What a space cannot be removed with: it must go somewhere first.
HOLDING = ("devices", "gateways", "occupants")
REASON_GONE = "The template has it no more."


def what_holds(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield in words what a space cannot be removed with; not how many people live there."""
    for sort in HOLDING:
        if count := counts.get(sort):
            told = f"{count} {sort.removesuffix('s') if count == 1 else sort}"
            yield "people" if sort == "occupants" else told


def remove_spaces(merging: Merging, *, contents: Contents, relocate: Mapping[str, str]) -> None:
    """Remove what the new blueprint lacks, subtree by subtree, as far as nothing forbids it."""
    gone = _gone(merging)
    children = _children(merging)
    subtrees = {}
    for top in (key for key in gone if merging.final[key].parent not in gone):
        subtree = list(_below(top, children))
        if _is_to_go(merging, top, subtree, gone=gone):
            subtrees[top] = [key for key in subtree if _goes(merging, key)]
    held = contents([key for subtree in subtrees.values() for key in subtree])
    for top, subtree in subtrees.items():
        _remove(merging, top, subtree, held=held, relocate=relocate)


def _gone(merging: Merging) -> set[UUID]:
    """Return the spaces that the old blueprint had and the new one has not."""
    kept = set(merging.nodes.values())
    return {
        key for key, space in merging.live.items() if key not in kept and space.key in merging.base
    }


def _children(merging: Merging) -> dict[UUID | None, list[UUID]]:
    children: dict[UUID | None, list[UUID]] = {}
    for space in merging.final.values():
        children.setdefault(space.parent, []).append(space.id)
    return children


def _below(top: UUID, children: Mapping[UUID | None, list[UUID]]) -> Iterator[UUID]:
    """Yield a space and all that shall stand below it, parents first."""
    yield top
    for child in children.get(top, ()):
        yield from _below(child, children)


def _is_of_template(merging: Merging, key: UUID) -> bool:
    return key in merging.live and merging.final[key].key in merging.nodes


def _goes(merging: Merging, key: UUID) -> bool:
    return not _is_of_template(merging, key)


def _is_to_go(merging: Merging, top: UUID, subtree: list[UUID], *, gone: set[UUID]) -> bool:
    """Say whether a subtree goes; what was changed in it here must be given up by choice."""
    edited = [key for key in subtree if _is_edited(merging, key, gone=gone)]
    if not edited:
        return True
    space = merging.final[top]
    conflict = f"{space.key}#removal"
    chosen = merging.choice(conflict)
    if chosen == TAKE_TEMPLATE:
        _send_home(merging, subtree)
        return True
    if chosen != KEEP_LOCAL:
        names = ", ".join(merging.final[key].name for key in edited[:3])
        merging.refuse(
            space,
            code="conflict",
            conflict=conflict,
            choices=BOTH,
            reason=f"The template has it no more, but it was changed here ({names}): choose one.",
        )
    return False


def _is_edited(merging: Merging, key: UUID, *, gone: set[UUID]) -> bool:
    """Say whether a space in a subtree to be removed was added, moved or changed here."""
    space = merging.final[key]
    base = merging.base.get(space.key)
    if key not in gone or base is None:
        return True
    stands = merging.live[key]
    return (stands.name, stands.kind) != (base.name, base.kind) or not same(
        dict(stands.properties), dict(base.properties)
    )


def _send_home(merging: Merging, subtree: list[UUID]) -> None:
    """Move what the template still has, and what was moved in here, to the template's place."""
    spaces = {space.key: space for space in merging.theirs.spaces}
    for key in subtree:
        if _is_of_template(merging, key):
            space = merging.final[key]
            above = spaces[space.key].parent
            parent = merging.nodes.get(above) if above else None
            merging.final[key] = moved = replace(space, parent=parent)
            before = {"parent": str(space.parent) if space.parent else None}
            after = {"parent": str(parent) if parent else None}
            reason = "Where it was moved to here is removed."
            merging.outcome.changes.append(
                change_of("move", moved, reason=reason, before=before, after=after)
            )


def _remove(
    merging: Merging,
    top: UUID,
    subtree: list[UUID],
    *,
    held: Mapping[UUID, Mapping[str, int]],
    relocate: Mapping[str, str],
) -> None:
    """Remove a subtree, or refuse because of what is inside and has nowhere to go."""
    space = merging.final[top]
    total: Counter[str] = Counter()
    for key in subtree:
        total.update(held.get(key, {}))
    occupied = [key for key in subtree if any(held.get(key, {}).get(one) for one in HOLDING)]
    target = _target(merging, space, relocate=relocate) if occupied else None
    if occupied and (target is None or target in subtree):
        holds = ", ".join(what_holds(total))
        merging.refuse(
            space,
            code="occupied",
            takes_with=dict(total),
            reason=f"The template has it no more, but it holds {holds}. Say in relocate where "
            f'they go, such as {{{space.key!r}: "<space>"}}, or place them elsewhere first.',
        )
        return
    for key in subtree:
        one = merging.final.pop(key)
        reason = REASON_GONE if key == top else f"It goes with {space.name}."
        counts = {**total, "spaces": len(subtree) - 1} if key == top else held.get(key, {})
        takes = {name: count for name, count in counts.items() if count}
        merging.outcome.changes.append(change_of(REMOVE, one, reason=reason, takes_with=takes))
        merging.outcome.work.remove.append(key)
        if target is not None and key in occupied:
            merging.outcome.work.relocate[key] = target


def _target(merging: Merging, space: Standing, *, relocate: Mapping[str, str]) -> UUID | None:
    """Return the space that was named for what is inside: by key, old or new, or by id."""
    named = relocate.get(space.key) or relocate.get(str(space.id))
    if not named:
        return None
    if named in merging.nodes:
        return merging.nodes[named]
    try:
        key = UUID(named)
    except ValueError:
        return None
    return key if key in merging.final else None
