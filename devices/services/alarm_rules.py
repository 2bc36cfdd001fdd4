"""Rules of alarms: make, change and delete them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from config.lib.errors import InvalidInput
from devices.alarms.terms import BY_DAY
from devices.choices import AlarmCondition, AlarmScope, Nature, ValueType
from devices.models import AlarmRule, Device, Fleet, PointType
from devices.services.alarm_watches import forget_rule, hold_watches
from twin.models import Occupancy, Site, Space, View

NUMBERS: Final = ("limit", "low", "high", "hysteresis", "delay_s", "period_s")
NIGHT: Final = ("night_from", "night_until")
UNSET: Final = (None, 0, "")
MINUTE, DAY, MONTH = 60, 86_400, 31 * 86_400


class Needs(NamedTuple):
    """Which fields a condition must have, which it may have, and how long its period may be."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    period: tuple[int, int] = (0, 0)
    is_of_counters: bool = False

    @property
    def known(self) -> frozenset[str]:
        """Return the fields that mean anything to the condition."""
        return self.required | self.optional


HELD: Final = frozenset({"hysteresis", "delay_s"})
NEEDS: Final[Mapping[str, Needs]] = {
    AlarmCondition.ABOVE: Needs(frozenset({"point", "limit"}), HELD),
    AlarmCondition.BELOW: Needs(frozenset({"point", "limit"}), HELD),
    AlarmCondition.RANGE: Needs(frozenset({"point", "low", "high"}), HELD),
    AlarmCondition.FALLS: Needs(
        frozenset({"point"}), frozenset({"hysteresis"}), is_of_counters=True
    ),
    AlarmCondition.CONSUMPTION: Needs(
        frozenset({"point", "limit", "period_s"}), HELD, (15 * MINUTE, MONTH), is_of_counters=True
    ),
    AlarmCondition.NIGHT: Needs(frozenset({"point", "limit", *NIGHT}), HELD, is_of_counters=True),
    AlarmCondition.SILENCE: Needs(frozenset(), frozenset({"point", "period_s"}), (MINUTE, MONTH)),
    AlarmCondition.COMPLETENESS: Needs(
        frozenset({"point", "limit"}), HELD | {"period_s"}, (1, DAY)
    ),
}


FOLLOW = """
UPDATE devices_alarmrule r SET site_id = d.site_id, space_id = d.space_id, updated_at = now()
FROM devices_device d WHERE d.id = ANY(%s::uuid[]) AND r.target_id = d.id
    AND (r.site_id, r.space_id) IS DISTINCT FROM (d.site_id, d.space_id)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What a rule watches over, and where that stands."""

    scope: AlarmScope
    organisation_id: UUID | None
    site_id: UUID | None = None
    space_id: UUID | None = None
    target_id: UUID | None = None
    fleet_id: UUID | None = None


def place_of(thing: Site | Space | View | Device | Fleet) -> Place:
    """Return what a rule about the thing watches over."""
    owner = thing.organisation_id
    match thing:
        case Fleet():
            return Place(AlarmScope.FLEET, owner, fleet_id=thing.pk)
        case Site():
            return Place(AlarmScope.SITE, owner, thing.pk, target_id=thing.pk)
        case Space():
            return Place(AlarmScope.SPACE, owner, thing.site_id, thing.pk, thing.pk)
        case View():
            return Place(AlarmScope.VIEW, owner, thing.site_id, target_id=thing.pk)
    return Place(AlarmScope.DEVICE, owner, thing.site_id, thing.space_id, thing.pk)


def _misfits(rule: AlarmRule) -> Iterator[tuple[str, str, str]]:
    """Yield what does not fit the rule's condition."""
    needs = NEEDS[rule.condition]
    for name in (*NUMBERS, *NIGHT, "point"):
        value = getattr(rule, name)
        is_set = value is not None if name in {"limit", "low", "high"} else value not in UNSET
        if name in needs.required and value in (None, ""):
            yield f"#/{name}", "required", f"The condition {rule.condition} needs it."
        if is_set and name not in needs.known:
            yield f"#/{name}", "unused", f"The condition {rule.condition} does not know it."
    least, most = needs.period
    if rule.period_s is not None and most and not least <= rule.period_s <= most:
        yield "#/period_s", "out_of_range", f"From {least} to {most} seconds."
    yield from _crossed(rule)
    yield from _of_point(rule, needs)


