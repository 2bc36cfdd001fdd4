"""The simulated meters move on, and their counters are the integral of their power."""

import itertools

import pytest

from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.curves import SHAPES, Curve
from integrations.smartme.simulator.meters import TICKS, time_text
from integrations.smartme.simulator.world import load_world, made_up_account

START = 1_767_225_600.0  # 2026-01-01
NOON = START + 40 * 86_400 + 43_200


def curve(shape: str = "household", **more: object) -> Curve:
    return Curve("seed", start=START, load=(shape, 1000.0), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_counter_rises_with_every_second(shape: str) -> None:
    meter = curve(shape)

    counted = [meter.counters(NOON + second).taken for second in range(0, 3600, 7)]

    assert all(later > earlier for earlier, later in itertools.pairwise(counted))


def test_counter_is_the_integral_of_the_rate() -> None:
    meter = curve()
    span = range(7200)

    summed = sum(meter.rate(NOON + second + 0.5) for second in span) / 3600
    counted = meter.counters(NOON + 7200).taken - meter.counters(NOON).taken

    assert summed == pytest.approx(counted, rel=1e-6)


def test_roof_that_gives_more_than_the_house_takes_counts_export_alone() -> None:
    meter = curve("steady", yield_=("solar", 50_000.0))

    before, after = meter.counters(NOON), meter.counters(NOON + 900)

    assert meter.rate(NOON) < 0
    assert after.given > before.given
    assert after.taken == before.taken


def test_counters_are_continuous_over_midnight() -> None:
    meter = curve()
    midnight = START + 41 * 86_400

    step = meter.counters(midnight + 0.001).taken - meter.counters(midnight - 0.001).taken

    assert 0 < step < 0.001


def test_two_readers_see_the_same_world() -> None:
    one, other = load_world("tilleuls")[0], load_world("tilleuls")[0]

    assert [m.device(m.last_report(NOON)) for m in one.meters] == [
        m.device(m.last_report(NOON)) for m in other.meters
    ]


def test_report_is_never_in_the_future_nor_older_than_its_pace() -> None:
    for meter in load_world("tilleuls")[0].meters:
        age_s = NOON - meter.last_report(NOON) / TICKS
        assert 0 <= age_s <= meter.report_every_s


def test_times_carry_up_to_seven_digits_and_no_more_than_needed() -> None:
    assert time_text(17_000_000_000_000_000) == "2023-11-14T22:13:20Z"
    assert time_text(17_000_000_000_000_001) == "2023-11-14T22:13:20.0000001Z"
    assert time_text(17_000_000_005_000_000) == "2023-11-14T22:13:20.5Z"


def test_every_kind_of_meter_of_the_building_is_there() -> None:
    meters = load_world("tilleuls")[0].meters

    assert len(meters) == 25
    assert len({meter.serial for meter in meters}) == 25
    assert len({meter.kind_name for meter in meters}) >= 10


def test_made_up_account_has_as_many_meters_as_asked_for() -> None:
    assert len(made_up_account("many", api_key="key", meters=100).meters) == 100


def test_clock_can_run_faster_and_jump_but_not_back() -> None:
    clock = SimulatedClock(start=START, speed=0)

    clock.change(advance_s=60)
    clock.change(advance_s=-3600)

    assert clock.now() == START + 60
