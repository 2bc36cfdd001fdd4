"""Ids of other tenants where no schema names an id: rules, specifications, rows, questions.

The table is by hand. Every id of a query string comes from the OpenAPI document.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from devices.models import BulkImport, ImportRow
from devices.services import imports
from tests.contract.bodies import PREFIX
from tests.contract.stage import Building, Home
from tests.contract.test_foreign_ids import answer, foreign_ids, path_of
from tests.contract.test_matrix import address
from tests.contract.things import NOBODY, client_of

pytestmark = pytest.mark.django_db


def plain(text: str, asked: str) -> str:
    """Return what is told, without what differs each time."""
    return NEW.sub("", text.replace(asked, "asked for"))


def inside(key: str) -> dict[str, Any]:
    return {"inside": {"spaces": [key]}}


def shed(**values: Any) -> dict[str, Any]:
    return {"spec": {"spaces": [{"kind": "shed", "name": "Shed", **values}]}}


# What is new in every answer: ids, hours, and how the answer would be asked for again.
NEW = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9T:.-]{19,}Z?|\b[0-9a-f]{32,}\b")
NOUNS = ("organisations", "users", "sites", "spaces", "views", "fleets", "gateways", "devices")
ROWS: dict[str, Callable[[str], dict[str, Any]]] = {
    "parent": lambda key: {"type": "space", "kind": "room", "name": "New", "parent": key},
    "fleet": lambda key: thing(fleet=key),
    "gateway": lambda key: thing(gateway=key),
    "place": lambda key: thing(place=key),
    "parent of a device": lambda key: thing(parent=key),
}


def ids_of_others() -> dict[str, str]:
    """Return an id of each noun that another tenant has."""
    others = foreign_ids(Building(), Home())
    return {noun: others[noun] for noun in NOUNS}


def thing(**values: Any) -> dict[str, Any]:
    """Return the row of a device in the fleet of the organisation."""
    base = {"type": "device", "fleet": "Mine", "manufacturer": "Acme", "serial": "77"}
    return base | {"device_type": "pump-of-mine"} | values


def buried(mine: Building, key: str) -> list[tuple[str, dict[str, Any]]]:
    """Return calls and bodies that hold the id where no schema says so."""
    site = {"name": "New", "site": mine.site.pk}
    portfolio = {"name": "New", "organisation": mine.organisation.pk}
    deep = {"all": [{"kinds": ["flat"]}, {"not": {"any": [inside(key)]}}]}
    box = {"kind": "shed", "name": "Box", "id": key}
    flat = str(mine.flat.pk)
    return [
        ("POST views/", {**site, "rule": inside(key)}),
        ("POST views/", {**site, "rule": {"outside": inside(key)["inside"]}}),
        ("POST views/", {**site, "rule": deep}),
        ("POST views/", {**portfolio, "rule": inside(key)}),
        ("PATCH views/{id}/", {"rule": inside(key)}),
        ("POST sites/{id}/plans/", shed(id=key)),
        ("POST sites/{id}/plans/", shed(children=[box])),
        ("POST sites/{id}/plans/", {**shed(), "relocate": {flat: key}}),
        ("POST sites/{id}/plans/", {**shed(), "relocate": {key: flat}}),
        ("POST sites/", {**portfolio, **shed(id=key)}),
        ("PATCH devices/{id}/state/", {"points": {key: 1}}),
    ]


def test_buried_id_of_another_tenant_is_answered_like_one_that_nobody_has() -> None:
    mine = Building()
    client, others = client_of(mine.owner), ids_of_others()

    def told(key: str) -> list[tuple[str, int, str]]:
        answers = [(call, *answer(client, call, mine, body)) for call, body in buried(mine, key)]
        return [(call, status, plain(text, key)) for call, status, text in answers]

    nobody = told(NOBODY)

    assert {kind: told(key) for kind, key in others.items()} == dict.fromkeys(others, nobody)


@pytest.mark.parametrize("column", sorted(ROWS))
def test_row_that_names_what_others_have_is_refused_like_one_of_nobody(column: str) -> None:
    mine = Building()
    mine.fleet.name = "Mine"
    mine.fleet.save()
    client, others = client_of(mine.owner), ids_of_others()
    keys = [NOBODY, *others.values()]
    rows = [{**ROWS[column](key), "serial": str(n)} for n, key in enumerate(keys)]
    rows = [row if row["type"] == "device" else {**row, "serial": None} for row in rows]

    found = findings_of(client, mine, rows)

    nobody, *rest = [plain(str(findings), key) for key, findings in zip(keys, found, strict=True)]
    assert nobody != "[]"
    assert [one for one in rest if one != nobody] == []


def findings_of(
    client: APIClient, mine: Building, rows: list[dict[str, Any]]
) -> list[list[dict[str, Any]]]:
    """Hand the rows in, have them checked, and return what is wrong with each."""
    body = {"organisation": mine.organisation.pk, "mode": "rows", "rows": rows}
    response = client.post(address("imports/", mine.ids), body)
    assert response.status_code == 202, response.content
    job = BulkImport.objects.get(pk=response.json()["id"])
    imports.run_import(job.pk)
    return list(
        ImportRow.objects.filter(bulk_import=job)
        .order_by("number")
        .values_list("findings", flat=True)
    )


def questions() -> list[tuple[str, str]]:
    """Return each list with each of its query parameters that takes an id."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return [
        (f"GET {path.removeprefix(PREFIX)}", parameter["name"])
        for path, item in sorted(document["paths"].items())
        for parameter in item.get("get", {}).get("parameters", [])
        if parameter["in"] == "query" and parameter["name"] != "cursor"
        if holds_id(parameter["schema"])
    ]


def holds_id(schema: dict[str, Any]) -> bool:
    return "uuid" in (schema.get("format"), schema.get("items", {}).get("format"))


def test_id_of_another_tenant_asks_for_what_nobody_has() -> None:
    mine = Building()
    client, others = client_of(mine.owner), ids_of_others()
    told = []
    for call, name in questions():
        where = address(path_of(call), mine.ids)
        answers = {
            kind: (response.status_code, plain(response.content.decode(), key))
            for kind, key in {"nobody": NOBODY, **others}.items()
            for response in [client.get(where, {name: key})]
        }
        nobody = answers.pop("nobody")
        told += [(call, name, kind, one, nobody) for kind, one in answers.items() if one != nobody]
    assert len(questions()) > 20
    assert told == []