def _crossed(rule: AlarmRule) -> Iterator[tuple[str, str, str]]:
    """Yield numbers that contradict each other."""
    low, high = rule.low, rule.high
    if low is not None and high is not None and high - low < 2 * rule.hysteresis:
        yield "#/high", "crossed", "The range is narrower than the hysteresis on both sides."
    if rule.condition == AlarmCondition.COMPLETENESS and not (
        0 < (rule.limit or 0) <= 1 - rule.hysteresis
    ):
        yield "#/limit", "out_of_range", "A part of all: above 0, with the hysteresis at most 1."
    if rule.condition in BY_DAY and rule.delay_s >= DAY:
        yield "#/delay_s", "out_of_range", "Below a day: the next one is judged then."
    if bool(rule.escalate_to) != (rule.escalate_after_s is not None):
        yield "#/escalate_to", "incomplete", "Give escalate_to and escalate_after_s, or neither."


def _of_point(rule: AlarmRule, needs: Needs) -> Iterator[tuple[str, str, str]]:
    """Yield why the point cannot be watched so."""
    if not rule.point:
        return
    kinds = PointType.objects.filter(key=rule.point).exclude(value_type=ValueType.TEXT)
    if needs.is_of_counters:
        kinds = kinds.filter(nature=Nature.COUNTER)
    if not kinds.exists():
        what = "counter" if needs.is_of_counters else "point that holds numbers"
        yield "#/point", "does_not_exist", f"There is no {what} of that key."


def draft_rule(thing: Any, values: Mapping[str, Any], *, owner: UUID | None = None) -> AlarmRule:
    """Return a rule about the thing, checked and not stored; ``owner`` is who makes it at home.

    Raises: InvalidInput, naming each field that does not fit the condition.
    """
    place = place_of(thing)
    return check_rule(AlarmRule(**asdict(place), **values, owner_id=owner))


def check_rule(rule: AlarmRule) -> AlarmRule:
    """Return the rule if its fields fit its condition.

    Raises: InvalidInput.
    """
    if findings := list(_misfits(rule)):
        raise InvalidInput(findings)
    return rule


def create_rule(thing: Any, values: Mapping[str, Any], *, owner: UUID | None = None) -> AlarmRule:
    """Make a rule about the thing; what it watches is worked out by ``sync_rule``.

    Raises: InvalidInput, as ``draft_rule``.
    """
    rule = draft_rule(thing, values, owner=owner)
    rule.full_clean()
    rule.save()
    return rule


@transaction.atomic
def change_rule(*, rule: AlarmRule, changes: Mapping[str, Any]) -> AlarmRule:
    """Change a rule; other than by its name it begins anew: what it raised is over.

    Raises: InvalidInput, as ``draft_rule``.
    """
    if set(changes) - {"name"}:
        hold_watches()
    rule = AlarmRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    for name, value in changes.items():
        setattr(rule, name, value)
    check_rule(rule).full_clean()
    fields = [*changes, "updated_at"]
    if set(changes) - {"name"}:
        forget_rule(rule)
        rule.synced_at = None
        fields.append("synced_at")
    rule.save(update_fields=fields)
    return rule


@transaction.atomic
def delete_rule(*, rule: AlarmRule) -> None:
    """Delete a rule; its alarms are over, and stay on record."""
    hold_watches()
    forget_rule(rule)
    rule.delete()


def follow_devices(devices: Collection[UUID]) -> None:
    """Let rules about devices stand where these stand: for their gates, and for what goes."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, [list(devices)])


@transaction.atomic
def end_rules_of(occupancy: Occupancy) -> None:
    """Delete the rules that a person made where they do not live any more."""
    own = Occupancy.objects.filter(user=occupancy.user_id, space=occupancy.space_id)
    if own.filter(period__contains=timezone.now()).exists():
        return
    rows = AlarmRule.objects.filter(owner=occupancy.user_id, site=occupancy.site_id)
    rows = rows.filter(space__in=Space.objects.within(occupancy.space).values("pk"))
    for rule in rows.order_by("pk"):
        delete_rule(rule=rule)
