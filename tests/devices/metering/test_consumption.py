"""Consumption that goes on across swaps of the meter, by factors, counters and formulas."""

from datetime import timedelta

import pytest

from devices.models import Device, MeteringPoint
from devices.services.formulas import Term
from devices.services.rollups import refresh_rollups
from tests.devices.factories import make_assignment, make_metering_point
from tests.devices.metering.conftest import DAY, HOUR, START, consumed, hourly, record
from twin.models import Space

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_one_meter_gives_its_own_consumption(
    flat_point: MeteringPoint, meters: list[Device], is_refreshed: bool
) -> None:
    record(meters[0], hourly(0, 96))
    make_assignment(flat_point, meters[0], since=START)
    if is_refreshed:
        refresh_rollups()

    (found,) = consumed(flat_point)

    assert found.times == [START + day * DAY for day in range(4)]
    assert found.values == [24, 24, 24, 24]
    assert found.coverage == [1, 1, 1, 1]
    assert found.quality == ["good"] * 4
    assert found.flags == [[]] * 4


def test_factor_multiplies_the_counter(flat_point: MeteringPoint, meters: list[Device]) -> None:
    record(meters[0], hourly(0, 48))
    make_assignment(flat_point, meters[0], since=START, factor=40)

    (found,) = consumed(flat_point, days=2)

    assert found.values == [960, 960]


@pytest.mark.parametrize("is_refreshed", [False, True])
@pytest.mark.parametrize("interval", ["1h", "1d"])
def test_swap_with_written_counters_loses_nothing(
    flat_point: MeteringPoint, meters: list[Device], interval: str, is_refreshed: bool
) -> None:
    """The old meter shows 1035.5 at half past eleven of the second day, the new one 7."""
    swap = START + 35.5 * HOUR
    record(meters[0], hourly(0, 35, counter=1000) | hourly(40, 44, counter=5000))
    record(meters[1], hourly(30, 34, counter=300) | hourly(36, 96, counter=7.5))
    make_assignment(flat_point, meters[0], since=START)
    given = {"start_counter": 7, "previous_end_counter": 1035.5}
    make_assignment(flat_point, meters[1], since=swap, **given)
    if is_refreshed:
        refresh_rollups()

    (found,) = consumed(flat_point, interval=interval)

    assert found.values == pytest.approx([24.0] * 4 if interval == "1d" else [1.0] * 96)
    assert set(found.coverage) == {1.0}
    assert set(found.quality) == {"good"}
    assert [words for words in found.flags if words] == [["meter_change"]]


def test_swap_without_counters_is_taken_from_the_readings_and_flagged(
    flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 36))
    record(meters[1], hourly(37, 96, counter=500))
    make_assignment(flat_point, meters[0], since=START)
    make_assignment(flat_point, meters[1], since=START + 36.5 * HOUR)

    (found,) = consumed(flat_point)

    assert found.values == [24, 23, 24, 24]
    assert found.flags[1] == ["unmetered", "meter_change"]
    assert found.quality == ["good", "suspect", "good", "good"]
    assert found.coverage[1] == pytest.approx(23 / 24, abs=1e-4)


def test_swap_at_a_reading_of_both_meters_needs_no_counters(
    flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 36))
    record(meters[1], hourly(36, 96, counter=500))
    make_assignment(flat_point, meters[0], since=START)
    make_assignment(flat_point, meters[1], since=START + 36 * HOUR)

    (found,) = consumed(flat_point)

    assert found.values == [24, 24, 24, 24]
    assert found.flags[1] == ["meter_change"]
    assert set(found.quality) == {"good"}


def test_time_without_any_meter_is_left_out_and_flagged_at_both_ends(
    flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 12))
    record(meters[1], hourly(60, 96))
    make_assignment(flat_point, meters[0], since=START, until=START + 12 * HOUR)
    make_assignment(flat_point, meters[1], since=START + 60 * HOUR)

    (found,) = consumed(flat_point)

    assert found.values == [12, 12, 24]
    assert [START + day * DAY for day in (0, 2, 3)] == found.times
    assert found.flags == [["unmetered"], ["unmetered", "meter_change"], []]
    assert found.coverage == [0.5, 0.5, 1]


