"""Evaluation: look at what is marked or due, and raise and clear what the rules say.

Set-wise: a chunk of watches costs a fixed number of queries. One evaluator works at a time.
Source: docs/alarms.md.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from devices.alarms.machine import Sample
from devices.alarms.terms import BY_READING, Terms
from devices.alarms.verdicts import Verdict, judge, judge_again, judge_silence
from devices.alarms.watching import (
    MOST_SAMPLES,
    SKEW,
    Question,
    Watched,
    behind_down_gateways,
    completeness,
    consumed,
    readings_of,
    watched,
)
from devices.choices import AlarmCondition, WatchPhase
from devices.models import AlarmRule
from devices.services.alarm_outcomes import write_verdicts
from devices.services.alarm_watches import sync_devices, try_to_hold_watches

CHUNK = 2_000
# How soon a night is judged again whose last reading is still to come.
WAIT = timedelta(minutes=10)
POSTPONED = 100_000
TAKE_MARKS = """
DELETE FROM devices_alarmmark WHERE id IN (
  SELECT id FROM devices_alarmmark ORDER BY id LIMIT %s)
RETURNING device_id, is_moved"""
MARKED = "SELECT id FROM devices_alarmwatch WHERE device_id = ANY(%s::uuid[]) AND is_fed"
DUE = "SELECT id FROM devices_alarmwatch WHERE due_at <= %s ORDER BY due_at LIMIT %s"
# Most of what is due is well: it was heard since, and is only due again later.
POSTPONE = """
UPDATE devices_alarmwatch w SET due_at = n.due_at FROM (
  SELECT w.id, h.heard + h.patience AS due_at
  FROM devices_alarmwatch w JOIN devices_alarmrule r ON r.id = w.rule_id
  JOIN devices_device d ON d.id = w.device_id JOIN devices_devicetype t ON t.id = d.type_id
  LEFT JOIN devices_point p ON p.id = w.point_id
  CROSS JOIN LATERAL (SELECT CASE WHEN w.point_id IS NULL THEN d.last_seen_at ELSE p.last_time
    END AS last_at) l
  CROSS JOIN LATERAL (SELECT least(%(now)s, coalesce(last_at, w.seen_until)) AS heard,
    make_interval(secs => coalesce(r.period_s, t.offline_after_s)) AS patience) h
  WHERE w.due_at <= %(now)s AND w.phase = 0 AND r.condition = 'silence'
    AND h.heard + h.patience > %(now)s
  LIMIT %(most)s) n
WHERE w.id = n.id"""

Samples = dict[int, list[Sample]]


def evaluate_marked(*, limit: int = CHUNK) -> int:
    """Look at the devices of which there is news; return how many marks were taken.

    Nothing while another evaluator works, or where no mark is left.
    """
    with transaction.atomic():
        if not try_to_hold_watches():
            return 0
        with connection.cursor() as cursor:
            cursor.execute(TAKE_MARKS, [limit])
            marks = cursor.fetchall()
        if moved := {device for device, is_moved in marks if is_moved}:
            sync_devices(moved)
        news = {device for device, is_moved in marks if not is_moved}
        _evaluate(_ids(MARKED, [list(news)]) if news else [])
        return len(marks)


def evaluate_due(*, limit: int = CHUNK) -> int:
    """Look at the watches whose time has come; return how many there were.

    Nothing while another evaluator works.
    """
    with transaction.atomic():
        if not try_to_hold_watches():
            return 0
        with connection.cursor() as cursor:
            cursor.execute(POSTPONE, {"now": timezone.now(), "most": POSTPONED})
            postponed = cursor.rowcount
        due = _ids(DUE, [timezone.now(), limit])
        _evaluate(due)
        return postponed + len(due)


def evaluate_all(*, seconds: float) -> None:
    """Evaluate until nothing is marked or due, or the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not evaluate_marked() + evaluate_due():
            return


