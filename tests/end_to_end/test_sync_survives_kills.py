"""Worker, web and database are killed in the middle of syncs: nothing is doubled, nothing wrong."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.lib.times import parse_time
from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import load_world
from tests.end_to_end.conftest import STOP_WITHIN_S, Stack, start_stack, stop_stack

API_KEY = "tilleuls0demo0key0read0only0000a"
SYNCED_WITHIN_S = 240
POINT = "active_energy_import"
# What the command line of each process tells it by.
VICTIMS = {"sync": "smartme", "web": "granian", "database": "postgres"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    with Simulator(SmartMeCloud(load_world("tilleuls"), clock=SimulatedClock(speed=30))) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def survivor(
    cloud: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, dict[str, str]]]:
    """Kill each process once in the middle of a sync, starting the platform again each time."""
    state_dir = tmp_path_factory.mktemp("killed")
    stack = start_stack(state_dir, SMARTME_API_URL=cloud.url)
    application = stack.bootstrap("Survivors")["application"]
    connect(stack, application)
    for mark in VICTIMS.values():
        sync(stack, application, wait=False)
        kill(stack, mark)
        assert stack.process.wait(STOP_WITHIN_S) == 1
        stack = start_stack(state_dir, SMARTME_API_URL=cloud.url)
        sync(stack, application, wait=True)
    yield stack, application
    stop_stack(stack.process)


def connect(stack: Stack, application: dict[str, str]) -> None:
    with stack.client(application) as client:
        fleet = client.post("/fleets/", json={"name": "Meters"}).json()["id"]
        wanted = {"name": "smart-me", "fleet": fleet, "auth_method": "api_key", "api_key": API_KEY}
        assert client.post("/smartme/connections/", json=wanted).status_code == 201


def sync(stack: Stack, application: dict[str, str], *, wait: bool) -> None:
    """Ask for a sync; if told so, wait until one that began afterwards has succeeded."""
    with stack.client(application) as client:
        found = client.get("/smartme/connections/").json()["results"][0]
        before, url = found["last_success_at"], f"/smartme/connections/{found['id']}/"
        assert client.post(f"{url}sync/").status_code == 202
        until = time.monotonic() + SYNCED_WITHIN_S
        while wait and client.get(url).json()["last_success_at"] in (None, before):
            assert time.monotonic() < until, client.get(url).text
            time.sleep(0.5)


def kill(stack: Stack, mark: str) -> None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:  # it ended while we looked
            continue
        if parent == stack.process.pid and mark in command:
            os.kill(int(folder.name), signal.SIGKILL)
            return
    raise AssertionError(f"no process of {mark}")


def series_of(client: httpx.Client, device: dict[str, Any]) -> dict[str, float]:
    asked = {"points": POINT, "start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
    found = client.get(f"/devices/{device['id']}/readings/", params=asked).json()["series"]
    return {t: v for s in found for t, v in zip(s["times"], s["values"], strict=True)}


def told_of(cloud: Simulator) -> dict[str, dict[str, float]]:
    """Return what the cloud ever said of each import counter: serial -> time -> kWh."""
    told: dict[str, dict[str, float]] = {}
    for report in cloud.cloud.ledger.reports():
        device = report["device"]
        if "CounterReadingImport" in device:
            moment = parse_time(device["ValueDate"])
            assert moment is not None
            times = told.setdefault(str(device["Serial"]), {})
            # Numbers are kept to twelve digits.
            counted = float(f"{device['CounterReadingImport']:.12g}")
            times[moment.isoformat().replace("+00:00", "Z")] = counted
    return told


@pytest.mark.timeout(900)
def test_meters_are_there_once_after_all_the_kills(
    survivor: tuple[Stack, dict[str, str]], cloud: Simulator
) -> None:
    stack, application = survivor

    with stack.client(application) as client:
        serials = [d["serial"] for d in client.get("/devices/?limit=500").json()["results"]]
        gateways = client.get("/gateways/").json()["results"]

    assert len(serials) == len(set(serials)) == 24
    assert len(gateways) == 1


@pytest.mark.timeout(900)
def test_readings_are_what_the_cloud_said_and_nothing_else(
    survivor: tuple[Stack, dict[str, str]], cloud: Simulator
) -> None:
    stack, application = survivor
    told = told_of(cloud)

    with stack.client(application) as client:
        devices = client.get("/devices/?limit=500").json()["results"]
        metered = [device for device in devices if device["serial"] in told]
        kept = {device["serial"]: series_of(client, device) for device in metered}

    assert kept.keys() == told.keys()
    for serial, series in kept.items():
        assert series.items() <= told[serial].items()
        assert len(series) >= len(VICTIMS) + 1
