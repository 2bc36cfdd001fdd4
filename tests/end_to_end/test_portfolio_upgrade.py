"""Fifty buildings from one spreadsheet, upgraded by a wave, whatever was edited by hand before."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from config.lib.times import format_time
from tests.end_to_end.conftest import Stack
from tests.end_to_end.portfolio import (
    BUILDINGS,
    FIRST,
    WITHIN_S,
    done,
    flat_tree,
    kill_pool,
    second,
    spreadsheet,
    wait_until,
)

Tree = dict[str, dict[str, Any]]
NEXT = {"template": "residence@2"}
EDITED = ("House 01", "House 02")
pytestmark = pytest.mark.timeout(600)


@dataclass
class Portfolio:
    """What the operator has: the import, the sites by name, and how they stood before."""

    imported: dict[str, Any]
    report: list[str]
    sites: dict[str, str]
    edited: dict[str, Tree] = field(default_factory=dict)
    untouched: Tree = field(default_factory=dict)
    before: str = ""


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """Return a client of an operator with nothing yet."""
    with stack.client(stack.bootstrap("Portfolio AG")["application"]) as client:
        yield client


@pytest.fixture(scope="module")
def onboarded(client: httpx.Client) -> Portfolio:
    """Hand the spreadsheet in, look at the check, apply it."""
    done(client.post("/templates/", json={"definition": FIRST, "status": "published"}))
    fleet = done(client.post("/fleets/", json={"name": "Heat"}))["name"]
    types = done(client.get("/device-types/", params={"category": "heat-meter"}))["results"]
    file = spreadsheet(fleet=fleet, heat_meter=types[0]["key"])
    job = done(client.post("/imports/", files={"file": ("portfolio.xlsx", file)}))
    address = f"/imports/{job['id']}/"
    checked = wait_until(client, address, "checked")
    assert checked["rows"] == {"ready": 2 * BUILDINGS}
    assert done(client.get("/sites/"))["results"] == []
    done(client.post(f"{address}apply/"))
    imported = wait_until(client, address, "applied")
    report = client.get(f"{address}report/").text.splitlines()
    sites = done(client.get("/sites/", params={"limit": 500}))["results"]
    return Portfolio(imported, report, {site["name"]: site["id"] for site in sites})


@pytest.fixture(scope="module")
def edited(client: httpx.Client, onboarded: Portfolio) -> Portfolio:
    """Change two buildings by hand, then publish the next version of their template."""
    first, other = (onboarded.sites[name] for name in ("House 01", "House 02"))
    trees = flat_tree(client, first), flat_tree(client, other)
    for tree, flat, name in ((trees[0], "Flat 1.1", "Dr Weiss"), (trees[1], "Flat 2.2", "Porter")):
        done(client.patch(f"/spaces/{tree[flat]['id']}/", json={"name": name}))
    attic = {"site": other, "parent": trees[1]["Floor 2"]["id"], "kind": "flat", "name": "Attic"}
    done(client.post("/spaces/", json=attic))
    onboarded.edited = {name: flat_tree(client, onboarded.sites[name]) for name in EDITED}
    onboarded.untouched = flat_tree(client, onboarded.sites["House 09"])
    onboarded.before = format_time(datetime.now(UTC))
    body = {"definition": second(), "status": "published"}
    done(client.post("/templates/residence/versions/", json=body))
    return onboarded


@pytest.fixture(scope="module")
def plan(client: httpx.Client, edited: Portfolio) -> dict[str, Any]:
    """Plan the upgrade of one edited building, before any wave."""
    made: dict[str, Any] = done(client.post(f"/sites/{edited.sites['House 01']}/plans/", json=NEXT))
    return made


@pytest.fixture(scope="module")
def rehearsal(client: httpx.Client, plan: dict[str, Any]) -> dict[str, Any]:
    """Run the wave without effect."""
    started = done(client.post("/upgrades/", json={**NEXT, "dry_run": True}))
    return wait_until(client, f"/upgrades/{started['id']}/", "completed")


@pytest.fixture(scope="module")
def wave(stack: Stack, client: httpx.Client, rehearsal: dict[str, Any]) -> dict[str, Any]:
    """Run the wave, and kill the worker's processes in the middle of it."""
    address = f"/upgrades/{done(client.post('/upgrades/', json=NEXT))['id']}/"
    until = time.monotonic() + WITHIN_S
    while done(client.get(address))["progress"]["applied"] < 5:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert kill_pool(stack) > 0
    left = done(client.get(address))["progress"]["waiting"]
    return {**wait_until(client, address, "completed"), "left_by_the_killed": left}


@pytest.fixture(scope="module")
def settled(client: httpx.Client, edited: Portfolio, wave: dict[str, Any]) -> Portfolio:
    """Choose for the two buildings in conflict: one keeps its name, the other takes the new one."""
    for name, choice in zip(EDITED, ("keep-local", "take-template"), strict=True):
        body = {**NEXT, "choices": choice}
        made = done(client.post(f"/sites/{edited.sites[name]}/plans/", json=body))
        done(client.post(f"/plans/{made['id']}/apply/"))
    return edited