def _ids(sql: str, parameters: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [key for (key,) in cursor.fetchall()]


def _evaluate(ids: Collection[int]) -> None:
    watches = watched(ids) if ids else []
    if not watches:
        return
    rules = AlarmRule.objects.filter(pk__in={watch.rule for watch in watches})
    terms = {rule.pk: Terms.of(rule) for rule in rules}
    write_verdicts(judge_all(watches, terms, now=timezone.now()))


def judge_all(
    watches: Iterable[Watched], terms: Mapping[UUID, Terms], *, now: datetime
) -> list[Verdict]:
    """Return what is to become of each watch; at most five queries."""
    by_kind: dict[str, list[Watched]] = defaultdict(list)
    for watch in watches:
        condition = terms[watch.rule].rule.condition
        by_kind["reading" if condition in BY_READING else condition].append(watch)
    return [
        *_by_reading(by_kind["reading"], terms, now=now),
        *_by_consumption(by_kind[AlarmCondition.CONSUMPTION], terms, now=now),
        *_by_window(by_kind[AlarmCondition.NIGHT], terms, now=now),
        *_by_window(by_kind[AlarmCondition.COMPLETENESS], terms, now=now),
        *_by_silence(by_kind[AlarmCondition.SILENCE], terms, now=now),
    ]


def _by_reading(
    watches: Sequence[Watched], terms: Mapping[UUID, Terms], *, now: datetime
) -> Iterable[Verdict]:
    """Judge by every reading since the last look, that one included: it may have been corrected."""
    asked = [
        Question(
            watch.id,
            watch.point,
            max(watch.seen_until, terms[watch.rule].oldest(now)),
            now + SKEW,
        )
        for watch in watches
        if watch.point is not None
    ]
    found = readings_of(asked)
    for watch in watches:
        samples = found.get(watch.id, [])
        verdict = judge(watch, terms[watch.rule], samples, now=now)
        is_cut = len(samples) == MOST_SAMPLES
        yield judge_again(verdict, due_at=now) if is_cut else verdict


def _by_consumption(
    watches: Sequence[Watched], terms: Mapping[UUID, Terms], *, now: datetime
) -> Iterable[Verdict]:
    """Judge by what ran through in the period before the latest reading."""
    asked = [
        Question(watch.id, watch.point, watch.last_time - terms[watch.rule].period, watch.last_time)
        for watch in watches
        if watch.point is not None
        and watch.last_time is not None
        and max(watch.seen_until, terms[watch.rule].oldest(now)) <= watch.last_time <= now + SKEW
    ]
    values = consumed(asked)
    samples = {one.key: [Sample(one.end, values[one.key])] for one in asked if one.key in values}
    for watch in watches:
        yield judge(watch, terms[watch.rule], samples.get(watch.id, ()), now=now)


def _by_window(
    watches: Sequence[Watched], terms: Mapping[UUID, Terms], *, now: datetime
) -> Iterable[Verdict]:
    """Judge by the last night or day that is over, once; a night waits for a reading behind it."""
    asked, waiting = [], set()
    is_night = bool(watches) and terms[watches[0].rule].rule.condition == AlarmCondition.NIGHT
    for watch in watches:
        window = terms[watch.rule].last_window(watch.zone, now)
        if watch.point is None or watch.seen_until >= window.end or watch.created_at > window.start:
            continue
        if is_night and (watch.last_time is None or watch.last_time < window.end):
            waiting.add(watch.id)
            continue
        step = terms[watch.rule].period
        asked.append(Question(watch.id, watch.point, window.start, window.end, step))
    values = consumed(asked) if is_night else completeness(asked)
    samples = {one.key: [Sample(one.end, values[one.key])] for one in asked if one.key in values}
    for watch in watches:
        verdict = judge(watch, terms[watch.rule], samples.get(watch.id, ()), now=now)
        times = [terms[watch.rule].next_window(watch.zone, now).judged_at, verdict.outcome.due_at]
        times.append(now + WAIT if watch.id in waiting else None)
        yield judge_again(verdict, due_at=min(filter(None, times)))


def _by_silence(
    watches: Sequence[Watched], terms: Mapping[UUID, Terms], *, now: datetime
) -> Iterable[Verdict]:
    """Judge by when each was heard last, and whether its gateway is down."""
    silent = [
        watch
        for watch in watches
        if watch.phase != WatchPhase.RAISED
        and watch.heard(now) + watch.patience(terms[watch.rule]) <= now
    ]
    folded = behind_down_gateways(silent, terms=terms, now=now)
    for watch in watches:
        is_behind = watch.id in folded
        yield judge_silence(watch, terms[watch.rule], is_behind_down=is_behind, now=now)
