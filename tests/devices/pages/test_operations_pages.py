"""Pages of those who run devices: what is theirs, in so many queries, however many devices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation, User
from devices.models import Device, Fleet
from devices.services.desired import request_state
from devices.services.readings import record_readings
from devices.services.rollups import refresh_rollups
from tests.devices.factories import (
    make_alarm,
    make_asset,
    make_command,
    make_device,
    make_fleet,
    make_type,
)
from tests.twin.factories import make_site, make_space

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    return make_fleet(organisation, name="Heating west")


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add_device(fleet: Fleet, **overrides: Any) -> Device:
    asset = make_asset(fleet.organisation, fleet=fleet)
    kind = overrides.pop("type", None) or make_type()
    site = make_site(fleet.organisation, name="Lindenhof")
    space = make_space(site, name="Cellar")
    place = {"site": site, "space": space}
    return make_device(fleet.organisation, asset=asset, type=kind, **{**place, **overrides})


def record(device: Device, point: str, values: list[Any], *, start: datetime = DAY) -> None:
    rows = [
        {
            "device": device.pk,
            "point": point,
            "time": (start + timedelta(minutes=15 * index)).isoformat(),
            "value": value,
        }
        for index, value in enumerate(values)
    ]
    assert record_readings(rows, devices=Device.objects.all()).accepted == len(rows)


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_pages_ask_who_is_there(client: Client, fleet: Fleet) -> None:
    device = add_device(fleet)

    for url in pages(fleet, device):
        answer = client.get(url)
        assert (answer.status_code, answer["Location"].startswith("/accounts/login/")) == (
            302,
            True,
        )


def pages(fleet: Fleet, device: Device) -> tuple[str, ...]:
    return (
        "/operations/",
        f"/operations/fleets/{fleet.pk}/",
        f"/operations/devices/{device.pk}/",
        f"/operations/devices/{device.pk}/series/",
    )


def test_stranger_meets_nothing_of_another_organisation(charlie: User, fleet: Fleet) -> None:
    device, client = add_device(fleet), log_in(charlie)

    _, *others = pages(fleet, device)

    assert [client.get(url).status_code for url in others] == [404, 404, 404]
    assert "Heating west" not in client.get("/operations/").content.decode()


def test_pages_allow_own_files_alone(bob: User, fleet: Fleet) -> None:
    device, client = add_device(fleet), log_in(bob)
    make_alarm(device)

    for url in pages(fleet, device)[:3]:
        answer = client.get(url)
        text = answer.content.decode()
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert ("<script>" in text, " style=" in text, " onclick" in text) == (False, False, False)
        assert "no-store" in answer["Cache-Control"]


def test_fleet_tells_its_health_at_a_glance(bob: User, fleet: Fleet) -> None:
    loud, lost, _ = (add_device(fleet, name=name) for name in ("Loud", "Lost", "Mute"))
    now = timezone.now()
    Device.objects.filter(pk=loud.pk).update(status="online", last_seen_at=now)
    Device.objects.filter(pk=lost.pk).update(status="offline", last_seen_at=now - timedelta(days=3))
    make_alarm(lost)
    client = log_in(bob)

    context = client.get(f"/operations/fleets/{fleet.pk}/").context
    health = context["health"]

    counts = (health.total, health.online, health.offline, health.silent, health.open_alarms)
    assert counts == (3, 1, 1, 1, 1)
    assert health.heard == {"hour": 1, "day": 1, "week": 2}
    for status, name in (("alarmed", "Lost"), ("unknown", "Mute"), ("online", "Loud")):
        rows = client.get(f"/operations/fleets/{fleet.pk}/?status={status}").context["rows"]
        assert [row["device"].name for row in rows] == [name]


def test_coverage_is_of_the_last_24_hours(bob: User, fleet: Fleet) -> None:
    device, silent = add_device(fleet), add_device(fleet)
    until = timezone.now().replace(minute=0, second=0, microsecond=0)
    record(device, "active_power", [1.0] * 53, start=until - timedelta(hours=13))
    refresh_rollups()

    rows = log_in(bob).get(f"/operations/fleets/{fleet.pk}/").context["rows"]

    shown = {row["device"].pk: row["coverage"] for row in rows}
    assert 48 <= shown[device.pk] <= 56
    assert shown[silent.pk] is None


def test_fleets_and_their_devices_cost_the_same_however_many(bob: User, fleet: Fleet) -> None:
    client, kind = log_in(bob), make_type()
    make_alarm(add_device(fleet, type=kind))
    urls = ("/operations/", f"/operations/fleets/{fleet.pk}/")
    before = [queries(client, url) for url in urls]

    for _ in range(4):
        make_alarm(add_device(fleet, type=kind))
        make_fleet(fleet.organisation)

    assert [queries(client, url) for url in urls] == before
    assert max(before) <= 14


def test_devices_come_a_page_at_a_time(
    bob: User, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.pages.operations.PAGE", 2)
    kind = make_type()
    made = [add_device(fleet, type=kind) for _ in range(5)]
    client, url, seen = log_in(bob), f"/operations/fleets/{fleet.pk}/", []

    after = ""
    while after is not None:
        context = client.get(url, {"after": after}).context
        seen += [row["device"].pk for row in context["rows"]]
        after = context["following"]

    assert seen == sorted(device.pk for device in made)
    assert client.get(url, {"after": "x"}).status_code == 404


def test_device_page_shows_what_is_and_what_shall_be(bob: User, fleet: Fleet) -> None:
    device = add_device(fleet, name="Pump")
    record(device, "active_power", [284.3])
    record(device, "mode", ["eco"])
    request_state(device=device, values={"mode": "comfort"})
    make_alarm(device)
    make_command(device, parameters={"on": True})

    page = log_in(bob).get(f"/operations/devices/{device.pk}/").content.decode()

    for text in ("284.3", "eco", "comfort", "not taken yet", "Lindenhof", "Cellar", "Rule"):
        assert text in page
    assert "on: yes" in page


def test_device_page_costs_the_same_however_much_happened(bob: User, fleet: Fleet) -> None:
    device, client = add_device(fleet), log_in(bob)
    url = f"/operations/devices/{device.pk}/"
    make_command(device)
    before = queries(client, url)

    for _ in range(5):
        make_command(device)
    make_alarm(device)

    assert queries(client, url) == before
    assert before <= 24


def ask(client: Client, device: Device, **changes: str) -> Any:
    asked = {
        "point": "active_power",
        "start": "2026-03-02T00:00:00Z",
        "end": "2026-03-03T00:00:00Z",
    }
    return client.get(f"/operations/devices/{device.pk}/series/", {**asked, **changes})


def test_series_gives_readings_and_sums_with_unit_and_zone(bob: User, fleet: Fleet) -> None:
    device, client = add_device(fleet), log_in(bob)
    record(device, "active_power", [100.0, 300.0, 200.0, 200.0])
    record(device, "active_energy_import", [10.0, 11.0, 13.0, 14.0, 16.0])

    raw = ask(client, device).json()
    hours = ask(client, device, point="active_energy_import", interval="1h").json()

    assert (raw["values"], raw["symbol"]) == ([100.0, 300.0, 200.0, 200.0], "W")
    assert raw["zone"] == device.site.time_zone  # type: ignore[union-attr]
    assert (hours["aggregate"], hours["values"][0]) == ("delta", 6.0)
    text = ask(client, device, format="csv").content.decode().splitlines()
    assert text[:2] == [
        "point,unit,aggregate,time,value,quality",
        "active_power,W,,2026-03-02T00:00:00Z,100.0,good",
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"point": "nothing"}, "#/point"),
        ({"start": "yesterday"}, "#/start"),
        ({"end": "2026-03-01T00:00:00Z"}, "#/end"),
        ({"end": "2126-03-01T00:00:00Z"}, "#/end"),
        ({"interval": "1y"}, "#/interval"),
    ],
)
def test_series_refuses_what_cannot_be_drawn(
    bob: User, fleet: Fleet, change: dict[str, str], pointer: str
) -> None:
    answer = ask(log_in(bob), add_device(fleet), **change)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
