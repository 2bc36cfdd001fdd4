"""Kinds of device as W3C Thing Descriptions, checked against the rules of the recommendation."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accounts.models import Application, Organisation
from devices.models import DeviceType
from devices.services.catalogue import load_catalogue
from tests.conftest import Client
from tests.devices.factories import make_type

pytestmark = pytest.mark.django_db
# What WoT Thing Description 1.1 demands of a Thing (5.3.1.1), of affordances (5.3.1.2), forms
# (5.3.4.2) and data schemas (5.3.2.1): its mandatory members and the values they may have.
FORM = {
    "type": "object",
    "required": ["href"],
    "properties": {
        "op": {"enum": ["readproperty", "writeproperty", "invokeaction"]},
        "href": {"type": "string", "minLength": 1},
        "contentType": {"type": "string"},
        "scopes": {"type": "array", "items": {"type": "string"}},
    },
}
DATA = {
    "type": "object",
    "properties": {
        "type": {"enum": ["boolean", "integer", "number", "string", "object", "array", "null"]},
        "enum": {"type": "array", "minItems": 1, "uniqueItems": True},
        "unit": {"type": "string"},
        "readOnly": {"type": "boolean"},
        "properties": {"additionalProperties": {"$ref": "#/$defs/data"}},
    },
}
AFFORDANCE = {"required": ["forms"], "properties": {"forms": {"type": "array", "minItems": 1}}}
THING = {
    "$defs": {"data": DATA},
    "type": "object",
    "required": ["@context", "title", "security", "securityDefinitions"],
    "properties": {
        "@context": {"prefixItems": [{"const": "https://www.w3.org/2022/wot/td/v1.1"}]},
        "id": {"type": "string", "pattern": "^urn:uuid:"},
        "version": {"type": "object", "required": ["instance"]},
        "modified": {"type": "string", "pattern": "Z$"},
        "securityDefinitions": {
            "minProperties": 1,
            "additionalProperties": {"required": ["scheme"]},
        },
        "properties": {
            "additionalProperties": {
                "allOf": [AFFORDANCE, {"$ref": "#/$defs/data"}],
                "properties": {"forms": {"items": FORM}},
            }
        },
        "actions": {
            "additionalProperties": {
                **AFFORDANCE,
                "properties": {
                    "forms": {"items": FORM},
                    "input": {"$ref": "#/$defs/data"},
                    "output": {"$ref": "#/$defs/data"},
                },
            }
        },
    },
}


def describe(client: Any, kind: DeviceType, **headers: str) -> dict[str, Any]:
    query = {} if headers else {"format": "td"}
    answer = client.get(f"/api/v1/device-types/{kind.pk}/", query, headers=headers or None)
    assert answer["Content-Type"] == "application/td+json"
    body: dict[str, Any] = answer.json()
    return body


def test_every_shipped_type_obeys_the_recommendation(as_: Client, meter_app: Application) -> None:
    load_catalogue()
    client, validator = as_(meter_app), Draft202012Validator(THING)

    faults = {
        kind.key: [error.message for error in validator.iter_errors(describe(client, kind))]
        for kind in DeviceType.objects.all()
    }

    assert len(faults) > 30
    assert {key: found for key, found in faults.items() if found} == {}


def test_media_type_may_be_asked_for(as_: Client, meter_app: Application) -> None:
    kind = make_type()

    shown = describe(as_(meter_app), kind, Accept="application/td+json")

    assert (shown["id"], shown["title"]) == (f"urn:uuid:{kind.pk}", kind.name)


def test_points_are_properties_as_their_type_says(as_: Client, meter_app: Application) -> None:
    properties = describe(as_(meter_app), make_type())["properties"]

    power, relay, mode = (properties[key] for key in ("active_power", "relay", "mode"))
    assert (power["type"], power["unit"], power["readOnly"]) == ("number", "W", True)
    assert relay["type"] == "boolean"
    assert (mode["type"], mode["enum"]) == ("string", ["off", "eco", "comfort"])
    assert [form["op"] for form in mode["forms"]] == ["readproperty", "writeproperty"]


def test_addresses_lead_to_the_api_and_need_its_scopes(as_: Client, meter_app: Application) -> None:
    body = describe(as_(meter_app), make_type())

    things = [*body["properties"].values(), *body["actions"].values()]
    forms = [form for thing in things for form in thing["forms"]]
    assert {re.sub(r".*/", "", form["href"].rstrip("/")) for form in forms} == {"state", "commands"}
    scopes = {scope for form in forms for scope in form["scopes"]}
    assert scopes <= set(body["securityDefinitions"]["oauth2"]["scopes"])
    assert body["base"].endswith("/api/v1/")


def test_type_of_another_organisation_is_not_described(
    as_: Client, charlie: Any, organisation: Organisation
) -> None:
    kind = make_type(organisation)

    answer = as_(charlie).get(f"/api/v1/device-types/{kind.pk}/", {"format": "td"})

    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_list_has_no_other_format(as_: Client, meter_app: Application) -> None:
    answer = as_(meter_app).get("/api/v1/device-types/", {"format": "td"})

    assert answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}


def test_plain_answer_stays_what_it_was(as_: Client, meter_app: Application) -> None:
    kind = make_type()

    answer = as_(meter_app).get(f"/api/v1/device-types/{kind.pk}/")

    assert answer["Content-Type"] == "application/json"
    assert answer["ETag"]
