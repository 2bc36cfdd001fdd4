"""What twin itself has inside of spaces: occupants, grants, memberships and edges."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from twin.contents import Counts, Item
from twin.models import Grant, Occupancy, Relationship, Space, ViewMember
from twin.services.occupancies import lives_or_will_in, move_occupancy

# The name of this keeper.
PEOPLE = "twin"
# What people let applications see is nobody else's business: consents are not told.
SORTS: tuple[tuple[str, Any, str, Q], ...] = (
    ("occupants", Occupancy, "space", Q(sealed_at=None)),
    ("past_occupancies", Occupancy, "space", Q(sealed_at__isnull=False)),
    ("grants", Grant, "node", Q()),
    ("views", ViewMember, "node", Q()),
    ("relationships", Relationship, "source", Q()),
    ("relationships", Relationship, "target", Q()),
)


class Inhabitants:
    """Twin's keeper of the contents of spaces."""

    def count(self, spaces: Collection[UUID]) -> Counts:
        """Return how much of each sort is in the spaces: one query for each sort."""
        totals: dict[UUID, dict[str, int]] = {}
        for name, model, field, condition in SORTS:
            rows = model.objects.filter(condition, **{f"{field}__any": spaces})
            for space, count in rows.order_by().values_list(field).annotate(Count("pk")):
                counts = totals.setdefault(space, {})
                counts[name] = counts.get(name, 0) + count
        return totals

    def move(self, places: Mapping[UUID, UUID]) -> list[Any]:
        """Move those who live there; grants and the rest are rights to a place, and go with it.

        They live in the other space from now on: what others lived there stays closed to them.
        """
        targets = Space.objects.in_bulk(places.values())
        memory = []
        for one in lives_or_will_in(places).select_related("user", "space").order_by("pk"):
            made = move_occupancy(one, to=targets[places[one.space_id]])
            memory += [[str(made.pk), str(one.space_id)]] if made else []
        return memory

    def move_back(self, memory: list[Any]) -> None:
        """Let those who were moved live where they lived, from now on, unless they moved on."""
        origins = {UUID(made): UUID(source) for made, source, *_ in memory}
        living = Occupancy.objects.filter(pk__in=origins, sealed_at=None)
        spaces = Space.objects.in_bulk(origins.values())
        for one in living.select_related("user", "space"):
            move_occupancy(one, to=spaces[origins[one.pk]])

    def let_go(self, nodes: Collection[UUID]) -> None:
        """End nothing: rights to what goes go with their rows."""

    def items(self, spaces: Any) -> Iterable[Item]:
        """Return nothing: people fill no slots."""
        return ()
