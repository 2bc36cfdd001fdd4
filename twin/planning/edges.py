"""Relationships that a new definition lets be no more: put up for choice, kept or removed."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from twin.definitions.format import Definition, RelationshipDefinition
from twin.planning.changes import (
    BOTH,
    KEEP_LOCAL,
    REFUSE,
    REMOVE,
    TAKE_TEMPLATE,
    Change,
    End,
    StandingEdge,
)
from twin.planning.spaces import Merging

MAX_NAMED = 3
REASON_DROPPED = "The template has no relationship {kind} any more"
REASON_NARROWED = "The template lets {kind} join other things now"


def asks_for_edges(base: Definition | None, theirs: Definition | None) -> bool:
    """Say whether relationships that stand may have to go: a type is dropped or joins less."""
    if theirs is None:
        return False
    if base is None:
        return True
    shall = theirs.relationships
    return any(key not in shall or shall[key] != one for key, one in base.relationships.items())


def settle_edges(
    merging: Merging, *, base: Definition | None, edges: Iterable[StandingEdge]
) -> None:
    """Put up for choice, type by type, the relationships that the new definition lets not be."""
    definition = merging.theirs.definition
    if definition is None:
        return
    unfit: dict[str, list[StandingEdge]] = {}
    for edge in edges:
        if _stays(merging, edge) and not _fits(merging, edge, definition, base=base):
            unfit.setdefault(edge.kind, []).append(edge)
    for kind, found in unfit.items():
        is_dropped = kind not in definition.relationships
        _settle(merging, kind, found, reason=REASON_DROPPED if is_dropped else REASON_NARROWED)
    known = base.relationships.keys() if base else unfit.keys()
    kept = {kind for kind in known if merging.choice(_conflict(kind)) == KEEP_LOCAL}
    merging.outcome.work.dropped = sorted(known - definition.relationships.keys() - kept)


def _settle(merging: Merging, kind: str, edges: list[StandingEdge], *, reason: str) -> None:
    """Remove the relationships of a type, or leave them, as chosen; without a choice refuse."""
    chosen = merging.choice(_conflict(kind))
    said = reason.format(kind=kind)
    add = merging.outcome.changes.append
    if chosen == TAKE_TEMPLATE:
        merging.outcome.work.remove_edges += [edge.id for edge in edges]
        for edge in edges:
            add(_line(REMOVE, edge, _called(edge), f"{said}."))
    elif chosen != KEEP_LOCAL:
        named = ", ".join(_called(edge) for edge in edges[:MAX_NAMED])
        more = ", …" if len(edges) > MAX_NAMED else ""
        detail = f"{said}, but {len(edges)} stand here ({named}{more}): choose one."
        add(
            _line(
                REFUSE,
                edges[0],
                f"{len(edges)} × {kind}",
                detail,
                code="conflict",
                conflict=_conflict(kind),
                choices=BOTH,
            )
        )


def _conflict(kind: str) -> str:
    return f"relationships/{kind}#removal"


def _line(
    action: str,
    edge: StandingEdge,
    name: str,
    reason: str,
    *,
    code: str = "",
    conflict: str = "",
    choices: tuple[str, ...] = (),
) -> Change:
    return Change(
        action=action,
        noun="relationship",
        node=edge.id,
        key="",
        kind=edge.kind,
        name=name,
        reason=reason,
        code=code,
        conflict=conflict,
        choices=choices,
    )


def _called(edge: StandingEdge) -> str:
    return f"{edge.source.name} → {edge.target.name}"


def _stays(merging: Merging, edge: StandingEdge) -> bool:
    """Say whether both ends stay: what loses one goes with it."""
    gone = {*merging.outcome.work.remove, *merging.outcome.work.remove_views}
    return edge.source.node not in gone and edge.target.node not in gone


def _fits(
    merging: Merging, edge: StandingEdge, definition: Definition, *, base: Definition | None
) -> bool:
    """Say whether an edge may be; what no definition ever allowed is nobody's concern here."""
    was = base.relationships.get(edge.kind) if base else None
    now = definition.relationships.get(edge.kind)
    if now is None:
        return base is not None and was is None
    if was is not None and _same_ends(was, now, renamed=merging.renamed_kinds):
        return True
    views = {old: view.key for view in definition.views.values() for old in view.renamed_from}
    pairs = ((edge.source, now.source), (edge.target, now.target))
    return all(_allows(merging, end, allowed, views=views) for end, allowed in pairs)


def _same_ends(
    one: RelationshipDefinition, other: RelationshipDefinition, *, renamed: Mapping[str, str]
) -> bool:
    def ends(part: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        return {
            sort: frozenset(renamed.get(name, name) for name in names)
            for sort, names in part.items()
        }

    return ends(one.source) == ends(other.source) and ends(one.target) == ends(other.target)


def _allows(
    merging: Merging,
    end: End,
    allowed: Mapping[str, frozenset[str]],
    *,
    views: Mapping[str, str],
) -> bool:
    names = allowed.get(f"{end.sort}s")
    label = _label(merging, end.node, end.label)
    label = views.get(label, label) if label and end.sort == "view" else label
    return names is not None and (not names or label is None or label in names)


def _label(merging: Merging, node: UUID, label: str | None) -> str | None:
    """Return what an end will be: a space by the kind that it is to have."""
    space = merging.final.get(node)
    return space.kind if space else label
