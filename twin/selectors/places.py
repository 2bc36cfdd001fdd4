"""Where a node stands, as rights see it."""

from dataclasses import dataclass
from uuid import UUID

from twin.models import Node, Space
from twin.models.gates import NodeQuerySet
from twin.rights import Place


@dataclass(frozen=True, slots=True)
class Standing:
    """A node with its kind and place; ``nearest`` is the space it is or stands in, else itself."""

    node: UUID
    kind: str
    place: Place
    nearest: UUID


def standing_of(node: UUID) -> Standing:
    """Return where a node stands that is known to be there (two queries)."""
    fields = [field for field in NodeQuerySet.place_fields if field != "pk"]
    behind = [field for field in NodeQuerySet.gateway_fields if field != "pk"]
    row = Node.objects.values("kind", "site_id", "organisation_id", *fields, *behind).get(pk=node)
    stands_in = {node, *(row[field] for field in fields if row[field])}
    space = Space.objects.filter(pk__in=stands_in).first()
    labels = list(space.path) if space else []
    place = Place(
        organisation=row["organisation_id"],
        site=row["site_id"],
        spaces=frozenset(UUID(label) for label in labels),
        gateway=next((row[field] for field in behind if row[field]), None),
    )
    return Standing(node, row["kind"], place, space.pk if space else node)
