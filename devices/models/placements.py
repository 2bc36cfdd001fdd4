"""Placements: where each device stood, and when."""

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, OuterRef, Q

from config.lib.models import BaseModel
from twin.models.reach import Reach
from twin.rights import AreaSet, Level, Right, Way

if TYPE_CHECKING:
    from typing import Self

LASTING = (Way.ORGANISATION, Way.MEMBERSHIP, Way.GRANT)


class PlacementQuerySet(models.QuerySet["Placement"]):
    """Placements, past ones too, found by the rights to where the device stood."""

    def within_reach(self, reach: Reach) -> "Self | None":
        """Return the placements of which a right opens any time; None if there can be none beside
        those of devices that are visible anyhow.
        """
        lasting = reach.areas(Level.SEE, ways=LASTING)
        cut = reach.cut_areas()
        homes = [right for right in reach.rights if right.way is Way.OCCUPANCY]
        if cut is None and not (lasting.sites or lasting.paths or homes):
            return None
        condition = _stood_in(lasting)
        for right in homes:
            condition |= _stood_at_home(right)
        return self.filter(condition if cut is None else condition & _stood_in(cut))

    def at_home(self, right: Right) -> "Self":
        """Return the placements in a flat during the occupancy that gives the right."""
        return self.filter(_stood_at_home(right))


def _stood_in(areas: AreaSet) -> Q:
    """Return the condition that a device stood in one of the areas, or is one of the nodes."""
    condition = Q(device__organisation__in=areas.organisations)
    condition |= Q(site__in=areas.sites) | Q(device__in=areas.nodes)
    if areas.spaces:
        condition |= _was_in(areas.paths, areas.spaces)
    return condition


def _was_in(paths: Collection[str], spaces: Collection[UUID]) -> Q:
    """Return the condition of having stood in the subtrees: by the way as it was, if it has changed
    since.
    """
    unmoved = Q(spaces__isnull=True, space__path__within=list(paths))
    return unmoved | Q(spaces__overlap=list(spaces))


def _stood_at_home(right: Right) -> Q:
    """Return the condition that a device stood in a flat during its occupancy; the first placement
    of a device counts as having begun before (docs/access.md, "Series").
    """
    earlier = Placement.objects.filter(
        device=OuterRef("device"), period__startswith__lt=OuterRef("period__startswith")
    )
    condition = Q(period__upper_inf=True) | Q(period__endswith__gt=right.since)
    if right.until is not None:
        condition &= Q(period__startswith__lt=right.until) | Q(~Exists(earlier))
    return condition & _was_in([right.area.path], [right.area.space] if right.area.space else [])


class Placement(BaseModel):
    """A device at a place for a time; the open one is where it stands now.

    Past placements name sites and spaces that may have gone since, so that old sums can still be
    explained: these two columns hold no constraint of the database. ``spaces`` is the way from the
    root down to ``space`` as it was, written down once that has changed; before, the tree says it.
    """

    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, related_name="placements"
    )
    site = models.ForeignKey(
        "twin.Site", on_delete=models.DO_NOTHING, db_constraint=False, related_name="placements"
    )
    space = models.ForeignKey(
        "twin.Space",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="placements",
    )
    spaces = ArrayField(models.UUIDField(), null=True, blank=True, editable=False)
    period = DateTimeRangeField()

    objects = PlacementQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="placement_one_at_a_time",
                expressions=[
                    ("device", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.period}"
