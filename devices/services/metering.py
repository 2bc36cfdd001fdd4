"""Metering points: make and change them, and assign the device points that feed them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from config.lib.errors import InvalidInput
from config.lib.times import format_time
from devices.choices import Medium, Nature, RestatementReason
from devices.errors import AssignmentOverlaps, MeteringPointVirtual
from devices.models import Assignment, MeteringPoint, Point
from devices.services.formulas import Term, set_formula
from devices.services.pins import refuse_gone
from devices.services.placements import settle
from devices.services.restatements import note_change
from devices.signals import metering_point_created, metering_point_updated

UNITS: Mapping[str, str] = {
    Medium.ELECTRICITY: "kW.h",
    Medium.HEAT: "kW.h",
    Medium.COOLING: "kW.h",
    Medium.GAS: "m3",
    Medium.WATER: "m3",
    Medium.COLD_WATER: "m3",
    Medium.HOT_WATER: "m3",
}
PLAIN = ("name", "direction", "tags", "is_active", "space")


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """How a device point feeds a metering point: from when, times what, at which counters.

    ``previous_end_counter`` is what the meter before it showed when it was taken out.
    """

    point: Point
    since: datetime
    until: datetime | None = None
    factor: float | None = None
    start_counter: float | None = None
    end_counter: float | None = None
    previous_end_counter: float | None = None


@transaction.atomic
def create_metering_point(*, formula: list[Term] | None = None, **given: Any) -> MeteringPoint:
    """Make a metering point; with a formula it is virtual.

    Raises: InvalidInput, if the space is elsewhere or no unit follows from the medium; what
    ``set_formula`` raises.
    """
    site = given.get("site") or given["space"].site
    owner = site.organisation_id
    given["site"] = settle(site=site, space=given.get("space"), organisation_id=owner)
    given["unit"] = given.get("unit") or UNITS.get(given["medium"], "")
    if not given["unit"]:
        raise InvalidInput([("#/unit", "required", "Say in which unit this medium is billed.")])
    point = MeteringPoint(organisation_id=owner, is_virtual=formula is not None, **given)
    point.full_clean()
    point.save()
    if formula is not None:
        set_formula(point, formula)
    metering_point_created.send(sender=MeteringPoint, metering_points=[point])
    return point


@transaction.atomic
def update_metering_point(
    *, metering_point: MeteringPoint, changes: Mapping[str, Any]
) -> MeteringPoint:
    """Change the name, direction, tags, space, formula, and whether it is in use.

    Raises: MeteringPointVirtual, for the formula of one that is not virtual; as for a new one.
    """
    point = MeteringPoint.objects.select_for_update(no_key=True).get(pk=metering_point.pk)
    if changes.get("space") is not None:
        settle(site=point.site, space=changes["space"], organisation_id=point.organisation_id)
    for name in (plain := [name for name in PLAIN if name in changes]):
        setattr(point, name, changes[name])
    point.full_clean()
    point.save(update_fields=[*plain, "updated_at"])
    if "formula" in changes:
        if not point.is_virtual:
            raise MeteringPointVirtual(reason="It is fed by device points; it takes no formula.")
        set_formula(point, changes["formula"])
        note_change(point, since=None, reason=RestatementReason.FORMULA)
    fields = sorted(changes)
    metering_point_updated.send(sender=MeteringPoint, metering_points=[point], fields=fields)
    return point


def _locked(metering_point: MeteringPoint, point: Point) -> MeteringPoint:
    """Lock what an assignment joins, so that overlaps can be told before they are written."""
    list(Point.objects.filter(pk=point.pk).select_for_update(no_key=True))
    return MeteringPoint.objects.select_for_update(no_key=True).get(pk=metering_point.pk)


def _check_fits(metering_point: MeteringPoint, feed: Feed) -> None:
    """Refuse what cannot feed the metering point."""
    kind, device = feed.point.type, feed.point.device
    is_owned = device.organisation_id == metering_point.organisation_id
    findings = []
    if metering_point.is_virtual:
        raise MeteringPointVirtual(reason="It counts by a formula; no device point feeds it.")
    if not is_owned and device.site_id != metering_point.site_id:
        findings.append(("#/device", "foreign", "The device belongs to somebody else."))
    if kind.nature != Nature.COUNTER:
        text = f"{kind.key} is no counter; only counters can be billed."
        findings.append(("#/point", "no-counter", text))
    elif kind.unit != metering_point.unit and feed.factor is None:
        text = f"{kind.key} counts {kind.unit}, billed is {metering_point.unit}: give the factor."
        findings.append(("#/factor", "units-differ", text))
    if findings:
        raise InvalidInput(findings)


def _check_period(feed: Feed) -> None:
    if feed.until is not None and feed.until <= feed.since:
        raise InvalidInput([("#/until", "order", "The end must be later than the beginning.")])
    if feed.end_counter is not None and feed.until is None:
        text = "An end counter needs an end: give until."
        raise InvalidInput([("#/end_counter", "no-end", text)])


def _end_current(metering_point: MeteringPoint, feed: Feed) -> None:
    """End the assignment that goes on, where the next one begins."""
    current = Assignment.objects.filter(
        metering_point=metering_point, period__upper_inf=True, period__startswith__lt=feed.since
    ).first()
    if current is None:
        if feed.previous_end_counter is not None:
            text = "No assignment goes on until then."
            raise InvalidInput([("#/previous_end_counter", "no-previous", text)])
        return
    refuse_gone(current.point_id, feed.since, pointer="#/from", counter=feed.previous_end_counter)
    current.period = DateTimeTZRange(current.period.lower, feed.since)
    current.end_counter = feed.previous_end_counter
    current.save(update_fields=["period", "end_counter", "updated_at"])


def _refuse_overlap(assignment: Assignment) -> None:
    """Name the assignment in the way, if there is one."""
    mine = Q(metering_point=assignment.metering_point_id)
    others = Assignment.objects.filter(mine | Q(point=assignment.point_id))
    other = others.filter(period__overlap=assignment.period).exclude(pk=assignment.pk).first()
    if other is None:
        return
    is_mine = other.metering_point_id == assignment.metering_point_id
    upper = other.period.upper
    raise AssignmentOverlaps(
        what="The metering point is fed" if is_mine else "The device point feeds another one",
        begins=format_time(other.period.lower),
        ends=format_time(upper) if upper else "now on",
        assignment=str(other.pk),
    )


def _tell(metering_point: MeteringPoint, *, since: datetime) -> None:
    note_change(metering_point, since=since, reason=RestatementReason.ASSIGNMENT)
    point, fields = [metering_point], ["assignments"]
    metering_point_updated.send(sender=MeteringPoint, metering_points=point, fields=fields)


@transaction.atomic
def assign_point(*, metering_point: MeteringPoint, feed: Feed) -> Assignment:
    """Let a device point feed the metering point; what feeds it so far, without an end, ends then.

    Raises: InvalidInput; MeteringPointVirtual; AssignmentOverlaps.
    """
    metering_point = _locked(metering_point, feed.point)
    _check_fits(metering_point, feed)
    _check_period(feed)
    refuse_gone(feed.point.pk, feed.since, pointer="#/from", counter=feed.start_counter)
    refuse_gone(feed.point.pk, feed.until, pointer="#/until", counter=feed.end_counter)
    _end_current(metering_point, feed)
    assignment = Assignment(
        metering_point=metering_point,
        point=feed.point,
        period=DateTimeTZRange(feed.since, feed.until),
        factor=1.0 if feed.factor is None else feed.factor,
        start_counter=feed.start_counter,
        end_counter=feed.end_counter,
    )
    _refuse_overlap(assignment)
    assignment.full_clean()
    assignment.save()
    _tell(metering_point, since=feed.since)
    return assignment


@transaction.atomic
def change_assignment(*, assignment: Assignment, changes: Mapping[str, Any]) -> Assignment:
    """Correct the times, the factor or the counters of an assignment.

    Args: changes, of ``since``, ``until``, ``factor``, ``start_counter``, ``end_counter``.
    Raises: InvalidInput; AssignmentOverlaps.
    """
    metering_point = _locked(assignment.metering_point, assignment.point)
    assignment = Assignment.objects.select_for_update().get(pk=assignment.pk)
    began, ended = assignment.period.lower, assignment.period.upper
    since, until = changes.get("since", began), changes.get("until", ended)
    for name in ("factor", "start_counter", "end_counter"):
        setattr(assignment, name, changes.get(name, getattr(assignment, name)))
    end = assignment.end_counter
    _check_period(Feed(point=assignment.point, since=since, until=until, end_counter=end))
    for name, moment, old in (("from", since, began), ("until", until, ended)):
        if moment != old:
            refuse_gone(assignment.point_id, moment, pointer=f"#/{name}")
    assignment.period = DateTimeTZRange(since, until)
    _refuse_overlap(assignment)
    assignment.full_clean()
    assignment.save()
    _tell(metering_point, since=min(since, began))
    return assignment


@transaction.atomic
def remove_assignment(*, assignment: Assignment) -> None:
    """Take away an assignment that never was."""
    metering_point = _locked(assignment.metering_point, assignment.point)
    assignment.delete()
    _tell(metering_point, since=assignment.period.lower)
