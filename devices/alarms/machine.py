"""The life of one watch: pure, from samples in the order of their times to what is announced.

A value holds until the next one. A condition that has held for the rule's delay raises, unless it
is muted; what is raised clears when the value is back by more than the hysteresis. So an alarm is
raised once and cleared once, however the samples were cut into batches.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from devices.choices import AlarmCondition, WatchPhase

# A fall is over when the counter is back where it was, or after a day: a new meter never is.
FALL_LASTS = timedelta(days=1)


class Sample(NamedTuple):
    """What was measured, and when."""

    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule demands: when a value violates it, and when it is well again."""

    condition: str
    limit: float = 0.0
    low: float = 0.0
    high: float = 0.0
    hysteresis: float = 0.0
    delay: timedelta = timedelta(0)

    def is_violated(self, value: float, before: float | None = None) -> bool:
        """Say whether a value violates the rule; ``before`` is that of a counter before it."""
        match self.condition:
            case AlarmCondition.BELOW | AlarmCondition.COMPLETENESS:
                return value < self.limit
            case AlarmCondition.RANGE:
                return not self.low <= value <= self.high
            case AlarmCondition.FALLS:
                return before is not None and value < before - self.hysteresis
        return value > self.limit

    def is_well(self, value: float, before: float | None = None) -> bool:
        """Say whether a value ends an alarm: it is back by more than the hysteresis."""
        by = self.hysteresis
        match self.condition:
            case AlarmCondition.BELOW | AlarmCondition.COMPLETENESS:
                return value >= self.limit + by
            case AlarmCondition.RANGE:
                return self.low + by <= value <= self.high - by
            case AlarmCondition.FALLS:
                return before is None or value >= before
        return value <= self.limit - by

    @property
    def is_of_falls(self) -> bool:
        """Say whether values are compared with those before them."""
        return self.condition == AlarmCondition.FALLS


@dataclass(frozen=True, slots=True)
class State:
    """Where a watch stands; ``level`` is the counter's value that the next is compared with."""

    phase: int = WatchPhase.CALM
    since: datetime | None = None
    value: float | None = None
    level: float | None = None


class Raised(NamedTuple):
    """The condition has held for the delay: since when, and the value that began it."""

    since: datetime
    value: float | None


class Cleared(NamedTuple):
    """The condition is over."""

    at: datetime


Transition = Raised | Cleared


class Outcome(NamedTuple):
    """The new state, what is to be announced, and when to look again without a sample."""

    state: State
    transitions: list[Transition]
    due_at: datetime | None


def advance(
    state: State,
    samples: Iterable[Sample],
    *,
    limits: Limits,
    now: datetime,
    quiet_until: datetime | None = None,
) -> Outcome:
    """Return what becomes of a watch by samples in the order of their times, and by the clock.

    ``quiet_until`` is when the mute that holds now ends: nothing is raised before.
    """
    found: list[Transition] = []
    is_quiet = quiet_until is not None
    for sample in samples:
        state = _by_clock(state, sample.time, limits, found, is_quiet=is_quiet)
        state = _by_value(state, sample, limits=limits, found=found)
        state = _by_clock(state, sample.time, limits, found, is_quiet=is_quiet)
    state = _by_clock(state, now, limits, found, is_quiet=is_quiet)
    return Outcome(state, found, _due(state, limits, now=now, quiet_until=quiet_until))


def _by_clock(
    state: State, moment: datetime, limits: Limits, found: list[Transition], *, is_quiet: bool
) -> State:
    """Raise what has held for the delay; end a fall that is long ago."""
    if state.since is None:
        return state
    over = state.since + FALL_LASTS
    if state.phase == WatchPhase.PENDING and not is_quiet and moment >= state.since + limits.delay:
        found.append(Raised(state.since, state.value))
        state = replace(state, phase=WatchPhase.RAISED)
    if limits.is_of_falls and moment >= over:
        if state.phase == WatchPhase.RAISED:
            found.append(Cleared(over))
        return State()
    return state


def _by_value(state: State, sample: Sample, *, limits: Limits, found: list[Transition]) -> State:
    value, level = sample.value, state.level
    if state.phase == WatchPhase.CALM:
        if limits.is_violated(value, level):
            return State(WatchPhase.PENDING, sample.time, value, level)
        return replace(state, level=value) if limits.is_of_falls else state
    is_over = (
        limits.is_well(value, level)
        if state.phase == WatchPhase.RAISED or limits.is_of_falls
        else not limits.is_violated(value, level)
    )
    if not is_over:
        return state
    if state.phase == WatchPhase.RAISED:
        found.append(Cleared(sample.time))
    return State(level=value if limits.is_of_falls else None)


def _due(
    state: State, limits: Limits, *, now: datetime, quiet_until: datetime | None
) -> datetime | None:
    """Return when the clock alone may change the state."""
    if state.since is None:
        return None
    if state.phase == WatchPhase.PENDING:
        ripe = state.since + limits.delay
        return max(ripe, quiet_until) if quiet_until else ripe
    return state.since + FALL_LASTS if limits.is_of_falls else None
