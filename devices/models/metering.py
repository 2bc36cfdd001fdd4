"""Metering points: what is billed, whatever device measures it at the time."""

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.principals import Principal
from config.lib.models import BaseModel
from devices.choices import FlowDirection, Medium
from devices.models.devices import Device
from twin.models.gates import NOTHING, PlacedQuerySet
from twin.models.reach import reach_of
from twin.rights import AreaSet, Level, Way

LASTING = tuple(way for way in Way if way is not Way.OCCUPANCY)


class MeteringPointQuerySet(PlacedQuerySet):
    """Metering points: visible where they stand; their consumption also by the devices that fed
    them, so that who lived in a flat can check their own bills long after.
    """

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return nothing: a metering point is no node."""
        return NOTHING

    def readable_by(self, principal: Principal) -> Self:
        """Return the points of whose consumption the caller may read anything."""
        readable = Device.objects.all().readable_by(principal)
        fed = Assignment.objects.filter(
            metering_point=OuterRef("pk"), point__device__in=readable.values("pk")
        )
        return self.filter(self.visible_condition(principal) | Exists(fed))


class MeteringPoint(BaseModel):
    """A place where one medium flows in one direction and is billed.

    It is fed by assignments of device points, one at a time, or, if it is virtual, by a formula
    over other metering points. One of a private home has no organisation.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="metering_points",
        db_index=False,
    )
    site = models.ForeignKey(
        "twin.Site", on_delete=models.CASCADE, related_name="metering_points", db_index=False
    )
    space = models.ForeignKey(
        "twin.Space",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="metering_points",
    )
    name = models.CharField(max_length=200)
    medium = models.CharField(max_length=16, choices=Medium.choices)
    direction = models.CharField(
        max_length=8, choices=FlowDirection.choices, default=FlowDirection.IMPORT
    )
    unit = models.CharField(max_length=32)
    is_virtual = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    tags = models.JSONField(default=dict, blank=True)

    objects = MeteringPointQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serve the lists of an organisation and of a site in the order of age.
            models.Index(fields=["organisation", "id"], name="metering_of_organisation"),
            models.Index(fields=["site", "id"], name="metering_of_site"),
            # Serves ?tag=key:value.
            GinIndex(fields=["tags"], opclasses=["jsonb_path_ops"], name="metering_tags"),
        ]

    def __str__(self) -> str:
        return self.name

    def told_since(self, principal: Principal) -> datetime | None:
        """Return since when the caller may be told what fed it, None for ever: by living there
        nothing of before moving in, by a consent nothing of before it reaches back to.
        """
        rows = MeteringPoint.objects.filter(pk=self.pk)
        moments = [principal.terms.history_from if principal.terms else None]
        if not rows.filter(rows.reached(principal, Level.SEE, ways=LASTING)).exists():
            path = self.space.path if self.space else ()
            homes = [one for one in reach_of(principal).rights if one.way is Way.OCCUPANCY]
            own = [one.since for one in homes if one.area.space and one.area.space.hex in path]
            moments.append(min(filter(None, own), default=None))
        return max(filter(None, moments), default=None)


class Assignment(BaseModel):
    """A device point feeds a metering point for a time, its counter times ``factor``.

    The counters at the borders are those that the fitter wrote down; without them the readings
    at the borders count. A metering point has one assignment at a time, and a device point feeds
    one metering point at a time, so that nothing is billed twice.
    """

    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    point = models.ForeignKey(
        "devices.Point", on_delete=models.RESTRICT, related_name="assignments", db_index=False
    )
    period = DateTimeRangeField()
    factor = models.FloatField(default=1.0, validators=[MinValueValidator(1e-9)])
    start_counter = models.FloatField(null=True, blank=True)
    end_counter = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="assignment_one_at_a_time",
                expressions=[
                    ("metering_point", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="assignment_point_feeds_one",
                expressions=[
                    ("point", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point_id} {self.period}"


class FormulaTerm(BaseModel):
    """Another metering point counts for a virtual one, times ``weight``, for a time.

    A weight of 1 adds, of -1 takes away, of 0.25 gives a quarter.
    """

    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.CASCADE, related_name="terms", db_index=False
    )
    source = models.ForeignKey(MeteringPoint, on_delete=models.RESTRICT, related_name="used_in")
    weight = models.FloatField(default=1.0)
    period: Any = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="term_once_at_a_time",
                expressions=[
                    ("metering_point", RangeOperators.EQUAL),
                    ("source", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.weight} × {self.source_id}"
