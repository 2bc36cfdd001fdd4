"""A portfolio of fifty buildings for the journey of an upgrade: its template, file and edits."""

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl

from tests.end_to_end.conftest import Stack

BUILDINGS = 50
WITHIN_S = 120
FIRST = """
format: 1
key: residence
name: Residence
parameters:
  floors: {name: Floors, schema: {type: integer, minimum: 1, maximum: 9}, default: 2}
kinds:
  building: {name: Building, root: true, contains: {floor: {min: 1}}}
  floor: {name: Floor, contains: {flat: {}}}
  flat:
    name: Flat
    slots:
      electricity-meter: {name: Electricity meter, categories: [electricity-meter], max: 1}
views:
  homes: {name: Homes, rule: {kinds: [flat]}}
layout:
  - kind: building
    name: "{site}"
    children:
      - kind: floor
        count: {parameter: floors}
        name: "Floor {floor}"
        children:
          - {kind: flat, count: 2, name: "Flat {floor}.{flat}"}
"""
# Flats are called dwellings now, and each is to have a heat meter.
HEAT_METER = "heat-meter: {name: Heat meter, categories: [heat-meter], min: 1, max: 1}"
RENAMING = (
    ("contains: {flat: {}}", "contains: {dwelling: {}}"),
    ("  flat:\n    name: Flat\n", "  dwelling:\n    name: Dwelling\n    renamed_from: [flat]\n"),
    ("    slots:\n", f"    slots:\n      {HEAT_METER}\n"),
    ("kinds: [flat]", "kinds: [dwelling]"),
    ("kind: flat", "kind: dwelling"),
    ("Flat {floor}.{flat}", "Dwelling {floor}.{dwelling}"),
)


def second() -> str:
    """Return the next version of the template."""
    text = FIRST
    for old, new in RENAMING:
        assert old in text, old
        text = text.replace(old, new)
    return text


def spreadsheet(*, fleet: str, heat_meter: str) -> bytes:
    """Return a workbook of the buildings, each with one heat meter in its first flat."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    sites, devices = book.create_sheet("sites"), book.create_sheet("devices")
    sites.append(["key", "name", "template", "parameters.floors", "timezone"])
    devices.append(["fleet", "manufacturer", "serial", "device_type", "parent", "place"])
    for number in range(1, BUILDINGS + 1):
        sites.append([f"B{number}", f"House {number:02}", "residence@1", "2", "Europe/Zurich"])
        devices.append([fleet, "Acme", f"H{number:04}", heat_meter, f"B{number}", "Flat 1.1"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def done(answer: httpx.Response) -> Any:
    """Return the body of an answer that must be a success."""
    assert answer.is_success, answer.text
    return answer.json()


def wait_until(client: httpx.Client, path: str, *states: str) -> dict[str, Any]:
    """Read something until its status is one of these, and return it."""
    until = time.monotonic() + WITHIN_S
    while (body := done(client.get(path)))["status"] not in states:
        assert time.monotonic() < until, body
        time.sleep(0.2)
    return dict(body)


def flat_tree(client: httpx.Client, site: str, **query: str) -> dict[str, dict[str, Any]]:
    """Return the spaces of a site by name, with their ids and kinds; names are unique here."""
    tree = done(client.get(f"/sites/{site}/tree/", params=query))
    return {one["name"]: {"id": one["id"], "kind": one["kind"]} for one in _all(tree["spaces"])}


def _all(spaces: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for space in spaces:
        yield space
        yield from _all(space["children"])


def kill_pool(stack: Stack) -> int:
    """Kill every process of the worker's pool, in the middle of whatever it does."""
    families: dict[int, list[int]] = {}
    workers = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:  # it ended while we looked
            continue
        families.setdefault(parent, []).append(int(folder.name))
        if parent == stack.process.pid and "worker@" in command:
            workers.append(int(folder.name))
    pool = [child for worker in workers for child in families.get(worker, ())]
    for process in pool:
        os.kill(process, signal.SIGKILL)
    return len(pool)
