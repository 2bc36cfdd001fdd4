"""10,000 rows from one file: 50 buildings from a template, and the meters in their flats.

``python -m tests.benchmarks.onboarding [rows]``: says how long reading, check and application take.
"""

import sys
from typing import Any

import orjson

from accounts.models import Organisation
from devices.models import BulkImport, Device, Fleet
from devices.services import imports
from devices.services.onboarding.files import read_file
from devices.services.onboarding.sheet import SheetRow, read_rows
from tests.benchmarks import scratch
from tests.factories import make_organisation
from twin.models import Space
from twin.services.catalogue import load_shipped_templates

ROWS, SITES = 10_000, 50
FLOORS = FLATS = 4


def portfolio(count: int, *, kind: str) -> bytes:
    """Return a file of that many rows, buildings among them."""
    parameters = {"floors": FLOORS, "flats_per_floor": FLATS}
    rows: list[dict[str, Any]] = [
        {
            "type": "site",
            "key": f"B{number}",
            "name": f"{number} rue des Tilleuls",
            "template": "collective-housing@1",
            "parameters": parameters,
        }
        for number in range(SITES)
    ]
    for number in range(count - SITES):
        floor, flat = number % FLOORS + 1, number // FLOORS % FLATS + 1
        meter = {"type": "device", "device_type": kind, "fleet": "Meters", "manufacturer": "Acme"}
        place = {"parent": f"B{number % SITES}", "place": f"Flat {floor}.{flat}"}
        rows.append(meter | place | {"serial": f"{number:08}"})
    return orjson.dumps(rows)


def take_in(organisation: Organisation, content: bytes) -> BulkImport:
    """Read the file and store its rows."""
    rows: list[SheetRow] = read_rows(read_file("portfolio.json", content))
    return imports.start_import(
        organisation=organisation.pk, file_name="portfolio.json", mode="all", rows=rows
    )


def main(rows: int) -> None:
    """Measure and report."""
    load_shipped_templates()
    organisation = make_organisation()
    Fleet.objects.create(organisation=organisation, name="Meters")
    content = portfolio(rows, kind=scratch.make_type(points=4).key)
    jobs: list[BulkImport] = []
    taking = scratch.timed(lambda: jobs.append(take_in(organisation, content)))
    checking = scratch.timed(lambda: imports.run_import(jobs[0].pk))
    imports.request_application(jobs[0])
    applying = scratch.timed(lambda: imports.run_import(jobs[0].pk))
    there = f"{Space.objects.count():,} spaces, {Device.objects.count():,} devices"
    scratch.say(f"{rows:,} rows: {there}")
    scratch.say(f"reading {taking:.1f} s, check {checking:.1f} s, application {applying:.1f} s")


if __name__ == "__main__":
    with scratch.database():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