def test_written_counters_alone_make_a_bill(
    flat_point: MeteringPoint, meters: list[Device]
) -> None:
    given = {"start_counter": 100, "end_counter": 130, "until": START + 12 * HOUR}
    make_assignment(flat_point, meters[0], since=START, **given)

    (found,) = consumed(flat_point)

    assert (found.times, found.values, found.coverage) == ([START], [30], [0.5])


def test_counter_rolls_over_between_reading_and_written_counter(
    flat_point: MeteringPoint, meters: list[Device]
) -> None:
    point = meters[0].points.get(type__key="active_energy_import")
    point.counter_width = 1000
    point.save()
    record(meters[0], {0: 990, 12: 998})
    given = {"until": START + 13 * HOUR, "end_counter": 3}
    make_assignment(flat_point, meters[0], since=START, **given)

    (found,) = consumed(flat_point)

    assert found.values == [13]
    assert found.flags == [["rollover"]]


def test_device_point_that_changes_its_metering_point_is_counted_once(
    flats: list[Space], flat_point: MeteringPoint, meters: list[Device]
) -> None:
    other = make_metering_point(space=flats[1])
    record(meters[0], hourly(0, 96))
    make_assignment(flat_point, meters[0], since=START, until=START + 30 * HOUR)
    make_assignment(other, meters[0], since=START + 30 * HOUR)

    first, second = consumed(flat_point, other)

    assert first.values == [24, 6]
    assert second.values == [18, 24, 24]


def test_sum_difference_and_share_of_others(
    house: Space, flat_point: MeteringPoint, flats: list[Space], meters: list[Device]
) -> None:
    other = make_metering_point(space=flats[1])
    for pace, (point, meter) in enumerate(zip((flat_point, other), meters, strict=True), 1):
        record(meter, hourly(0, 48, pace=pace))
        make_assignment(point, meter, since=START)
    both = [Term(source=flat_point), Term(source=other)]
    total = make_metering_point(space=house, formula=both)
    rest = make_metering_point(
        space=house, formula=[Term(source=total), Term(source=other, weight=-1)]
    )
    share = make_metering_point(space=house, formula=[Term(source=total, weight=0.25)])

    found = consumed(total, rest, share, flat_point, days=2)

    assert [one.values for one in found] == [[72, 72], [24, 24], [18, 18], [24, 24]]
    assert found[0].coverage == [1, 1]


def test_term_counts_for_its_time_and_pieces_add_up(
    house: Space, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 96))
    make_assignment(flat_point, meters[0], since=START)
    change = START + 30.5 * HOUR
    terms = [
        Term(source=flat_point, weight=0.5, until=change),
        Term(source=flat_point, weight=1, since=change),
    ]
    virtual = make_metering_point(space=house, formula=terms)

    (found,) = consumed(virtual)

    # The step that leads over the change counts where its later reading is.
    assert found.values == [12, 3 + 18, 24, 24]
    assert found.coverage == [1, pytest.approx(1, abs=1e-3), 1, 1]


def test_sum_says_when_a_part_of_it_is_missing(
    house: Space, flat_point: MeteringPoint, flats: list[Space], meters: list[Device]
) -> None:
    other = make_metering_point(space=flats[1])
    record(meters[0], hourly(0, 48))
    record(meters[1], hourly(0, 24))
    make_assignment(flat_point, meters[0], since=START)
    make_assignment(other, meters[1], since=START)
    formula = [Term(source=flat_point), Term(source=other)]

    (found,) = consumed(make_metering_point(space=house, formula=formula), days=2)

    assert found.values == [48, 24]
    assert found.flags == [[], ["incomplete"]]
    assert found.quality == ["good", "suspect"]
    assert found.coverage == [1, 0.5]


def test_running_bucket_covers_what_has_passed(
    flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 36))
    make_assignment(flat_point, meters[0], since=START)

    (found,) = consumed(flat_point, days=1)
    assert (found.values, found.coverage) == ([24], [1])

    (found,) = consumed(flat_point, days=1.5 - 1 / 48, start=START + timedelta(minutes=1))
    assert found.values == [24, 12]
