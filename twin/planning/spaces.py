"""Three-way merge of the spaces of a building: which are made, changed, renamed and moved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from config.lib.ids import uuid7
from twin.definitions.layout import PlannedSpace
from twin.planning.changes import (
    BOTH,
    CHANGE,
    CREATE,
    EVERY,
    KEEP_LOCAL,
    MOVE,
    REFUSE,
    RENAME,
    TAKE_TEMPLATE,
    Blueprint,
    Change,
    Choices,
    Outcome,
    Standing,
)
from twin.planning.fields import MISSING, Clash, merge_properties, merged, same, shown
from twin.planning.matching import match_keys

REASON_NEW = "The template has it, the building does not yet."
REASON_TEMPLATE = "The template has changed it."
REASON_CHOSEN = "Changed here and in the template: the template's was chosen."


@dataclass(slots=True)
class Merging:
    """The state of a merge: old blueprint, new blueprint, what stands, what shall stand.

    ``nodes`` leads from a new key to the space that has it, ``origins`` from a new key to the old,
    ``absent`` are keys whose space was removed here and stays away.
    """

    base: Mapping[str, PlannedSpace]
    theirs: Blueprint
    live: Mapping[UUID, Standing]
    choices: Choices
    renamed_kinds: Mapping[str, str]
    origins: Mapping[str, str]
    by_key: Mapping[str, UUID]
    final: dict[UUID, Standing]
    nodes: dict[str, UUID]
    absent: set[str]
    outcome: Outcome

    @property
    def new_keys(self) -> dict[str, str]:
        """Return the new key of each old one that changed."""
        return {old: new for new, old in self.origins.items() if old != new}

    def choice(self, conflict: str) -> str:
        """Return what was chosen for a conflict, nothing if it is open."""
        return self.choices.get(conflict) or self.choices.get(EVERY, "")

    def refuse(self, space: Standing, *, code: str, reason: str, **more: Any) -> None:
        """Say that something about a space stands in the way."""
        self.outcome.changes.append(change_of(REFUSE, space, reason=reason, code=code, **more))


def change_of(action: str, space: Standing, *, reason: str, **more: Any) -> Change:
    """Return a line of the plan about a space."""
    parent = more.pop("parent", space.parent)
    return Change(
        action=action,
        node=space.id,
        key=space.key,
        kind=space.kind,
        name=space.name,
        reason=reason,
        parent=parent,
        **more,
    )


def begin(
    *,
    base: Blueprint | None,
    theirs: Blueprint,
    live: Mapping[UUID, Standing],
    choices: Choices,
) -> Merging:
    """Match both blueprints and the building."""
    by_key = {space.key: space.id for space in live.values() if space.key}
    base_spaces = {space.key: space for space in base.spaces} if base else {}
    origins = match_keys(theirs.spaces, by_key.keys() | base_spaces.keys())
    kinds = theirs.definition.kinds.values() if theirs.definition else ()
    return Merging(
        base=base_spaces,
        theirs=theirs,
        live=live,
        choices=choices,
        renamed_kinds={old: kind.key for kind in kinds for old in kind.renamed_from},
        origins=origins,
        by_key=by_key,
        final=dict(live),
        nodes={},
        absent=set(),
        outcome=Outcome(),
    )


def merge_spaces(merging: Merging) -> None:
    """Work through the new blueprint, parents first: keep, change or make each of its spaces."""
    for space in merging.theirs.spaces:
        origin = merging.origins.get(space.key, "")
        key = UUID(space.space) if space.space else merging.by_key.get(origin)
        if key is not None and key in merging.live:
            merging.nodes[space.key] = key
            _merge(merging, space, merging.live[key], base=merging.base.get(origin))
        elif origin in merging.base or space.parent in merging.absent:
            merging.absent.add(space.key)
        else:
            _create(merging, space)
    _follow_kinds(merging)


def _create(merging: Merging, space: PlannedSpace) -> None:
    parent = merging.nodes[space.parent] if space.parent else None
    made = Standing(
        id=uuid7(),
        parent=parent,
        position=space.position,
        kind=space.kind,
        name=space.name,
        properties=dict(space.properties),
        key=space.key,
    )
    merging.nodes[space.key] = made.id
    merging.final[made.id] = made
    after = {"name": made.name, "kind": made.kind, "properties": made.properties}
    merging.outcome.changes.append(change_of(CREATE, made, reason=REASON_NEW, after=after))


def _merge(
    merging: Merging, space: PlannedSpace, ours: Standing, *, base: PlannedSpace | None
) -> None:
    """Bring one space that stands up to the new blueprint."""
    now = replace(ours, key=space.key)
    # A space that no earlier blueprint knew takes what the new one says.
    was: Any = base or ours
    name = _settle(merging, now, clash=Clash("name", was.name, ours.name, space.name))
    kind = _settle(merging, now, clash=Clash("kind", was.kind, ours.kind, space.kind))
    properties: dict[str, Any] = {}
    for key, value, clash in merge_properties(
        base=was.properties, ours=ours.properties, theirs=space.properties
    ):
        held = value if clash is None else _settle(merging, now, clash=clash)
        if held is not MISSING:
            properties[key] = held
    kind = merging.renamed_kinds.get(kind, kind)
    parent = _settle_parent(merging, space, now, base=base)
    final = replace(now, name=name, kind=kind, properties=properties, parent=parent)
    merging.final[ours.id] = final
    tell(merging, ours, final)


def _settle(merging: Merging, space: Standing, *, clash: Clash) -> Any:
    """Return the value that holds; a clash without a choice becomes a refusal."""
    value, is_clash = merged(base=clash.base, ours=clash.ours, theirs=clash.theirs)
    if not is_clash:
        return value
    conflict = f"{space.key}#{clash.field}"
    chosen = merging.choice(conflict)
    if chosen == TAKE_TEMPLATE:
        return clash.theirs
    if chosen != KEEP_LOCAL:
        merging.refuse(
            space,
            code="conflict",
            conflict=conflict,
            choices=BOTH,
            reason=f"The {clash.field} was changed here and in the template: choose one.",
            before={clash.field: shown(clash.ours)},
            after={clash.field: shown(clash.theirs)},
        )
    return clash.ours


def _settle_parent(
    merging: Merging, space: PlannedSpace, now: Standing, *, base: PlannedSpace | None
) -> UUID | None:
    """Return where the space belongs: it follows the template, unless it was moved here alone."""
    shall = merging.nodes.get(space.parent) if space.parent else None
    if space.parent and shall is None:  # The template's place was removed here.
        return now.parent
    if base is None:
        return shall if space.space else now.parent
    old_place = merging.origins.get(space.parent) if space.parent else None
    if old_place == base.parent:
        return now.parent
    was = merging.by_key.get(base.parent) if base.parent else None
    return _settle(merging, now, clash=Clash("parent", was, now.parent, shall))


def tell(merging: Merging, ours: Standing, final: Standing) -> None:
    """Write down how a space changes: its name, its place, its kind and properties."""
    add = merging.outcome.changes.append
    before: dict[str, Any]
    after: dict[str, Any]
    if final.name != ours.name:
        before, after = {"name": ours.name}, {"name": final.name}
        add(change_of(RENAME, final, reason=REASON_TEMPLATE, before=before, after=after))
    if final.parent != ours.parent:
        before, after = ({"parent": str(p) if p else None} for p in (ours.parent, final.parent))
        add(change_of(MOVE, final, reason=REASON_TEMPLATE, before=before, after=after))
    before, after = {}, {}
    if final.kind != ours.kind:
        before["kind"], after["kind"] = ours.kind, final.kind
    for name in dict.fromkeys([*ours.properties, *final.properties]):
        old, new = (one.properties.get(name, MISSING) for one in (ours, final))
        if not same(old, new):
            before[f"properties.{name}"], after[f"properties.{name}"] = shown(old), shown(new)
    if before:
        add(change_of(CHANGE, final, reason=REASON_TEMPLATE, before=before, after=after))


def _follow_kinds(merging: Merging) -> None:
    """Give spaces that were added here the new name of their kind."""
    ours = set(merging.nodes.values())
    for key, space in merging.live.items():
        kind = merging.renamed_kinds.get(space.kind)
        if kind is None or key in ours:
            continue
        final = replace(space, kind=kind)
        merging.final[key] = final
        tell(merging, space, final)
