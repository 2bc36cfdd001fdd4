"""Trials: what a rule would raise now, and would have raised in the last days, for one asker.

A trial reads what its asker may read and nothing else: of devices whose single values are closed to
them, a rule about measured values says only how many it left out.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.principals import Principal
from devices.alarms.machine import Cleared, Outcome, Raised, Sample, State, Transition, advance
from devices.alarms.terms import BY_DAY, OF_CONTACT, Terms
from devices.alarms.watching import Question, completeness, consumed, readings_of
from devices.choices import AlarmCondition
from devices.models import Point
from devices.series_access import series_access_of_all

BACK = timedelta(days=7)
MOST_POINTS = 50
MOST_READINGS = 12_000
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Trialled:
    """One alarm that there would be, or have been."""

    device: UUID
    began_at: datetime
    ended_at: datetime | None
    value: float | None


@dataclass(slots=True)
class Trial:
    """What a rule would do: over ``evaluated`` of the ``watched`` devices, ``hidden`` left out."""

    since: datetime
    until: datetime
    watched: int = 0
    evaluated: int = 0
    hidden: int = 0
    alarms: list[Trialled] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A point with what is open of it to the asker."""

    point: Point
    spans: Sequence[tuple[datetime, datetime]]
    zone: ZoneInfo

    def shows(self, moment: datetime) -> bool:
        return any(since <= moment < until for since, until in self.spans)


def try_rule(
    terms: Terms, points: QuerySet[Point], *, principal: Principal, now: datetime
) -> Trial:
    """Return what the rule would raise about the points; at most seven queries.

    The first 50 points are evaluated.
    """
    trial = Trial(now - BACK, now, watched=points.count())
    chosen = list(points.select_related("device", "type").order_by("pk")[:MOST_POINTS])
    tried = list(_open(chosen, terms, principal=principal, trial=trial))
    trial.evaluated = len(tried)
    trial.hidden = len(chosen) - len(tried)
    samples = _samples(tried, terms, trial=trial)
    for one in tried:
        found = list(_run(samples.get(one.point.pk, []), terms, zone=one.zone, now=now))
        trial.alarms += _alarms(one.point.device_id, found)
    trial.alarms.sort(key=lambda alarm: alarm.began_at, reverse=True)
    return trial


def _open(
    points: Sequence[Point], terms: Terms, *, principal: Principal, trial: Trial
) -> Iterator[_Tried]:
    """Yield the points of which anything is open to the asker."""
    access = series_access_of_all({point.device for point in points}, principal)
    for point in points:
        series = access[point.device_id]
        spans = [
            (max(window.since, trial.since), min(window.until, trial.until + BACK))
            for window in series.windows
            if window.since < trial.until and window.until > trial.since
        ]
        open_ones = [span for span in spans if series.shows(span[0])]
        if terms.rule.condition in OF_CONTACT:
            open_ones = [(trial.since, trial.until + BACK)]
        if open_ones:
            yield _Tried(point, open_ones, series.zone)


def _samples(tried: Sequence[_Tried], terms: Terms, *, trial: Trial) -> dict[int, list[Sample]]:
    """Return what the rule would have judged, by point."""
    condition = terms.rule.condition
    if condition in BY_DAY:
        return _windows(tried, terms, trial)
    asked = [
        Question(one.point.pk, one.point.pk, trial.since - terms.period, trial.until)
        for one in tried
    ]
    found = readings_of(asked, most=MOST_READINGS)
    shown = {
        one.point.pk: [item for item in found.get(one.point.pk, []) if one.shows(item.time)]
        for one in tried
    }
    if condition != AlarmCondition.CONSUMPTION:
        return shown
    return {key: list(_ran(items, terms.period)) for key, items in shown.items()}


def _ran(samples: Sequence[Sample], period: timedelta) -> Iterator[Sample]:
    """Yield what a counter ran in the period before each reading."""
    times = [sample.time for sample in samples]
    for sample in samples:
        begin = sample.time - period
        place = bisect_left(times, begin)
        if place == 0 and times[0] > begin:
            continue
        before, after = samples[max(place - 1, 0)], samples[place]
        whole = (after.time - before.time) / timedelta(seconds=1)
        part = (begin - before.time) / timedelta(seconds=1) / whole if whole else 0.0
        ran = sample.value - (before.value + (after.value - before.value) * part)
        if ran >= 0:
            yield Sample(sample.time, ran)


def _windows(tried: Sequence[_Tried], terms: Terms, trial: Trial) -> dict[int, list[Sample]]:
    """Return the nights or days of the trial by point; one query for each of them."""
    found: dict[int, list[Sample]] = {one.point.pk: [] for one in tried}
    is_night = terms.rule.condition == AlarmCondition.NIGHT
    for days in reversed(range(BACK.days)):
        asked = []
        for one in tried:
            window = terms.last_window(one.zone, trial.until - timedelta(days=days))
            if one.shows(window.start) and one.point.device.created_at <= window.start:
                key = one.point.pk
                asked.append(Question(key, key, window.start, window.end, terms.period))
        values = consumed(asked) if is_night else completeness(asked)
        for question in asked:
            if question.key in values:
                found[question.key].append(Sample(question.end, values[question.key]))
    return found


def _run(
    samples: Iterable[Sample], terms: Terms, *, zone: ZoneInfo, now: datetime
) -> Iterator[Transition]:
    """Yield what the samples raise and clear, as if each had been judged when it came."""
    if terms.rule.condition == AlarmCondition.SILENCE:
        yield from _silences([sample.time for sample in samples], terms, now=now)
        return
    outcome = Outcome(State(), [], None)
    for sample in (*samples, None):
        end = sample.time if sample else now
        while outcome.due_at is not None and outcome.due_at < end:
            outcome = _step(outcome.state, [], terms=terms, zone=zone, now=outcome.due_at)
            yield from outcome.transitions
        outcome = _step(outcome.state, [sample] if sample else [], terms=terms, zone=zone, now=end)
        yield from outcome.transitions


def _step(
    state: State, samples: list[Sample], *, terms: Terms, zone: ZoneInfo, now: datetime
) -> Outcome:
    quiet = terms.quiet_until(zone, now)
    return advance(state, samples, limits=terms.limits, now=now, quiet_until=quiet)


def _silences(times: Sequence[datetime], terms: Terms, *, now: datetime) -> Iterator[Transition]:
    """Yield the gaps between readings that were too long."""
    for index, heard in enumerate(times):
        following = times[index + 1] if index + 1 < len(times) else None
        if (following or now) - heard >= terms.period:
            yield Raised(heard, None)
            if following is not None:
                yield Cleared(following)


def _alarms(device: UUID, transitions: Iterable[Transition]) -> list[Trialled]:
    """Pair what was raised with its end."""
    found: list[Trialled] = []
    for one in transitions:
        if isinstance(one, Raised):
            found.append(Trialled(device, one.since, None, one.value))
        else:
            last = found.pop()
            found.append(Trialled(device, last.began_at, one.at, last.value))
    return found


def shown_trial(trial: Trial) -> dict[str, Any]:
    """Return a trial as it is answered: what would be open now, and what the days held."""
    now = [alarm for alarm in trial.alarms if alarm.ended_at is None]
    return {
        "from": trial.since,
        "until": trial.until,
        "watched": trial.watched,
        "evaluated": trial.evaluated,
        "hidden": trial.hidden,
        "now": now[:MOST_SHOWN],
        "raised": len(trial.alarms),
        "alarms": trial.alarms[:MOST_SHOWN],
    }
