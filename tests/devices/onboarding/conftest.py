"""What onboarding needs around it: an organisation with a fleet, a type and the templates."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import BulkImport, DeviceType, Fleet, ImportRow
from devices.services import imports
from devices.services.onboarding.files import read_objects
from devices.services.onboarding.sheet import read_rows
from tests.devices import factories
from twin.services.catalogue import load_shipped_templates

Run = Callable[..., BulkImport]


@pytest.fixture
def ground(organisation: Organisation) -> Fleet:
    load_shipped_templates()
    return factories.make_fleet(organisation, name="Heat meters west")


@pytest.fixture
def heat_meter(db: None) -> DeviceType:
    return factories.make_type(key="heat-meter")


@pytest.fixture
def hand_in(organisation: Organisation, ground: Fleet, heat_meter: DeviceType) -> Run:
    """Return a function that hands in rows and checks them, as a worker would."""

    def run(rows: Sequence[dict[str, Any]], *, mode: str = "all") -> BulkImport:
        job = imports.start_import(
            organisation=organisation.pk,
            file_name="rows.json",
            mode=mode,
            rows=read_rows(read_objects(rows)),
        )
        imports.run_import(job.pk)
        job.refresh_from_db()
        return job

    return run


@pytest.fixture
def apply(hand_in: Run) -> Run:
    """Return a function that hands in rows, checks and applies them."""

    def run(rows: Sequence[dict[str, Any]], *, mode: str = "all") -> BulkImport:
        job = imports.request_application(hand_in(rows, mode=mode))
        imports.run_import(job.pk)
        job.refresh_from_db()
        return job

    return run


def outcomes(job: BulkImport) -> list[str]:
    """Return the state of each row."""
    return list(
        ImportRow.objects.filter(bulk_import=job).order_by("pk").values_list("status", flat=True)
    )


def codes(job: BulkImport) -> list[tuple[int, str, str]]:
    """Return number, column and code of each finding."""
    rows = ImportRow.objects.filter(bulk_import=job).order_by("pk")
    return [(row.number, one["column"], one["code"]) for row in rows for one in row.findings]


def site(key: str = "B1", **values: Any) -> dict[str, Any]:
    return {"type": "site", "key": key, "name": f"House {key}", **values}


def built(key: str = "B1", **values: Any) -> dict[str, Any]:
    parameters = {"floors": 2, "flats_per_floor": 1}
    return site(key, template="collective-housing@1", parameters=parameters, **values)


def space(key: str, parent: str, **values: Any) -> dict[str, Any]:
    return {"type": "space", "key": key, "parent": parent, "kind": "room", "name": key, **values}


def thing(kind: str, serial: str, **values: Any) -> dict[str, Any]:
    base = {"type": kind, "fleet": "Heat meters west", "manufacturer": "Acme", "serial": serial}
    return base | ({"device_type": "heat-meter"} if kind == "device" else {}) | values
