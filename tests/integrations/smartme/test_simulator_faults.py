"""Faults can be switched on and off in the simulated cloud, and what it said can be looked up."""

from typing import Any

import httpx
import pytest

from integrations.smartme.mapping import read_devices
from tests.integrations.smartme.clouds import Cloud

FLAT = "Appartement 2.1"


def said_of(cloud: Cloud, serial: int = 6304021) -> dict[str, Any]:
    return next((d for d in cloud.get("/Devices").json() if d.get("Serial") == serial), {})


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        ("unknown-enum", "FamilyType", 4711),
        ("unknown-unit", "CounterReadingUnit", "furlong"),
        ("null-members", "ActivePower", None),
        ("stale", "ValueDate", "2026-02-03T04:05:06.1234567Z"),
        ("rename", "Name", "Renamed in the cloud"),
        ("bad-value", "ActivePower", "a lot"),
    ],
)
def test_fault_changes_one_member_of_the_meter_it_names(
    cloud: Cloud, kind: str, member: str, value: Any
) -> None:
    cloud.fault(kind, meter=FLAT)

    assert said_of(cloud)[member] == value
    assert said_of(cloud, 6304022)[member] != value


def test_counter_can_go_below_zero(cloud: Cloud) -> None:
    cloud.fault("net-negative", meter=FLAT)

    assert said_of(cloud)["CounterReading"] < 0 < said_of(cloud)["CounterReadingImport"]


def test_members_can_come_in_camel_case(cloud: Cloud) -> None:
    cloud.fault("camel-case")

    meters, issues = read_devices(cloud.get("/Devices").json())

    assert (len(meters), issues) == (25, [])


def test_meters_can_vanish_and_appear(cloud: Cloud) -> None:
    cloud.fault("vanish", meter=FLAT)
    cloud.fault("add", serial=42)
    cloud.fault("empty-gateway", serial=43)

    assert said_of(cloud) == {}
    assert said_of(cloud, 42)["Name"] == "Added in the cloud"
    assert "ActivePower" not in said_of(cloud, 43)


def test_fault_ends_after_as_many_times_as_asked(cloud: Cloud) -> None:
    cloud.fault("status", status=524, times=2)

    statuses = [cloud.get("/Devices").status_code for _ in range(3)]

    assert statuses == [524, 524, 200]


def test_fault_of_another_account_or_path_does_not_matter(cloud: Cloud) -> None:
    cloud.fault("status", status=500, account="other")
    cloud.fault("status", status=500, path="/Values")

    assert cloud.get("/Devices").status_code == 200


def test_faults_are_listed_and_switched_off(cloud: Cloud) -> None:
    cloud.fault("status", status=500)
    listed = cloud.http.get("/_simulator/faults").json()["faults"]
    cloud.http.delete(f"/_simulator/faults/{listed[0]['id']}")

    assert listed[0]["given"] == {"status": 500}
    assert cloud.get("/Devices").status_code == 200


def test_unknown_fault_is_refused(cloud: Cloud) -> None:
    answer = cloud.http.post("/_simulator/faults", json={"kind": "meteor"})

    assert answer.status_code == 400
    assert "status" in answer.json()["error"]


def test_calls_are_counted_per_account(cloud: Cloud) -> None:
    cloud.get("/Devices")
    cloud.get("/api/devices/")
    cloud.get("/Devices", key="wrong")

    counted = cloud.http.get("/_simulator/requests").json()["accounts"]

    assert counted["tilleuls"] == {"count": 2, "by_path": {"GET /devices": 2}}
    assert counted["(unknown)"]["count"] == 1


def test_ledger_holds_each_report_that_went_out_once(cloud: Cloud) -> None:
    cloud.inner.clock.change(speed=0)
    sent = cloud.get("/Devices").json()
    cloud.get("/Devices")
    cloud.fault("cut")

    with pytest.raises(httpx.RemoteProtocolError, match="peer closed"):
        cloud.get("/Devices")
    reports = cloud.http.get("/_simulator/ledger").json()["reports"]

    assert [report["device"] for report in reports] == sent


def test_account_can_be_added_while_it_runs(cloud: Cloud) -> None:
    added = {"name": "second", "api_key": "second-key", "meters": 3}

    cloud.http.post("/_simulator/accounts", json=added).raise_for_status()

    assert len(cloud.get("/Devices", key="second-key").json()) == 3


def test_clock_can_be_sped_up(cloud: Cloud) -> None:
    before = said_of(cloud)["CounterReadingImport"]

    cloud.http.post("/_simulator/clock", json={"advance_s": 3600}).raise_for_status()

    assert said_of(cloud)["CounterReadingImport"] > before