@pytest.fixture(scope="module")
def undone(client: httpx.Client, settled: Portfolio) -> Tree:
    """Undo the plan of one building, read what stands, and apply the version again."""
    site = settled.sites["House 09"]
    (applied,) = [
        one["id"]
        for one in done(client.get(f"/sites/{site}/plans/"))["results"]
        if one["status"] == "applied"
    ]
    done(client.post(f"/plans/{applied}/undo/"))
    tree = flat_tree(client, site)
    again = done(client.post("/upgrades/", json={**NEXT, "sites": [site]}))
    wait_until(client, f"/upgrades/{again['id']}/", "completed")
    return tree


def test_spreadsheet_becomes_fifty_buildings_with_their_meters(
    client: httpx.Client, onboarded: Portfolio
) -> None:
    devices = done(client.get("/devices/", params={"limit": 500}))["results"]

    assert onboarded.imported["rows"] == {"done": 2 * BUILDINGS}
    assert len(onboarded.report) == 1 + 2 * BUILDINGS
    assert len(onboarded.sites) == len(devices) == BUILDINGS
    assert {device["site"] for device in devices} == set(onboarded.sites.values())


def test_plan_of_an_edited_building_shows_the_diff_and_the_conflict(
    client: httpx.Client, plan: dict[str, Any]
) -> None:
    text = client.get(f"/plans/{plan['id']}/", params={"format": "text"}).text

    assert plan["summary"] == {"rename": 3, "change": 5, "refuse": 1}
    assert "4 × Dwelling: new device slot Heat meter (exactly 1)." in plan["notes"]
    assert "~ rename dwelling “Flat 1.2” to “Dwelling 1.2”" in text
    assert "[building/floor-1/dwelling-1#name: name Dr Weiss → Dwelling 1.1]" in text


def test_dry_run_tells_which_buildings_are_in_conflict(rehearsal: dict[str, Any]) -> None:
    progress = rehearsal["progress"]

    assert (progress["planned"], progress["conflicts"]) == (BUILDINGS - 2, 2)
    assert progress["applied"] == progress["failed"] == 0


def test_wave_outlives_its_killed_worker(
    client: httpx.Client, onboarded: Portfolio, wave: dict[str, Any]
) -> None:
    applied = [
        [one["status"] for one in done(client.get(f"/sites/{site}/plans/"))["results"]]
        for name, site in onboarded.sites.items()
        if name not in {*EDITED, "House 09"}
    ]

    progress = wave["progress"]
    assert wave["left_by_the_killed"] > 0
    assert (progress["applied"], progress["conflicts"]) == (BUILDINGS - 2, 2)
    assert all(statuses.count("applied") == 1 for statuses in applied)


def test_choices_are_what_the_edited_buildings_became(
    client: httpx.Client, settled: Portfolio
) -> None:
    first, other = (flat_tree(client, settled.sites[name]) for name in EDITED)

    was = settled.edited["House 01"]["Dr Weiss"]
    assert first["Dr Weiss"] == {"id": was["id"], "kind": "dwelling"}
    assert other["Dwelling 2.2"]["id"] == settled.edited["House 02"]["Porter"]["id"]
    assert other["Attic"] == {"id": settled.edited["House 02"]["Attic"]["id"], "kind": "dwelling"}


def test_new_slot_is_filled_where_a_meter_hangs(client: httpx.Client, settled: Portfolio) -> None:
    site = settled.sites["House 05"]

    spaces = done(client.get(f"/sites/{site}/slots/"))["results"]
    heat = {
        space["name"]: slot["filled"]
        for space in spaces
        for slot in space["slots"]
        if slot["key"] == "heat-meter"
    }

    others = {"Dwelling 1.2": 0, "Dwelling 2.1": 0, "Dwelling 2.2": 0}
    assert heat == {"Dwelling 1.1": 1, **others}


def test_undo_puts_one_building_back_to_what_it_was(settled: Portfolio, undone: Tree) -> None:
    assert undone == settled.untouched


def test_history_tells_of_import_upgrade_and_undo(
    client: httpx.Client, settled: Portfolio, undone: Tree
) -> None:
    story = done(client.get(f"/sites/{settled.sites['House 09']}/history/"))["results"]

    again, back, upgrade, built = story
    assert "upgraded House 09 from residence@1 to residence@2: 4 spaces changed" in upgrade["text"]
    assert (upgrade["origin"], again["origin"]) == ("upgrade", "upgrade")
    assert "from residence@2 to residence@1" in back["text"]
    assert "7 spaces created" in built["text"]


def test_past_shows_the_buildings_as_they_stood_before(
    client: httpx.Client, settled: Portfolio, undone: Tree
) -> None:
    trees = {
        name: flat_tree(client, settled.sites[name], at=settled.before)
        for name in (*EDITED, "House 09")
    }

    assert trees == {**settled.edited, "House 09": settled.untouched}


def test_nobody_is_behind_in_the_end(
    client: httpx.Client, settled: Portfolio, undone: Tree
) -> None:
    drift = done(client.get("/drift/", params={"limit": 500}))["results"]

    assert [one["behind_by"] for one in drift] == [0] * BUILDINGS
    wandered = {one["name"]: one["counts"] for one in drift if any(one["counts"].values())}
    assert {name: sum(counts.values()) for name, counts in wandered.items()} == {
        "House 01": 1,
        "House 02": 1,
    }
