"""Metering points over the API: made, fed, explained, and what is refused."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import User
from config.lib.times import format_time
from devices.models import Assignment, Device, MeteringPoint
from tests.conftest import Client
from tests.devices.factories import make_assignment, make_device, make_metering_point
from tests.devices.metering.conftest import DAY, HOUR, START, hourly, record
from tests.problems import assert_problem
from twin.models import Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/metering-points/"
POINT = "active_energy_import"


@pytest.fixture
def client(as_: Client, bob: User) -> Any:
    return as_(bob)


def feed(client: Any, owner: MeteringPoint, device: Device, **given: Any) -> Any:
    body = {"device": str(device.pk), "point": POINT, "from": format_time(START), **given}
    return client.post(f"{URL}{owner.pk}/assignments/", body)


def test_metering_point_is_made_with_the_unit_of_its_medium(
    client: Any, flats: list[Space]
) -> None:
    response = client.post(URL, {"name": "Heat A", "medium": "heat", "space": flats[0].pk})

    body = response.json()
    assert response.status_code == HTTPStatus.CREATED, body
    assert (body["unit"], body["symbol"], body["direction"]) == ("kW.h", "kWh", "import")
    assert (body["site"], body["virtual"]) == (str(flats[0].site_id), False)
    assert client.get(f"{URL}{body['id']}/").json() == body


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"medium": "beer"}, "#/medium"),
        ({"medium": "other"}, "#/unit"),
        ({"space": None}, "#/site"),
        ({"colour": "red"}, "#/colour"),
    ],
)
def test_bad_metering_point_is_refused(
    client: Any, flats: list[Space], given: dict[str, Any], pointer: str
) -> None:
    body = {"name": "Heat A", "medium": "heat", "space": flats[0].pk, **given}

    response = client.post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    assert [one["pointer"] for one in response.json()["errors"]] == [pointer]


def test_swap_is_one_call(client: Any, flat_point: MeteringPoint, meters: list[Device]) -> None:
    feed(client, flat_point, meters[0])
    swap = format_time(START + DAY)
    made = feed(client, flat_point, meters[1], **{"from": swap, "previous_end_counter": 7})

    assert made.status_code == HTTPStatus.CREATED
    first, second = client.get(f"{URL}{flat_point.pk}/assignments/").json()["results"]
    assert (first["until"], first["end_counter"]) == (swap, 7)
    assert (second["from"], second["until"], second["device"]) == (swap, None, str(meters[1].pk))


def test_device_point_feeds_one_metering_point_at_a_time(
    client: Any, flats: list[Space], flat_point: MeteringPoint, meters: list[Device]
) -> None:
    feed(client, flat_point, meters[0])

    response = feed(client, make_metering_point(space=flats[1]), meters[0])

    assert_problem(response, HTTPStatus.CONFLICT, "assignment-overlaps")
    assert response.json()["assignment"] == str(Assignment.objects.get().pk)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"point": "active_power"}, "#/point"),
        ({"point": "nothing"}, "#/point"),
        ({"until": format_time(START)}, "#/until"),
        ({"end_counter": 3}, "#/end_counter"),
        ({"previous_end_counter": 3}, "#/previous_end_counter"),
        ({"factor": 0}, "#/factor"),
        ({"factor": "2"}, "#/factor"),
    ],
)
def test_bad_assignment_is_refused(
    client: Any,
    flat_point: MeteringPoint,
    meters: list[Device],
    given: dict[str, Any],
    pointer: str,
) -> None:
    response = feed(client, flat_point, meters[0], **given)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    assert [one["pointer"] for one in response.json()["errors"]] == [pointer]
    assert not Assignment.objects.exists()


def test_other_unit_needs_a_factor(client: Any, flats: list[Space], meters: list[Device]) -> None:
    gas = make_metering_point(space=flats[0], medium="gas")

    assert_problem(feed(client, gas, meters[0]), HTTPStatus.BAD_REQUEST, "validation")
    assert feed(client, gas, meters[0], factor=0.1).status_code == HTTPStatus.CREATED


def test_virtual_and_fed_do_not_mix(
    client: Any, flats: list[Space], flat_point: MeteringPoint, meters: list[Device]
) -> None:
    formula = [{"metering_point": str(flat_point.pk), "weight": 0.5}]
    given = {"name": "Half", "medium": "electricity", "space": flats[0].pk, "formula": formula}
    made = client.post(URL, given).json()
    virtual = MeteringPoint.objects.get(pk=made["id"])

    assert made["formula"] == [{**formula[0], "from": None, "until": None}]
    assert_problem(feed(client, virtual, meters[0]), HTTPStatus.CONFLICT, "metering-point-virtual")
    changed = client.patch(f"{URL}{flat_point.pk}/", {"formula": formula})
    assert_problem(changed, HTTPStatus.CONFLICT, "metering-point-virtual")


def test_formula_that_leads_back_is_refused(
    client: Any, flats: list[Space], flat_point: MeteringPoint
) -> None:
    def term(point: str) -> list[dict[str, Any]]:
        return [{"metering_point": point, "weight": 1}]

    about = {"medium": "electricity", "space": flats[0].pk}
    first = client.post(URL, {"name": "1", **about, "formula": term(str(flat_point.pk))}).json()
    second = client.post(URL, {"name": "2", **about, "formula": term(first["id"])}).json()

    response = client.patch(f"{URL}{first['id']}/", {"formula": term(second["id"])})

    assert_problem(response, HTTPStatus.CONFLICT, "formula-circular")
    kept = client.get(f"{URL}{first['id']}/").json()["formula"]
    assert kept[0]["metering_point"] == str(flat_point.pk)


def test_formulas_stand_six_deep_at_most(
    client: Any, flats: list[Space], flat_point: MeteringPoint
) -> None:
    about, below = {"medium": "electricity", "space": flats[0].pk}, str(flat_point.pk)
    for depth in range(1, 7):
        body = {"name": f"{depth}", **about, "formula": [{"metering_point": below}]}
        below = client.post(URL, body).json()["id"]

    response = client.post(URL, {"name": "7", **about, "formula": [{"metering_point": below}]})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "formula-too-large")


def test_device_that_feeds_cannot_be_deleted(
    client: Any, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    make_assignment(flat_point, meters[0], since=START)

    response = client.delete(f"/api/v1/devices/{meters[0].pk}/")

    assert_problem(response, HTTPStatus.CONFLICT, "device-feeds-metering-point")


def test_foreign_metering_point_is_not_found(
    as_: Client, charlie: User, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    own = make_device(charlie.b2b_users.get().organisation)

    assert_problem(feed(as_(charlie), flat_point, own), HTTPStatus.NOT_FOUND)
    read = as_(charlie).get(f"{URL}{flat_point.pk}/consumption/")
    assert_problem(read, HTTPStatus.NOT_FOUND)


def test_consumption_needs_the_scope_of_readings(
    as_: Client, bob: User, flat_point: MeteringPoint
) -> None:
    response = as_(bob, "devices:read").get(f"{URL}{flat_point.pk}/consumption/")

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_explanation_adds_up_to_the_bill(
    client: Any, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 35, counter=1000))
    record(meters[1], hourly(36, 48, counter=7.5))
    make_assignment(flat_point, meters[0], since=START)
    given = {"start_counter": 7, "previous_end_counter": 1035.5, "factor": 2}
    make_assignment(flat_point, meters[1], since=START + 35.5 * HOUR, **given)

    query = {"start": format_time(START + DAY), "end": format_time(START + 2 * DAY)}
    url = f"{URL}{flat_point.pk}/consumption/"
    body = client.get(url, {**query, "explain": "true"}).json()

    assert body["values"] == [11.5 + 2 * 12.5]
    old, new = body["explanation"]
    assert old["first"] == {"time": format_time(START + DAY), "value": 1024, "given": False}
    assert (old["last"]["value"], old["last"]["given"]) == (1035.5, True)
    assert (new["first"]["value"], new["first"]["given"], new["factor"]) == (7, True, 2)
    assert (new["last"]["value"], new["counted"], new["value"]) == (19.5, 12.5, 25)


def test_explanation_tells_what_was_made_of_a_fall(
    client: Any, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], {0: 500, 1: 510, 2: 4, 3: 6})
    record(meters[0], {3: 7})
    make_assignment(flat_point, meters[0], since=START)

    url = f"{URL}{flat_point.pk}/consumption/"
    (entry,) = client.get(url, {"explain": "true"}).json()["explanation"]

    (fall,) = entry["corrections"]
    assert (fall["what"], fall["from"], fall["to"], fall["counted"]) == ("reset", 510, 4, 4)
    assert (entry["counted"], entry["readings"], entry["restated"]) == (17, 3, 1)
    assert entry["flags"] == ["reset"]


def test_consumption_comes_as_csv(
    client: Any, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], hourly(0, 24))
    make_assignment(flat_point, meters[0], since=START)

    text = client.get(f"{URL}{flat_point.pk}/consumption/", {"format": "csv"}).content.decode()

    row = text.splitlines()[1]
    assert row.startswith(f"{flat_point.pk},Flat A,electricity,import,kW.h,2026-05-31T22:00:00Z,24")
