"""What becomes of alarms: raised, folded, escalated, acknowledged, cleared; each told once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from config.lib.copying import copy_rows
from devices.choices import AlarmStatus, ClearReason
from devices.errors import AlarmIsCleared
from devices.models import Alarm, AlarmRule
from devices.signals import alarm_acknowledged, alarm_cleared, alarm_escalated, alarm_raised

FIELDS = (
    *("id", "created_at", "updated_at", "rule", "organisation", "site", "spaces", "node", "owner"),
    *("point", "name", "condition", "is_measured", "severity", "status", "value", "folded"),
    *("began_at", "raised_at", "escalates_at", "escalate_to"),
    *("comment", "cleared_at", "clear_reason"),
)
_FOREIGN = {
    name: f"{name}_id" for name in ("rule", "organisation", "site", "node", "owner", "point")
}
MOST_ESCALATED = 5_000
ESCALATE = """
UPDATE devices_alarm SET severity = escalate_to, escalated_at = %(now)s, escalates_at = NULL,
  updated_at = %(now)s
WHERE id IN (SELECT id FROM devices_alarm
  WHERE status = 'raised' AND escalates_at IS NOT NULL AND escalates_at <= %(now)s
  ORDER BY escalates_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id"""
CLEAR = """
UPDATE devices_alarm a SET status = 'cleared', cleared_at = %(now)s, clear_reason = %(reason)s,
  updated_at = %(now)s
FROM unnest(%(rules)s::uuid[], %(nodes)s::uuid[], %(points)s::bigint[]) AS o(rule, node, point)
WHERE a.rule_id = o.rule AND a.node_id = o.node AND a.point_id IS NOT DISTINCT FROM o.point
  AND a.status <> 'cleared'
RETURNING a.id"""

# A rule, the device or gateway, and the point or None.
Subject = tuple[UUID, UUID, int | None]


def new_alarm(
    rule: AlarmRule, *, node: UUID, point: int | None, is_measured: bool, **fields: object
) -> Alarm:
    """Return the alarm of a rule, not yet stored; it is to be raised now."""
    now = timezone.now()
    wait = rule.escalate_after_s if rule.escalate_to else None
    return Alarm(
        rule=rule,
        node_id=node,
        point_id=point,
        owner_id=rule.owner_id,
        name=rule.name,
        condition=rule.condition,
        severity=rule.severity,
        escalate_to=rule.escalate_to,
        escalates_at=None if wait is None else now + timedelta(seconds=wait),
        # What people watch over at home is theirs, whatever it tells.
        is_measured=is_measured or rule.owner_id is not None,
        raised_at=now,
        created_at=now,
        updated_at=now,
        **fields,
    )


def raise_alarms(alarms: Sequence[Alarm]) -> None:
    """Store new alarms and tell of them; of those that were over at once too."""
    if not alarms:
        return
    columns = [_FOREIGN.get(name, name) for name in FIELDS]
    copy_rows(
        Alarm,
        fields=FIELDS,
        rows=(tuple(getattr(alarm, column) for column in columns) for alarm in alarms),
    )
    alarm_raised.send(sender=Alarm, alarms=alarms)
    if over := [alarm for alarm in alarms if alarm.status == AlarmStatus.CLEARED]:
        alarm_cleared.send(sender=Alarm, alarms=over)


def clear_alarms(
    subjects: Iterable[Subject] = (),
    *,
    rule: AlarmRule | None = None,
    reason: ClearReason = ClearReason.RECOVERED,
) -> None:
    """Clear what is open for the subjects, or for a whole rule, and tell of it."""
    now = timezone.now()
    if rule is not None:
        rows = Alarm.objects.open().filter(rule=rule)
        subjects = rows.values_list("rule_id", "node_id", "point_id")
    rules, nodes, points = [list(part) for part in zip(*subjects, strict=True)] or ([], [], [])
    if not rules:
        return
    values: dict[str, Any] = {
        "now": now,
        "reason": reason,
        "rules": rules,
        "nodes": nodes,
        "points": points,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, values)
        keys = [key for (key,) in cursor.fetchall()]
    if keys:
        alarm_cleared.send(sender=Alarm, alarms=_told(keys))


def _told(keys: Collection[UUID]) -> list[Alarm]:
    return list(Alarm.objects.filter(pk__in=keys).order_by("pk"))


@transaction.atomic
def escalate_alarms() -> int:
    """Let what nobody has acknowledged in time matter more; return how many were."""
    values: dict[str, Any] = {"now": timezone.now(), "most": MOST_ESCALATED}
    with connection.cursor() as cursor:
        cursor.execute(ESCALATE, values)
        keys = [key for (key,) in cursor.fetchall()]
    if keys:
        alarm_escalated.send(sender=Alarm, alarms=_told(keys))
    return len(keys)


@transaction.atomic
def acknowledge_alarm(*, alarm: Alarm, user_id: UUID | None, comment: str = "") -> Alarm:
    """Note that somebody takes care of it; who did so first stays.

    Raises: AlarmIsCleared, if it is over.
    """
    alarm = Alarm.objects.select_for_update().get(pk=alarm.pk)
    if alarm.status == AlarmStatus.CLEARED:
        raise AlarmIsCleared(alarm=str(alarm.pk))
    if alarm.status == AlarmStatus.ACKNOWLEDGED:
        return alarm
    alarm.status, alarm.acknowledged_at = AlarmStatus.ACKNOWLEDGED, timezone.now()
    alarm.acknowledged_by_id, alarm.comment = user_id, comment
    fields = ["status", "acknowledged_at", "acknowledged_by", "comment", "updated_at"]
    alarm.save(update_fields=fields)
    alarm_acknowledged.send(sender=Alarm, alarms=[alarm])
    return alarm
