"""Which slots the spaces of a site have, and which devices fill them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from twin.contents import Item, items_in
from twin.definitions.format import Definition, Slot
from twin.models.spaces import SpaceQuerySet


@dataclass(frozen=True, slots=True)
class Filling:
    """One slot of one space, and what is in it; ``missing`` is how many it still must have."""

    space: UUID
    slot: Slot
    devices: tuple[UUID, ...]

    @property
    def missing(self) -> int:
        """Return how many devices the slot lacks."""
        return max(0, self.slot.cardinality.minimum - len(self.devices))


@dataclass(frozen=True, slots=True)
class SlotReport:
    """The slots of spaces by space, and the devices that fill none."""

    fillings: dict[UUID, list[Filling]]
    unmatched: tuple[UUID, ...]

    @property
    def unfilled(self) -> list[UUID]:
        """Return the spaces with a slot that lacks a device."""
        return [
            space
            for space, fillings in self.fillings.items()
            if any(filling.missing for filling in fillings)
        ]

    def totals(self) -> dict[str, int]:
        """Return how many slots there are, are full enough, lack something, and what is over."""
        every = [filling for fillings in self.fillings.values() for filling in fillings]
        unfilled = sum(1 for filling in every if filling.missing)
        return {
            "slots": len(every),
            "filled": sum(1 for filling in every if filling.devices and not filling.missing),
            "unfilled": unfilled,
            "missing_devices": sum(filling.missing for filling in every),
            "devices_without_slot": len(self.unmatched),
        }


def report_slots(definition: Definition | None, spaces: SpaceQuerySet) -> SlotReport:
    """Match the devices in the spaces with the slots of their kinds.

    One query, and one for each app that has devices.
    """
    kinds = definition.kinds if definition else {}
    having = [key for key, kind in kinds.items() if kind.slots]
    rows = spaces.filter(kind__in=having).order_by("pk").values_list("pk", "kind")
    return match_slots(definition, rows, items=items_in(spaces))


def match_slots(
    definition: Definition | None, rows: Iterable[tuple[UUID, str]], *, items: Iterable[Item]
) -> SlotReport:
    """Match things with the slots of spaces, given with their kinds.

    First every slot gets the least it needs, in the order of the template, then as much as it may
    hold; a device fills one slot.
    """
    kinds = definition.kinds if definition else {}
    by_space: dict[UUID, list[Item]] = {}
    for item in items:
        by_space.setdefault(item.space, []).append(item)
    fillings = {
        space: list(_fill(space, kinds[kind].slots, items=by_space.get(space, ())))
        for space, kind in rows
        if kind in kinds and kinds[kind].slots
    }
    used = {node for held in fillings.values() for one in held for node in one.devices}
    every = (item.node for held in by_space.values() for item in held)
    return SlotReport(fillings, tuple(node for node in every if node not in used))


def _fill(space: UUID, slots: Iterable[Slot], *, items: Iterable[Item]) -> Iterator[Filling]:
    """Yield the slots of one space with what fills them."""
    left = list(items)
    slots = tuple(slots)
    held: dict[str, list[UUID]] = {slot.key: [] for slot in slots}
    for slot in slots:
        _take(slot, left, held[slot.key], up_to=slot.cardinality.minimum)
    for slot in slots:
        maximum = slot.cardinality.maximum
        most = len(held[slot.key]) + len(left) if maximum is None else maximum
        _take(slot, left, held[slot.key], up_to=most)
    for slot in slots:
        yield Filling(space, slot, tuple(held[slot.key]))


def _take(slot: Slot, left: list[Item], held: list[UUID], *, up_to: int) -> None:
    for item in list(left):
        if len(held) >= up_to:
            return
        if _fits(slot, item):
            held.append(item.node)
            left.remove(item)


def _fits(slot: Slot, item: Item) -> bool:
    if not (slot.categories or slot.types):
        return True
    return item.category in slot.categories or item.type in slot.types
