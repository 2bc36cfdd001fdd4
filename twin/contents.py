"""What stands inside of spaces, told and moved by the apps that have it.

Plans ask what a removal takes with it, and move what must not go. Twin knows its own things; the
apps above register theirs in their ``AppConfig.ready``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

Counts = Mapping[UUID, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that may fill a slot: where it stands, its category and type."""

    node: UUID
    space: UUID
    category: str
    type: str


class Keeper(Protocol):
    """An app that has things inside of spaces."""

    def count(self, spaces: Collection[UUID]) -> Counts:
        """Return how much of which sort is directly in each of the spaces, in a few queries."""

    def move(self, places: Mapping[UUID, UUID]) -> list[Any]:
        """Move what is in the spaces on the left to those on the right; return how to undo it."""

    def move_back(self, memory: list[Any]) -> None:
        """Undo a move, from what it returned."""

    def let_go(self, nodes: Collection[UUID]) -> None:
        """End what is at work on spaces and views that are about to be deleted."""

    def items(self, spaces: Any) -> Iterable[Item]:
        """Return what may fill slots in the spaces of a queryset, in one query."""


_keepers: list[tuple[str, Keeper]] = []


def register_keeper(name: str, keeper: Keeper) -> None:
    """Let an app tell and move what it has inside of spaces."""
    if name not in dict(_keepers):
        _keepers.append((name, keeper))


def count_contents(spaces: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how much of which sort is directly in each space."""
    totals: dict[UUID, dict[str, int]] = {}
    if not spaces:
        return totals
    for _, keeper in _keepers:
        for space, counts in keeper.count(spaces).items():
            totals.setdefault(space, {}).update(counts)
    return totals


def move_contents(places: Mapping[UUID, UUID]) -> dict[str, list[Any]]:
    """Move the contents of spaces and return, by keeper, how to undo it."""
    return {name: keeper.move(places) for name, keeper in _keepers} if places else {}


def move_contents_back(memory: Mapping[str, list[Any]]) -> None:
    """Undo a move."""
    for name, keeper in _keepers:
        if memory.get(name):
            keeper.move_back(memory[name])


def let_go(nodes: Collection[UUID]) -> None:
    """End what is at work on spaces and views that are about to be deleted."""
    for _, keeper in _keepers:
        keeper.let_go(nodes)


def items_in(spaces: Any) -> list[Item]:
    """Return what may fill slots in the spaces of a queryset; one query for each keeper."""
    return [item for _, keeper in _keepers for item in keeper.items(spaces)]
