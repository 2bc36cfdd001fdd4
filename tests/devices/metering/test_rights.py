"""Who reads what of metering points: by where the meter stood, and sums no finer than parts."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Consent, Organisation, User
from config.lib.times import format_time
from devices.models import Device, MeteringPoint
from devices.services.formulas import Term
from tests.conftest import Client
from tests.devices.factories import make_assignment, make_metering_point
from tests.devices.metering.conftest import DAY, HOUR, START, hourly, record
from tests.problems import assert_problem
from tests.twin import factories as twin
from twin.models import Space

pytestmark = pytest.mark.django_db
JULY = datetime(2026, 6, 30, 22, tzinfo=UTC)
MONTH = {"start": format_time(START), "end": format_time(JULY), "interval": "1mo"}


@pytest.fixture
def lived_in(flats: list[Space], dora: User) -> Space:
    twin.make_occupancy(flats[0], dora, since=START - 40 * DAY)
    return flats[0]


@pytest.fixture
def fed(flat_point: MeteringPoint, meters: list[Device]) -> MeteringPoint:
    record(meters[0], hourly(0, 720))
    make_assignment(flat_point, meters[0], since=START)
    return flat_point


def ask(client: Any, point: MeteringPoint, **query: Any) -> Any:
    return client.get(f"/api/v1/metering-points/{point.pk}/consumption/", {**MONTH, **query})


def test_landlord_reads_a_lived_in_flat_by_month_alone(
    as_: Client, alice: User, fed: MeteringPoint, lived_in: Space
) -> None:
    assert ask(as_(alice), fed).json()["values"] == [720]
    refused = ask(as_(alice), fed, interval="1d")
    assert_problem(refused, HTTPStatus.FORBIDDEN, "resolution-not-granted")


def test_tenant_reads_their_own_flat_and_nobody_elses(
    as_: Client, dora: User, fed: MeteringPoint, lived_in: Space, flats: list[Space]
) -> None:
    other = make_metering_point(space=flats[1])

    assert ask(as_(dora), fed, interval="1d").json()["values"] == [24] * 30
    assert_problem(ask(as_(dora), other), HTTPStatus.NOT_FOUND)


def test_successor_never_sees_what_was_before(
    as_: Client, dora: User, fed: MeteringPoint, flats: list[Space]
) -> None:
    twin.make_occupancy(flats[0], dora, since=START + 10 * DAY)

    body = ask(as_(dora), fed, interval="1d").json()

    # The first reading inside has none before it that is hers.
    assert len(body["values"]) == 20
    assert body["times"][0] == format_time(START + 10 * DAY)
    assert ask(as_(dora), fed).json()["coverage"] == [pytest.approx(20 / 30, abs=0.01)]


def test_former_tenant_still_checks_their_time(
    as_: Client, dora: User, fed: MeteringPoint, flats: list[Space]
) -> None:
    since, until = START - 40 * DAY, START + 5 * DAY
    twin.make_occupancy(flats[0], dora, since=since, until=until)
    client = as_(dora)

    assert len(ask(client, fed, interval="1d").json()["values"]) == 5
    assert_problem(client.get(f"/api/v1/metering-points/{fed.pk}/"), HTTPStatus.NOT_FOUND)


def test_assignment_cannot_cut_a_month_to_tell_a_day(
    as_: Client, alice: User, fed: MeteringPoint, lived_in: Space, meters: list[Device]
) -> None:
    fed.assignments.all().delete()
    period = {"since": START + 9 * DAY, "until": START + 10 * DAY}
    make_assignment(fed, meters[0], **period)

    assert ask(as_(alice), fed).json()["values"] == []


def test_real_swap_in_a_lived_in_flat_is_billed_by_month(
    as_: Client, alice: User, flat_point: MeteringPoint, meters: list[Device], lived_in: Space
) -> None:
    from_shed = hourly(360, 720, counter=50)
    record(meters[0], hourly(0, 360))
    record(meters[1], from_shed)
    make_assignment(flat_point, meters[0], since=START)
    make_assignment(flat_point, meters[1], since=START + 360 * HOUR)

    assert ask(as_(alice), flat_point).json()["values"] == [720]


def test_term_cannot_cut_a_month_either(
    as_: Client, alice: User, fed: MeteringPoint, lived_in: Space, house: Space
) -> None:
    term = Term(source=fed, since=START + 9 * DAY, until=START + 10 * DAY)
    virtual = make_metering_point(space=house, formula=[term])

    assert ask(as_(alice), virtual).json()["values"] == []


def test_sum_is_no_finer_than_its_parts(
    as_: Client, alice: User, fed: MeteringPoint, lived_in: Space, house: Space
) -> None:
    virtual = make_metering_point(space=house, formula=[Term(source=fed)])

    assert ask(as_(alice), virtual).json()["values"] == [720]
    refused = ask(as_(alice), virtual, interval="1d")
    assert_problem(refused, HTTPStatus.FORBIDDEN, "resolution-not-granted")


def test_sum_with_a_part_that_is_not_ones_own_is_refused(
    as_: Client,
    dora: User,
    fed: MeteringPoint,
    lived_in: Space,
    flats: list[Space],
    meters: list[Device],
) -> None:
    other = make_metering_point(space=flats[1])
    record(meters[1], hourly(0, 720))
    make_assignment(other, meters[1], since=START)
    formula = [Term(source=fed), Term(source=other, weight=0.5)]
    share = make_metering_point(space=lived_in, formula=formula)

    assert_problem(ask(as_(dora), share), HTTPStatus.FORBIDDEN, "parts-not-readable")

    twin.make_grant(meters[1], dora, role="viewer")
    assert ask(as_(dora), share).json()["values"] == [720 * 1.5]


def test_list_refuses_item_by_item(
    as_: Client,
    alice: User,
    organisation: Organisation,
    fed: MeteringPoint,
    lived_in: Space,
    flats: list[Space],
    meters: list[Device],
) -> None:
    empty = make_metering_point(space=flats[1])
    record(meters[1], hourly(0, 720))
    make_assignment(empty, meters[1], since=START)

    url = "/api/v1/metering-points/consumption/"
    body = as_(alice).get(url, {**MONTH, "interval": "1d", "site": fed.site_id}).json()

    closed, opened = body["results"]
    assert closed["problem"]["code"] == "resolution-not-granted"
    assert closed["values"] == []
    assert (opened["problem"], opened["values"]) == (None, [24] * 30)


def test_assignments_tell_a_tenant_nothing_of_before_moving_in(
    as_: Client, alice: User, dora: User, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    make_assignment(flat_point, meters[1], since=START, until=START + DAY, end_counter=7)
    make_assignment(flat_point, meters[0], since=START + DAY, start_counter=4711)
    assert flat_point.space
    twin.make_occupancy(flat_point.space, dora, since=START + 2 * DAY)

    def told(user: User) -> list[Any]:
        found = as_(user).get(f"/api/v1/metering-points/{flat_point.pk}/assignments/").json()
        return [(one["start_counter"], one["end_counter"]) for one in found["results"]]

    assert told(alice) == [(None, 7), (4711, None)]
    assert told(dora) == [(None, None)]

    Consent.objects.filter(user=alice).update(history_from=START + 2 * DAY)
    assert told(alice) == [(None, None)]
