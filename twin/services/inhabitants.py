"""What twin itself has inside of spaces: occupants, grants, consents, memberships and edges."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from twin.contents import Counts, Item
from twin.models import ConsentNode, Grant, Occupancy, Relationship, ViewMember

MOVE = (
    "UPDATE twin_occupancy o SET space_id = p.target, updated_at = now()"
    " FROM unnest(%s::uuid[], %s::uuid[]) AS p(source, target)"
    " WHERE o.space_id = p.source AND o.sealed_at IS NULL RETURNING o.id, p.source, p.target"
)
MOVE_BACK = (
    "UPDATE twin_occupancy o SET space_id = p.source, updated_at = now()"
    " FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS p(id, source, target)"
    " WHERE o.id = p.id AND o.space_id = p.target"
)
SORTS: tuple[tuple[str, Any, str, Q], ...] = (
    ("occupants", Occupancy, "space", Q(sealed_at=None)),
    ("past_occupancies", Occupancy, "space", Q(sealed_at__isnull=False)),
    ("grants", Grant, "node", Q()),
    ("consents", ConsentNode, "node", Q()),
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
        """Move those who live there; grants and the rest are rights to a place, and go with it."""
        with connection.cursor() as cursor:
            cursor.execute(MOVE, [list(places.keys()), list(places.values())])
            return [[str(part) for part in row] for row in cursor.fetchall()]

    def move_back(self, memory: list[Any]) -> None:
        """Let those who were moved live where they lived, unless they have moved on."""
        columns = [list(column) for column in zip(*memory, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(MOVE_BACK, columns)

    def items(self, spaces: Any) -> Iterable[Item]:
        """Return nothing: people fill no slots."""
        return ()
