"""The consumption of many metering points as one table."""

import csv
from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import User
from devices.models import Device, MeteringPoint
from devices.services.rollups import refresh_rollups
from tests.conftest import Client
from tests.devices.factories import make_assignment, make_metering_point
from tests.devices.metering.conftest import START, hourly, record
from tests.problems import assert_problem
from tests.twin import factories as twin
from twin.models import Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/metering-points/consumption/"
ASKED = {"start": "2026-05-31T22:00:00Z", "end": "2026-06-02T22:00:00Z", "format": "csv"}


@pytest.fixture
def fed(flat_point: MeteringPoint, flats: list[Space], meters: list[Device]) -> list[MeteringPoint]:
    """Two flats that count one and two an hour."""
    points = [flat_point, make_metering_point(space=flats[1], name="Flat B")]
    for pace, (point, meter) in enumerate(zip(points, meters, strict=True), start=1):
        record(meter, hourly(0, 48, pace=pace))
        make_assignment(point, meter, since=START)
    refresh_rollups()
    return points


def table(response: Any) -> list[list[str]]:
    assert response.status_code == HTTPStatus.OK
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(b"".join(response.streaming_content).decode().splitlines()))


def test_table_holds_every_bucket_of_every_metering_point(
    as_: Client, alice: User, fed: list[MeteringPoint]
) -> None:
    header, *rows = table(as_(alice).get(URL, {**ASKED, "interval": "1d"}))

    assert header[:1] + header[5:7] + header[-1:] == ["metering_point", "time", "value", "problem"]
    assert [(row[0], float(row[6]), row[-1]) for row in rows] == [
        (str(point.pk), 24.0 * pace, "") for pace, point in enumerate(fed, start=1) for _ in "ab"
    ]


def test_one_that_may_not_be_read_so_finely_has_a_line_that_says_so(
    as_: Client, alice: User, dora: User, flats: list[Space], fed: list[MeteringPoint]
) -> None:
    twin.make_occupancy(flats[1], dora, since=START)

    _, *rows = table(as_(alice).get(URL, {**ASKED, "interval": "1d"}))

    assert [row[-1] for row in rows] == ["", "", "resolution-not-granted"]


def test_strangers_get_an_empty_table_and_bad_input_a_problem(
    as_: Client, charlie: User, fed: list[MeteringPoint]
) -> None:
    client = as_(charlie)

    assert len(table(client.get(URL, ASKED))) == 1
    assert_problem(
        client.get(URL, {**ASKED, "interval": "2d"}), HTTPStatus.BAD_REQUEST, "validation"
    )
