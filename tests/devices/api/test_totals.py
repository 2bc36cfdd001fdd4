"""Sites, spaces, views and fleets as one series: who counts when, and for whom."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import Organisation, User
from config.lib.times import format_time
from devices.models import Device, DeviceType
from devices.services.readings import record_readings
from devices.services.rollups import refresh_rollups
from tests.conftest import Client
from tests.devices.factories import make_device, make_type
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Space, ViewMember

pytestmark = pytest.mark.django_db
# Midnight in Zurich.
START = datetime(2026, 6, 1, 22, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POINT = "active_energy_import"


@pytest.fixture
def house(organisation: Organisation) -> Space:
    site = factories.make_site(organisation, time_zone="Europe/Zurich")
    return factories.make_space(site, name="House")


@pytest.fixture
def flats(house: Space) -> list[Space]:
    return [factories.make_space(house.site, house, name=name) for name in ("A", "B")]


@pytest.fixture
def kind(organisation: Organisation) -> DeviceType:
    return make_type()


@pytest.fixture
def meters(organisation: Organisation, flats: list[Space], kind: DeviceType) -> list[Device]:
    """A meter in each flat: the first counts one an hour, the second two, for four days."""
    meters = [make_device(organisation, space=flat, type=kind) for flat in flats]
    for pace, meter in enumerate(meters, start=1):
        readings = [
            {"device": str(meter.pk), "point": POINT, "time": START + number * HOUR, "value": value}
            for number in range(97)
            for value in [number * pace]
        ]
        assert record_readings(readings, devices=Device.objects.all()).accepted == 97
    return meters


def ask(client: Any, noun: str, thing: Any, **query: str) -> Any:
    period = {"start": format_time(START), "end": format_time(START + 4 * DAY)}
    url = f"/api/v1/{noun}/{thing.pk}/readings/"
    return client.get(url, {"point": POINT, **period, **query})


def values(client: Any, noun: str, thing: Any, **query: str) -> list[float]:
    response = ask(client, noun, thing, **query)
    assert response.status_code == HTTPStatus.OK, response.json()
    return list(response.json()["series"][0]["values"])


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_site_is_the_sum_of_its_meters_day_by_day(
    as_: Client, alice: User, house: Space, meters: list[Device], is_refreshed: bool
) -> None:
    if is_refreshed:
        refresh_rollups()

    body = ask(as_(alice), "sites", house.site).json()

    assert body == {
        "site": str(house.site.pk),
        "interval": "1d",
        "timezone": "Europe/Zurich",
        "devices": 2,
        "series": [
            {
                "point": POINT,
                "unit": "kW.h",
                "symbol": "kWh",
                "aggregate": "sum",
                "times": [format_time(START + number * DAY) for number in range(4)],
                "values": [72.0] * 4,
                "devices": [2] * 4,
                "coverage": [1.0] * 4,
                "quality": ["good"] * 4,
                "flags": [[]] * 4,
            }
        ],
    }


def test_several_aggregates_come_side_by_side(
    as_: Client, alice: User, house: Space, meters: list[Device]
) -> None:
    query = {"aggregate": "mean,min,max,sum", "interval": "1h", "end": format_time(START + HOUR)}

    series = ask(as_(alice), "spaces", house, **query).json()["series"]

    found = {one["aggregate"]: one["values"] for one in series}
    assert found == {"mean": [1.5], "min": [1.0], "max": [2.0], "sum": [3.0]}


def test_spaces_views_and_fleets_hold_their_own(
    as_: Client, alice: User, house: Space, flats: list[Space], meters: list[Device]
) -> None:
    client = as_(alice)
    view = factories.make_view(house.site)
    ViewMember.objects.create(view=view, node_id=meters[1].pk)

    assert values(client, "spaces", house) == [72.0] * 4
    assert values(client, "spaces", flats[0]) == [24.0] * 4
    assert values(client, "views", view) == [48.0] * 4
    # By the clock of the organisation, which is UTC.
    assert values(client, "fleets", meters[0].fleet) == [2.0, 24.0, 24.0, 24.0, 22.0]


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_meter_that_moved_counts_where_it_was_then(
    as_: Client,
    alice: User,
    house: Space,
    flats: list[Space],
    meters: list[Device],
    is_refreshed: bool,
) -> None:
    moved = START + DAY + 6 * HOUR
    placement = meters[0].placements.get()
    placement.period = DateTimeTZRange(moved - 100 * DAY, moved)
    placement.save()
    later = {"site": house.site, "space": flats[1], "period": DateTimeTZRange(moved, None)}
    meters[0].placements.create(**later)
    if is_refreshed:
        refresh_rollups()
    client = as_(alice)

    assert values(client, "spaces", flats[0]) == [24.0, 6.0]
    assert values(client, "spaces", flats[1]) == [48.0, 66.0, 72.0, 72.0]
    assert values(client, "sites", house.site) == [72.0] * 4
    first = ask(client, "spaces", flats[1]).json()["series"][0]
    assert (first["devices"], first["coverage"]) == ([1, 2, 2, 2], [1.0] * 4)


def test_keeper_sums_what_is_granted_and_nothing_finer(
    as_: Client, vera: User, dora: User, house: Space, flats: list[Space], meters: list[Device]
) -> None:
    factories.make_occupancy(flats[0], dora, since=START - 100 * DAY)
    house.site.occupied_view = "1d"
    house.site.save()

    assert values(as_(vera), "sites", house.site) == [72.0] * 4
    refused = ask(as_(vera), "sites", house.site, interval="1h")
    assert_problem(refused, HTTPStatus.FORBIDDEN, "resolution-not-granted", granted="1d")


def test_occupant_sums_their_own_flat_alone(
    as_: Client, dora: User, house: Space, flats: list[Space], meters: list[Device]
) -> None:
    factories.make_occupancy(flats[0], dora, since=START - 100 * DAY)

    assert values(as_(dora), "sites", house.site) == [24.0] * 4


def test_stranger_and_narrow_token_are_refused(
    as_: Client, alice: User, charlie: User, house: Space, meters: list[Device]
) -> None:
    for noun, thing in (("sites", house.site), ("spaces", house), ("fleets", meters[0].fleet)):
        assert_problem(ask(as_(charlie), noun, thing), HTTPStatus.NOT_FOUND)
        narrow = as_(alice, "devices:read", "sites:read")
        assert_problem(ask(narrow, noun, thing), HTTPStatus.FORBIDDEN, "scope-missing")


@pytest.mark.parametrize(
    "query",
    [
        *({"point": ""}, {"aggregate": "median"}, {"interval": "raw"}, {"limit": "5"}),
        *({"end": format_time(START - HOUR)}, {"format": "xls"}),
    ],
)
def test_parameters_are_checked(
    as_: Client, alice: User, house: Space, query: dict[str, str]
) -> None:
    response = ask(as_(alice), "sites", house.site, **query)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")


def test_points_of_different_units_are_not_added_up(
    as_: Client, alice: User, organisation: Organisation, house: Space, meters: list[Device]
) -> None:
    other = make_type(points=({"key": POINT, "unit": "W.h", "nature": "counter"},))
    make_device(organisation, space=house, type=other)

    response = ask(as_(alice), "sites", house.site)

    assert_problem(response, HTTPStatus.CONFLICT, "points-differ")


def test_place_without_such_a_point_has_no_series(as_: Client, alice: User, house: Space) -> None:
    assert ask(as_(alice), "sites", house.site).json()["series"] == []


def test_totals_as_lines(
    as_: Client, alice: User, flats: list[Space], meters: list[Device]
) -> None:
    query = {"format": "csv", "end": format_time(START + DAY)}

    lines = ask(as_(alice), "spaces", flats[0], **query).content.decode().splitlines()

    assert lines == [
        "point,unit,aggregate,time,value,devices,coverage,quality,flags",
        f"{POINT},kW.h,sum,2026-06-01T22:00:00Z,24.0,1,1.0,good,",
    ]


def test_number_of_queries_does_not_grow_with_the_meters(
    as_: Client,
    alice: User,
    organisation: Organisation,
    house: Space,
    kind: DeviceType,
    meters: list[Device],
    django_assert_max_num_queries: Any,
) -> None:
    client = as_(alice)
    with django_assert_max_num_queries(16) as few:
        ask(client, "sites", house.site)
    for _ in range(3):
        make_device(organisation, space=house, type=kind)
    with django_assert_max_num_queries(16) as more:
        ask(client, "sites", house.site)

    assert len(few) == len(more)
