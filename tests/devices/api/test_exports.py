"""Series taken away as CSV and Parquet: all of it, and nothing that is not the caller's."""

import csv
import io
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pyarrow.parquet as pq
import pytest

from accounts.choices import Resolution
from accounts.models import Organisation, User
from config.lib import extras
from config.lib.times import format_time
from devices.models import Device, PointType
from devices.series import exports
from devices.services.placements import place_device
from devices.services.readings import record_readings
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Space

pytestmark = pytest.mark.django_db
# Midnight in Zurich.
START = datetime(2026, 3, 1, 23, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COUNTER, POWER = "active_energy_import", "active_power"


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    site = factories.make_site(organisation, time_zone="Europe/Zurich")
    return factories.make_space(site, name="Flat")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    return metered(make_device(organisation, space=flat))


def metered(device: Device) -> Device:
    """Let the device count one kWh an hour and show as many watts, for two days."""
    batch = [
        {"device": str(device.pk), "point": key, "time": START + hour * HOUR, "value": hour}
        for hour in range(49)
        for key in (COUNTER, POWER)
    ]
    assert record_readings(batch, devices=Device.objects.all()).accepted == 98
    return device


def ask(client: Any, noun: str, thing: Any, **query: str) -> Any:
    period = {"start": format_time(START), "end": format_time(START + 3 * DAY)}
    return client.get(f"/api/v1/{noun}/{thing.pk}/readings/export/", {**period, **query})


def body(response: Any) -> bytes:
    assert response.status_code == HTTPStatus.OK, response.json()
    return b"".join(response.streaming_content)


def lines(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(response).decode())))


def test_every_reading_of_a_device_is_a_line(as_: Client, alice: User, meter: Device) -> None:
    response = ask(as_(alice), "devices", meter, points=COUNTER)
    found = lines(response)

    assert [float(line["value"]) for line in found] == [float(hour) for hour in range(49)]
    assert found[1] == {
        "device": str(meter.pk),
        "point": COUNTER,
        "unit": "kW.h",
        "aggregate": "raw",
        "time": "2026-03-02T00:00:00Z",
        "value": "1.0",
        "coverage": "",
        "quality": "good",
        "flags": "",
    }
    assert f'filename="readings-{meter.pk}.csv"' in response["Content-Disposition"]


