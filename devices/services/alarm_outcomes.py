"""Write what was decided about watches: their states, and the alarms raised, folded and cleared."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from devices.alarms.machine import Cleared, Raised
from devices.alarms.verdicts import Verdict
from devices.choices import AlarmStatus, ClearReason, WatchPhase
from devices.models import Alarm, Gateway
from devices.services.alarm_life import Subject, clear_alarms, new_alarm, raise_alarms

WRITE = """
UPDATE devices_alarmwatch w SET phase = n.phase, since = n.since, value = n.value,
  level = n.level, seen_until = n.seen_until, due_at = n.due_at, is_fed = n.is_fed
FROM unnest(%s::bigint[], %s::int2[], %s::timestamptz[], %s::float8[], %s::float8[],
  %s::timestamptz[], %s::timestamptz[], %s::bool[])
  AS n(id, phase, since, value, level, seen_until, due_at, is_fed)
WHERE w.id = n.id"""
# The others behind a gateway that is back get the time that they always have.
UNFOLD = """
UPDATE devices_alarmwatch w SET phase = 0, since = NULL, is_fed = false,
  due_at = %(now)s + make_interval(secs => coalesce(r.period_s, t.offline_after_s))
FROM unnest(%(rules)s::uuid[], %(gateways)s::uuid[]) AS b(rule, gateway)
JOIN devices_alarmrule r ON r.id = b.rule JOIN devices_device d ON d.gateway_id = b.gateway
JOIN devices_devicetype t ON t.id = d.type_id
WHERE w.rule_id = b.rule AND w.device_id = d.id AND w.phase = 3"""
COUNT_FOLDED = """
UPDATE devices_alarm a SET folded = (
  SELECT count(*) FROM devices_alarmwatch w JOIN devices_device d ON d.id = w.device_id
  WHERE w.rule_id = a.rule_id AND d.gateway_id = a.node_id AND w.phase = 3)
FROM unnest(%(rules)s::uuid[], %(gateways)s::uuid[]) AS b(rule, gateway)
WHERE a.rule_id = b.rule AND a.node_id = b.gateway AND a.status <> 'cleared'"""

# A rule and a gateway.
Pair = tuple[UUID, UUID]


def write_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Write what was decided; the caller holds the watches. A fixed number of statements."""
    if not verdicts:
        return
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(c) for c in zip(*(one.row for one in verdicts), strict=True)])
    clear_alarms(_over(verdicts))
    raise_alarms([alarm for verdict in verdicts for alarm in _alarms(verdict)])
    _fold(verdicts)
    _unfold(verdicts)


def _over(verdicts: Iterable[Verdict]) -> list[Subject]:
    """Return whose open alarm is over: those whose first transition is an end."""
    return [
        (one.watch.rule, one.watch.device, one.watch.point)
        for one in verdicts
        if one.outcome.transitions and isinstance(one.outcome.transitions[0], Cleared)
    ]


def _alarms(verdict: Verdict) -> Iterable[Alarm]:
    """Yield the alarms that a verdict raises; what was over again by now is cleared at once."""
    steps = verdict.outcome.transitions
    for number, step in enumerate(steps, start=1):
        if isinstance(step, Raised):
            yield _alarm(verdict, step, is_over=number < len(steps))


def _alarm(verdict: Verdict, raised: Raised, *, is_over: bool) -> Alarm:
    watch = verdict.watch
    alarm = new_alarm(
        verdict.terms.rule,
        node=watch.device,
        point=watch.point,
        is_measured=verdict.is_measured,
        organisation_id=watch.organisation,
        site_id=watch.site,
        spaces=watch.way or [],
        value=raised.value,
        began_at=raised.since,
    )
    if is_over:
        alarm.status, alarm.cleared_at = AlarmStatus.CLEARED, alarm.raised_at
        alarm.clear_reason, alarm.escalates_at = ClearReason.RECOVERED, None
    return alarm


def _is_folded(verdict: Verdict) -> bool:
    return verdict.outcome.state.phase == WatchPhase.FOLDED


def _pairs(verdicts: Iterable[Verdict]) -> dict[Pair, Verdict]:
    return {(one.watch.rule, one.watch.gateway): one for one in verdicts if one.watch.gateway}


def _fold(verdicts: Sequence[Verdict]) -> None:
    """Raise one alarm for each gateway behind which devices have fallen silent."""
    pairs = _pairs(one for one in verdicts if _is_folded(one))
    if not pairs:
        return
    rules, gateways = zip(*pairs, strict=True)
    opened = Alarm.objects.open().filter(rule__in=rules, node__in=gateways, point=None)
    known = set(opened.values_list("rule_id", "node_id"))
    places = Gateway.objects.filter(pk__in=gateways).select_related("space").in_bulk()
    raise_alarms(
        [
            _alarm_of_gateway(verdict, places[pair[1]])
            for pair, verdict in pairs.items()
            if pair not in known
        ]
    )
    _count_folded(pairs)


def _alarm_of_gateway(verdict: Verdict, gateway: Gateway) -> Alarm:
    way = [UUID(label) for label in gateway.space.path] if gateway.space else []
    return new_alarm(
        verdict.terms.rule,
        node=gateway.pk,
        point=None,
        is_measured=False,
        organisation_id=gateway.organisation_id,
        site_id=gateway.site_id,
        spaces=way,
        value=None,
        began_at=verdict.outcome.state.since or timezone.now(),
    )


def _unfold(verdicts: Sequence[Verdict]) -> None:
    """Clear the alarm of each gateway from behind which a device was heard again."""
    pairs = _pairs(
        one for one in verdicts if one.watch.phase == WatchPhase.FOLDED and not _is_folded(one)
    )
    if not pairs:
        return
    rules, gateways = zip(*pairs, strict=True)
    values: dict[str, Any] = {
        "now": timezone.now(),
        "rules": list(rules),
        "gateways": list(gateways),
    }
    with connection.cursor() as cursor:
        cursor.execute(UNFOLD, values)
    clear_alarms([(rule, gateway, None) for rule, gateway in pairs])


def _count_folded(pairs: Iterable[Pair]) -> None:
    rules, gateways = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_FOLDED, {"rules": list(rules), "gateways": list(gateways)})
