"""Series of intervals over REST: consumption, means, days by a clock, what is granted."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Consent, Organisation, User
from config.lib.times import format_time
from devices.models import Device
from devices.services.readings import record_readings
from devices.services.rollups import refresh_rollups
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Space

pytestmark = pytest.mark.django_db
# Midnight in Zurich, of the day on which the clocks go forward.
START = datetime(2026, 3, 28, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    site = factories.make_site(organisation, time_zone="Europe/Zurich")
    return factories.make_space(site, name="Flat")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    """A meter that counts one kWh an hour and shows one more watt each hour, for two days."""
    meter = make_device(organisation, space=flat)
    device = str(meter.pk)
    batch = [
        {"device": device, "point": point, "time": START + number * HOUR, "value": number}
        for number in range(48)
        for point in ("active_energy_import", "active_power")
    ]
    assert record_readings(batch, devices=Device.objects.all()).accepted == 96
    return meter


def ask(client: Any, meter: Device, **query: str) -> Any:
    period = {"start": format_time(START), "end": format_time(START + 47 * HOUR)}
    return client.get(f"/api/v1/devices/{meter.pk}/readings/", {**period, **query})


def values(client: Any, meter: Device, **query: str) -> list[Any]:
    response = ask(client, meter, points="active_energy_import", **query)
    assert response.status_code == HTTPStatus.OK, response.json()
    return list(response.json()["series"][0]["values"])


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_days_are_those_of_the_site_whatever_their_length(
    as_: Client, alice: User, meter: Device, is_refreshed: bool
) -> None:
    if is_refreshed:
        refresh_rollups()

    body = ask(as_(alice), meter, interval="1d", points="active_energy_import").json()

    assert (body["interval"], body["timezone"]) == ("1d", "Europe/Zurich")
    assert body["series"] == [
        {
            "point": "active_energy_import",
            "unit": "kW.h",
            "symbol": "kWh",
            "aggregate": "delta",
            "times": ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
            "values": [23.0, 24.0],
            "coverage": [1.0, 1.0],
            "quality": ["good", "good"],
            "flags": [[], []],
        }
    ]


def test_hours_of_a_gauge_are_means_and_the_rest_of_the_device_comes_too(
    as_: Client, alice: User, meter: Device
) -> None:
    series = ask(as_(alice), meter, interval="1h").json()["series"]

    kinds = {one["point"]: (one["aggregate"], len(one["values"])) for one in series}
    assert kinds == {
        "active_energy_import": ("delta", 47),
        "active_power": ("mean", 47),
        "mode": ("last", 0),
        "relay": ("mean", 0),
    }


def test_range_is_widened_to_whole_buckets(as_: Client, alice: User, meter: Device) -> None:
    start = format_time(START + 30 * HOUR)

    found = values(as_(alice), meter, interval="1d", start=start, end=start)
    assert found == []

    end = format_time(START + 31 * HOUR)
    assert values(as_(alice), meter, interval="1d", start=start, end=end) == [24.0]


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_days_by_another_clock(as_: Client, alice: User, meter: Device, is_refreshed: bool) -> None:
    if is_refreshed:
        refresh_rollups()

    query = {"interval": "1d", "points": "active_energy_import"}
    kathmandu = ask(as_(alice), meter, timezone="Asia/Kathmandu", **query).json()
    utc = ask(as_(alice), meter, timezone="UTC", **query).json()

    assert kathmandu["timezone"] == "Asia/Kathmandu"
    assert kathmandu["series"][0]["times"][0] == "2026-03-28T18:15:00Z"
    assert kathmandu["series"][0]["values"] == [19.0, 24.0, 4.0]
    assert utc["series"][0]["values"] == [1.0, 24.0, 22.0]


def test_answer_never_lags_behind_what_was_recorded(
    as_: Client, alice: User, meter: Device
) -> None:
    refresh_rollups()
    late = {"device": str(meter.pk), "point": "active_energy_import", "value": 40}
    record_readings(
        [{**late, "time": format_time(START + 30 * HOUR)}], devices=Device.objects.all()
    )

    response = ask(as_(alice), meter, interval="1d", points="active_energy_import").json()

    # The counter fell from 40 to 31: a swap, which is no consumption.
    (series,) = response["series"]
    assert (series["values"], series["flags"]) == ([23.0, 33.0], [[], ["swap"]])
    assert series["quality"] == ["good", "suspect"]


def test_aggregate_can_be_chosen_where_it_means_something(
    as_: Client, alice: User, meter: Device
) -> None:
    client = as_(alice)
    power = {"interval": "1d", "points": "active_power"}

    assert ask(client, meter, aggregate="max", **power).json()["series"][0]["values"][0] == 22
    assert values(client, meter, interval="1d", aggregate="last") == [23.0, 47.0]
    for query in (
        {**power, "aggregate": "delta"},
        {"interval": "1d", "points": "active_energy_import", "aggregate": "mean"},
        {"interval": "1d", "points": "message"},
        {"interval": "raw", "aggregate": "mean"},
        {"interval": "1d", "limit": "5"},
        {"interval": "2d"},
    ):
        assert_problem(ask(client, meter, **query), HTTPStatus.BAD_REQUEST, "validation")


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_states_tell_how_long_each_value_held(
    as_: Client, alice: User, dora: User, flat: Space, meter: Device, is_refreshed: bool
) -> None:
    told = [(0, "relay", False), (20, "relay", True), (140, "relay", False), (30, "mode", "eco")]
    batch = [
        {"device": str(meter.pk), "point": key, "time": START + minutes * HOUR / 60, "value": value}
        for minutes, key, value in told
    ]
    record_readings(batch, devices=Device.objects.all())
    if is_refreshed:
        refresh_rollups()
    query = {"interval": "1h", "start": format_time(START), "end": format_time(START + 3 * HOUR)}

    (share,) = ask(as_(alice), meter, points="relay", aggregate="share", **query).json()["series"]
    lasted = ask(as_(alice), meter, aggregate="duration", **query).json()["series"]

    assert share["values"] == [0.666667, 1.0, 0.333333]
    assert (share["coverage"], share["quality"]) == ([1.0] * 3, ["good", "estimated", "good"])
    found = {(one["point"], one.get("label")): (one["values"], one["unit"]) for one in lasted}
    assert found == {
        ("mode", "off"): ([0.0] * 3, "s"),
        ("mode", "eco"): ([1800.0, 3600.0, 3600.0], "s"),
        ("mode", "comfort"): ([0.0] * 3, "s"),
        ("relay", None): ([2400.0, 3600.0, 1200.0], "s"),
    }
    factories.make_occupancy(flat, dora, since=START + HOUR)
    (own,) = ask(as_(dora), meter, points="relay", aggregate="share", **query).json()["series"]
    assert (own["values"], own["coverage"]) == ([0.0], [0.6667])  # What held before is not hers.
    refused = ask(as_(alice), meter, points="active_power", aggregate="share", **query)
    assert_problem(refused, HTTPStatus.BAD_REQUEST, "validation", parameter="aggregate")


def test_intervals_as_lines(as_: Client, alice: User, meter: Device) -> None:
    query = {"interval": "1d", "points": "active_energy_import", "format": "csv"}

    lines = ask(as_(alice), meter, **query).content.decode().splitlines()

    assert lines == [
        "point,unit,aggregate,time,value,coverage,quality,flags,label",
        "active_energy_import,kW.h,delta,2026-03-28T23:00:00Z,23.0,1.0,good,,",
        "active_energy_import,kW.h,delta,2026-03-29T22:00:00Z,24.0,1.0,good,,",
    ]


def test_keeper_with_days_gets_days_and_nothing_finer(
    as_: Client, vera: User, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(flat, dora, since=datetime(2026, 1, 1, tzinfo=UTC))
    flat.site.occupied_view = "1d"
    flat.site.save()
    client = as_(vera)

    assert values(client, meter, interval="1d") == [23.0, 24.0]
    for query in ({"interval": "1h"}, {"interval": "15m"}, {}):
        refused = ask(client, meter, **query)
        assert_problem(refused, HTTPStatus.FORBIDDEN, "resolution-not-granted", granted="1d")
    other = ask(client, meter, interval="1d", timezone="UTC")
    assert_problem(other, HTTPStatus.FORBIDDEN, "resolution-not-granted", granted="1d")


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_bucket_counts_only_what_lies_inside_the_window(
    as_: Client, dora: User, flat: Space, meter: Device, is_refreshed: bool
) -> None:
    moved = START + timedelta(hours=10, minutes=20)
    factories.make_occupancy(flat, dora, since=moved, until=moved + 20 * HOUR)
    if is_refreshed:
        refresh_rollups()

    # From the first reading inside, 11, to 22 at the border of the day, to 30.
    assert values(as_(dora), meter, interval="1d") == [12.0, 7.0]
    assert values(as_(dora), meter, interval="1h") == [1.0] * 19
    assert values(as_(dora), meter, interval="1d", aggregate="last") == [23.0, 30.0]


def test_consent_cuts_sums_as_it_cuts_readings(
    as_: Client, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(flat, dora, since=datetime(2026, 1, 1, tzinfo=UTC))
    client = as_(dora)
    Consent.objects.filter(user=dora).update(history_from=START + 40 * HOUR, resolution="1h")

    assert values(client, meter, interval="1h") == [1.0] * 7
    refused = ask(client, meter, interval="15m")
    assert_problem(refused, HTTPStatus.FORBIDDEN, "resolution-not-granted", granted="1h")


def test_number_of_queries_does_not_grow_with_the_points(
    as_: Client, alice: User, meter: Device, django_assert_max_num_queries: Any
) -> None:
    client = as_(alice)
    with django_assert_max_num_queries(15) as all_points:
        ask(client, meter, interval="1d")
    with django_assert_max_num_queries(15) as one_point:
        ask(client, meter, interval="1d", points="active_energy_import")

    assert len(all_points) == len(one_point)
