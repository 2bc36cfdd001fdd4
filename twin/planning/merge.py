"""Merge a building with a new blueprint: the whole of it, as one outcome."""

from collections.abc import Mapping

from twin.planning.changes import Blueprint, Choices, Live, Outcome
from twin.planning.demands import check_values, minimum_notes, slot_notes
from twin.planning.edges import settle_edges
from twin.planning.order import check_building, order_siblings
from twin.planning.removals import Contents, remove_spaces
from twin.planning.spaces import Merging, begin, merge_spaces
from twin.planning.views import merge_views


def merge(
    *,
    base: Blueprint | None,
    theirs: Blueprint,
    live: Live,
    contents: Contents,
    choices: Choices | None = None,
    relocate: Mapping[str, str] | None = None,
) -> Outcome:
    """Work out what leads a building to a new blueprint and keeps what was changed by hand.

    Args: the blueprint it was last declared as, the new one, the building; a function that counts
    what is inside of spaces; choices by conflict (``*`` for all others); where the contents of
    spaces that go shall move, by key or id.
    """
    merging = begin(base=base, theirs=theirs, live=live.spaces, choices=choices or {})
    merge_spaces(merging)
    remove_spaces(merging, contents=contents, relocate=relocate or {})
    before = base.definition if base else None
    check_values(merging, base=before)
    merge_views(merging, base=before, live=live)
    settle_edges(merging, base=before, edges=live.edges)
    order_siblings(merging)
    check_building(merging)
    outcome = merging.outcome
    outcome.work.create = [one for one in merging.final.values() if one.id not in live.spaces]
    outcome.work.update = [
        one
        for one in merging.final.values()
        if one.id in live.spaces and one != live.spaces[one.id]
    ]
    _check_targets(merging)
    outcome.notes += [*_notes(merging), *slot_notes(merging, base=before)]
    outcome.notes += minimum_notes(merging)
    outcome.changes.sort(key=lambda change: change.action != "refuse")
    return outcome


def _notes(merging: Merging) -> list[str]:
    """Return what was passed over, in sentences."""
    notes = []
    if merging.absent:
        many = len(merging.absent) > 1
        verbs = "were removed here, and stay away" if many else "was removed here, and stays away"
        notes.append(f"{_spaces(len(merging.absent))} of the template {verbs}.")
    if merging.new_keys:
        verb = "follow" if len(merging.new_keys) > 1 else "follows"
        notes.append(f"{_spaces(len(merging.new_keys))} {verb} the template to a new key.")
    return notes


def _spaces(count: int) -> str:
    return "1 space" if count == 1 else f"{count} spaces"


def _check_targets(merging: Merging) -> None:
    """Refuse to move things into a space that goes too."""
    for key, target in merging.outcome.work.relocate.items():
        if target not in merging.final:
            reason = "The space named for what is inside is removed as well: name another one."
            merging.refuse(merging.live[key], code="occupied", reason=reason)
