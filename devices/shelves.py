"""Gateways and devices as people choose among them, beside the spaces that they stand in."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from accounts.places import Place
from accounts.principals import Principal
from devices.models import Device, Gateway
from twin.choices import NodeKind
from twin.models import Space

NOUNS: tuple[tuple[NodeKind, Any], ...] = (
    (NodeKind.GATEWAY, Gateway),
    (NodeKind.DEVICE, Device),
)


class Shelf:
    """Tells twin which of them a principal sees where; a query for each noun."""

    def inside(self, principal: Principal) -> Q:
        """Return the condition of a space in which something stands."""
        here = [
            noun.objects.visible_to(principal).filter(space=OuterRef("pk")) for _, noun in NOUNS
        ]
        return Q(Exists(here[0])) | Q(Exists(here[1]))

    def beside(self, principal: Principal) -> Q:
        """Return the condition of a site in which something stands in no space that is seen."""
        there = [
            noun.objects.visible_to(principal).filter(_beside(principal), site=OuterRef("pk"))
            for _, noun in NOUNS
        ]
        return Q(Exists(there[0])) | Q(Exists(there[1]))

    def parts(
        self, principal: Principal, places: Collection[UUID], *, limit: int
    ) -> dict[UUID, list[Place]]:
        """Return what stands directly in each of the sites and spaces, so many of each.

        What stands in a space that is not seen stands in the site itself.
        """
        here = Q(space__in=places) | (Q(site__in=places) & _beside(principal))
        nth = Window(RowNumber(), partition_by=["site", "space"], order_by=["name", "pk"])
        found: dict[UUID, list[Place]] = defaultdict(list)
        for kind, noun in NOUNS:
            rows = noun.objects.visible_to(principal).filter(here).annotate(nth=nth)
            for one in rows.filter(nth__lte=limit).order_by("name", "pk"):
                place = one.space_id if one.space_id in places else one.site_id
                found[place].append(Place(one.pk, kind, one.name))
        return found

    def find(self, principal: Principal, text: str, *, limit: int) -> list[Place]:
        """Return those whose name holds the text, with where they stand."""
        found: list[Place] = []
        for kind, noun in NOUNS:
            rows = noun.objects.visible_to(principal).filter(name__icontains=text)
            placed = rows.filter(site__isnull=False).select_related("site", "space")
            for one in placed.order_by("name", "pk")[: limit - len(found)]:
                above = [one.space.name] if one.space else []
                where = ", ".join([*above, one.site.name])
                found.append(Place(one.pk, kind, one.name, where=where))
        return found


def _beside(principal: Principal) -> Q:
    """Return the condition of a thing that stands in no space which the principal sees."""
    seen = Space.objects.visible_to(principal).filter(pk=OuterRef("space"))
    return Q(space__isnull=True) | ~Q(Exists(seen))