def test_pages_and_steps_of_an_export_lose_and_double_nothing(
    as_: Client, alice: User, meter: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lines(ask(as_(alice), "devices", meter))
    hours = lines(ask(as_(alice), "devices", meter, interval="1h", points=COUNTER))

    monkeypatch.setattr(exports, "PAGE", 7)
    monkeypatch.setitem(exports.STEPS, Resolution.HOUR, timedelta(minutes=150))

    assert lines(ask(as_(alice), "devices", meter)) == whole
    assert lines(ask(as_(alice), "devices", meter, interval="1h", points=COUNTER)) == hours
    assert (len(whole), len(hours)) == (98, 48)


def test_days_are_those_of_the_site(as_: Client, alice: User, meter: Device) -> None:
    found = lines(ask(as_(alice), "devices", meter, interval="1d", points=COUNTER))

    assert [(line["time"], line["value"], line["coverage"]) for line in found] == [
        ("2026-03-01T23:00:00Z", "24.0", "1.0"),
        ("2026-03-02T23:00:00Z", "24.0", "1.0"),
    ]
    assert {line["aggregate"] for line in found} == {"delta"}


@pytest.mark.parametrize("interval", ["raw", "1d"])
def test_parquet_says_the_same_as_csv(
    as_: Client, alice: User, meter: Device, interval: str
) -> None:
    query = {"interval": interval, "points": f"{COUNTER},{POWER}"}
    table = pq.read_table(
        io.BytesIO(body(ask(as_(alice), "devices", meter, format="parquet", **query)))
    ).to_pylist()
    found = lines(ask(as_(alice), "devices", meter, **query))

    assert [(row["point"], format_time(row["time"]), row["value"]) for row in table] == [
        (line["point"], line["time"], float(line["value"])) for line in found
    ]


def test_labels_are_texts_in_parquet(as_: Client, alice: User, meter: Device) -> None:
    kinds = PointType.objects.filter(device_type=meter.type, key=POWER)
    kinds.update(value_type="enum", labels={str(hour): f"step {hour}" for hour in range(49)})

    data = body(ask(as_(alice), "devices", meter, format="parquet", points=POWER))
    rows = pq.read_table(io.BytesIO(data)).to_pylist()

    assert [row["text"] for row in rows[:2]] == ["step 0", "step 1"]
    assert {row["value"] for row in rows} == {None}


def test_nothing_to_export_is_an_empty_file(as_: Client, alice: User, meter: Device) -> None:
    assert lines(ask(as_(alice), "devices", meter, points="humidity")) == []
    data = body(ask(as_(alice), "devices", meter, points="humidity", format="parquet"))
    assert pq.read_table(io.BytesIO(data)).num_rows == 0


def test_site_exports_what_was_measured_there(
    as_: Client, alice: User, organisation: Organisation, flat: Space, meter: Device
) -> None:
    elsewhere = metered(make_device(organisation, space=None))
    other = factories.make_space(factories.make_site(organisation), name="Other")
    place_device(device=meter, site=other.site, space=other)

    found = lines(ask(as_(alice), "sites", flat.site, points=COUNTER))

    assert {line["device"] for line in found} == {str(meter.pk)}
    assert len(found) == 49
    assert lines(ask(as_(alice), "sites", other.site, points=COUNTER)) == []
    assert elsewhere.pk != meter.pk


@pytest.mark.parametrize("noun", ["fleets", "organisations"])
def test_fleet_and_organisation_export_their_devices(
    as_: Client, alice: User, meter: Device, noun: str
) -> None:
    thing = meter.fleet if noun == "fleets" else meter.organisation

    assert len(lines(ask(as_(alice), noun, thing, points=COUNTER))) == 49


def test_former_occupant_exports_their_own_period_alone(
    as_: Client, dora: User, flat: Space, meter: Device
) -> None:
    since, until = START + DAY, START + DAY + 6 * HOUR
    factories.make_occupancy(flat, dora, since=since, until=until)

    found = lines(ask(as_(dora), "devices", meter, points=COUNTER))

    assert [float(line["value"]) for line in found] == [24.0, 25.0, 26.0, 27.0, 28.0, 29.0]


def test_finer_than_granted_is_refused_before_the_first_line(
    as_: Client, vera: User, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(flat, dora, since=START)

    for noun, thing in (("devices", meter), ("sites", flat.site)):
        response = ask(as_(vera), noun, thing)
        assert_problem(response, HTTPStatus.FORBIDDEN, "resolution-not-granted")


@pytest.mark.parametrize("noun", ["devices", "sites", "fleets", "organisations"])
def test_stranger_finds_nothing_to_export(
    as_: Client, charlie: User, flat: Space, meter: Device, noun: str
) -> None:
    things = {"devices": meter, "sites": flat.site, "fleets": meter.fleet}
    thing = things.get(noun, meter.organisation)

    assert ask(as_(charlie), noun, thing).status_code == HTTPStatus.NOT_FOUND


def test_export_needs_its_scope_and_its_period(as_: Client, alice: User, meter: Device) -> None:
    url = f"/api/v1/devices/{meter.pk}/readings/export/"

    without = as_(alice, "devices:read").get(url)
    assert_problem(without, HTTPStatus.FORBIDDEN, "scope-missing")
    assert as_(alice).get(url).status_code == HTTPStatus.BAD_REQUEST
    assert ask(as_(alice), "devices", meter, interval="5m").status_code == HTTPStatus.BAD_REQUEST


def test_parquet_without_its_package_is_said(
    as_: Client, alice: User, meter: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(module: str, *, extra: str) -> None:
        raise extras.ExtraMissing(f"{module} is missing")

    monkeypatch.setattr(extras, "load", missing)

    response = ask(as_(alice), "devices", meter, format="parquet")
    assert_problem(response, HTTPStatus.NOT_IMPLEMENTED, "format-not-installed")


def test_queries_of_an_export_grow_by_pages_alone(
    as_: Client,
    alice: User,
    organisation: Organisation,
    flat: Space,
    meter: Device,
    django_assert_max_num_queries: Any,
) -> None:
    client = as_(alice)
    with django_assert_max_num_queries(22) as few:
        assert len(lines(ask(client, "sites", flat.site))) == 98
    for _ in range(2):
        metered(make_device(organisation, space=flat))
    with django_assert_max_num_queries(26) as more:
        assert len(lines(ask(client, "sites", flat.site))) == 294

    # One for numbers and one for texts of each device.
    assert len(more) == len(few) + 4
