"""The state machine, and a naive reference for it: raise once, clear once, never both open."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from devices.alarms.machine import (
    FALL_LASTS,
    Cleared,
    Limits,
    Raised,
    Sample,
    State,
    Transition,
    advance,
)
from devices.choices import WatchPhase

START = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMITS = Limits("above", limit=10.0, hysteresis=3.0, delay=5 * SECOND)


def at(second: float) -> datetime:
    """Return a moment of the test's time."""
    return START + second * SECOND


def run(
    samples: list[tuple[int, float]], *, now: int, limits: Limits = LIMITS, cuts: int = 1
) -> tuple[State, list[Transition]]:
    """Feed samples in batches of a size, each as soon as its last sample is there."""
    state = State()
    found: list[Transition] = []
    for index in range(0, len(samples), cuts):
        batch = [Sample(at(second), value) for second, value in samples[index : index + cuts]]
        outcome = advance(state, batch, limits=limits, now=batch[-1].time)
        state, found = outcome.state, [*found, *outcome.transitions]
    outcome = advance(state, [], limits=limits, now=at(now))
    return outcome.state, [*found, *outcome.transitions]


def naive(samples: list[tuple[int, float]], *, now: int) -> list[tuple[str, int]]:
    """Return what should be announced, second by second: the value holds until the next one."""
    values, told, is_raised, begun = dict(samples), [], False, None
    value: float | None = None
    for second in range(now + 1):
        before, value = value, values.get(second, value)
        if begun is not None and not is_raised and second - begun >= 5:
            # It held until this second, whatever comes in it.
            is_raised = True
            told.append(("raised", begun))
        if value is None or (second not in values and value == before):
            continue
        if is_raised and value <= 7.0:
            is_raised, begun = False, None
            told.append(("cleared", second))
        elif not is_raised and value > 10.0:
            begun = second if begun is None else begun
        elif not is_raised:
            begun = None
    return told


def told(transitions: list[Transition]) -> list[tuple[str, int]]:
    """Return transitions as the naive reference tells them."""
    return [
        ("raised", (one.since - START) // SECOND)
        if isinstance(one, Raised)
        else ("cleared", (one.at - START) // SECOND)
        for one in transitions
    ]


SAMPLES = some.dictionaries(
    some.integers(0, 60), some.sampled_from([6.0, 7.0, 8.5, 10.0, 10.5, 20.0]), max_size=30
).map(lambda found: sorted(found.items()))


@given(samples=SAMPLES, cuts=some.integers(1, 7))
def test_it_tells_what_a_naive_look_at_every_second_tells(
    samples: list[tuple[int, float]], cuts: int
) -> None:
    _, found = run(samples, now=70, cuts=cuts)

    assert told(found) == naive(samples, now=70)


@given(samples=SAMPLES, cuts=some.integers(1, 7))
def test_raised_and_cleared_take_turns(samples: list[tuple[int, float]], cuts: int) -> None:
    state, found = run(samples, now=70, cuts=cuts)

    kinds = [type(one) for one in found]
    assert all(first is not second for first, second in pairwise(kinds))
    assert not kinds or kinds[0] is Raised
    assert (state.phase == WatchPhase.RAISED) == (bool(kinds) and kinds[-1] is Raised)


@given(samples=SAMPLES, cuts=some.integers(1, 7), again=some.integers(1, 3))
def test_looking_again_changes_nothing(
    samples: list[tuple[int, float]], cuts: int, again: int
) -> None:
    state, _ = run(samples, now=70, cuts=cuts)

    for _ in range(again):
        last = [Sample(at(second), value) for second, value in samples[-1:]]
        outcome = advance(state, last, limits=LIMITS, now=at(70))
        assert (outcome.state, outcome.transitions) == (state, [])


@pytest.mark.parametrize(("held", "is_raised"), [(4, False), (5, True)])
def test_delay_is_over_at_its_last_second(held: int, is_raised: bool) -> None:
    state, found = run([(0, 11.0)], now=held)

    assert bool(found) == is_raised
    assert state.phase == (WatchPhase.RAISED if is_raised else WatchPhase.PENDING)


def test_it_is_due_when_the_delay_is_over() -> None:
    outcome = advance(State(), [Sample(START, 11.0)], limits=LIMITS, now=START)

    assert outcome.due_at == at(5)


def test_while_muted_nothing_is_raised_and_it_is_due_at_the_end() -> None:
    samples = [Sample(START, 11.0), Sample(at(6), 11.0)]

    outcome = advance(State(), samples, limits=LIMITS, now=at(7), quiet_until=at(60))

    assert (outcome.transitions, outcome.due_at) == ([], at(60))
    later = advance(outcome.state, [], limits=LIMITS, now=at(60))
    assert later.transitions == [Raised(START, 11.0)]


def test_what_was_over_before_the_mute_ended_is_never_raised() -> None:
    samples = [Sample(START, 11.0), Sample(at(6), 11.0), Sample(at(8), 10.0)]

    outcome = advance(State(), samples, limits=LIMITS, now=at(9), quiet_until=at(60))

    assert (outcome.state.phase, outcome.transitions, outcome.due_at) == (0, [], None)


def test_what_is_raised_clears_while_muted() -> None:
    state = State(WatchPhase.RAISED, START, 11.0)

    outcome = advance(state, [Sample(at(1), 7.0)], limits=LIMITS, now=at(1), quiet_until=at(60))

    assert outcome.transitions == [Cleared(at(1))]


@pytest.mark.parametrize(
    ("limits", "bad", "between", "well"),
    [
        (Limits("above", limit=10.0, hysteresis=2.0), 10.1, 8.1, 8.0),
        (Limits("below", limit=10.0, hysteresis=2.0), 9.9, 11.9, 12.0),
        (Limits("range", low=10.0, high=20.0, hysteresis=2.0), 9.9, 11.9, 12.0),
        (Limits("range", low=10.0, high=20.0, hysteresis=2.0), 20.1, 18.1, 18.0),
        (Limits("completeness", limit=0.9, hysteresis=0.05), 0.89, 0.94, 0.96),
    ],
)
def test_alarm_ends_beyond_the_hysteresis(
    limits: Limits, bad: float, between: float, well: float
) -> None:
    _, found = run([(0, bad), (1, between)], now=2, limits=limits)
    assert told(found) == [("raised", 0)]

    _, found = run([(0, bad), (1, between), (2, well)], now=3, limits=limits)
    assert told(found) == [("raised", 0), ("cleared", 2)]


FALLS: Any = Limits("falls")


def test_counter_that_only_rises_raises_nothing() -> None:
    assert run([(0, 1.0), (1, 1.0), (2, 5.0)], now=3, limits=FALLS)[1] == []


def test_fall_ends_when_the_counter_is_back() -> None:
    _, found = run([(0, 5.0), (1, 2.0), (2, 4.9), (3, 5.0)], now=4, limits=FALLS)

    assert told(found) == [("raised", 1), ("cleared", 3)]


def test_fall_of_a_meter_that_never_comes_back_ends_after_a_day() -> None:
    state, found = run([(0, 5.0), (1, 2.0)], now=2, limits=FALLS)
    assert told(found) == [("raised", 1)]

    outcome = advance(state, [], limits=FALLS, now=at(1) + FALL_LASTS)

    assert outcome.transitions == [Cleared(at(1) + FALL_LASTS)]
    assert outcome.state == State()
