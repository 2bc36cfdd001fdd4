"""``device-types/import/``, YAML out and versions: own types from documents, and each as it was."""

from http import HTTPStatus
from typing import Any

import pytest
import yaml
from django.db import IntegrityError, transaction

from accounts.models import Organisation, User
from devices.models import DeviceType, DeviceTypeVersion
from devices.services.catalogue import load_catalogue
from devices.services.catalogue_files import read_catalogue
from tests.conftest import Client
from tests.devices.factories import make_device, make_type
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
URL = "/api/v1/device-types/"
LAMP = """
key: desk-lamp
model: Desk lamp
category: light
points: [switch_on, {key: brightness, name: How bright}]
actions: [switch]
"""
SENSOR: dict[str, Any] = {
    "key": "vat",
    "model": "Vat",
    "category": "vat",
    "points": ["temperature", "level"],
}
LEVEL = {"key": "level", "name": "Level", "kind": "measurement", "value_type": "number"} | {
    "unit": "%",
    "nature": "gauge",
}
MANY = {"points": [LEVEL], "device_types": [SENSOR, yaml.safe_load(LAMP)]}


def put(client: Any, document: object, query: str = "") -> Any:
    text = document if isinstance(document, str) else yaml.safe_dump(document)
    return client.generic("POST", f"{URL}import/{query}", text, "application/yaml")


def test_one_type_comes_from_yaml_with_the_catalogues_words(as_: Client, bob: User) -> None:
    body = put(as_(bob), LAMP).json()

    lamp = DeviceType.objects.get(key="desk-lamp")
    assert [(one["status"], one["version"], one["id"]) for one in body["results"]] == [
        ("created", 1, str(lamp.pk))
    ]
    assert (lamp.name, lamp.points.get(key="brightness").name) == ("Desk lamp", "How bright")
    assert lamp.actions.get(key="switch").is_idempotent


def test_dry_run_says_what_becomes_of_each_and_writes_nothing(as_: Client, bob: User) -> None:
    client = as_(bob)
    put(client, LAMP)
    dimmed = {**yaml.safe_load(LAMP), "points": ["switch_on"]}

    body = put(client, {**MANY, "device_types": [SENSOR, dimmed, {}]}, "?dry_run=true").json()

    told = [(one["key"], one["status"], one["version"]) for one in body["results"]]
    assert told == [("vat", "created", 1), ("desk-lamp", "changed", 2), ("", "refused", None)]
    assert body["results"][1]["changes"] == ["point brightness: taken away"]
    assert DeviceType.objects.get().version == 1


def test_same_document_again_changes_nothing(as_: Client, bob: User) -> None:
    client = as_(bob)
    put(client, MANY)

    body = put(client, MANY).json()

    assert {(one["status"], one["version"]) for one in body["results"]} == {("unchanged", 1)}
    assert DeviceTypeVersion.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"points": ["temprature"]}, "#/device_types/0/points/0", "unknown-point"),
        ({"actions": ["dance"]}, "#/device_types/0/actions/0", "unknown-action"),
        (
            {"points": [{"key": "temperature", "unit": "K"}]},
            "#/device_types/0/points/0/unit",
            "fixed",
        ),
        ({"points": [{**LEVEL, "unit": "furlong"}]}, "#/device_types/0/points/0/unit", "enum"),
        ({"points": []}, "#/device_types/0/points", "minItems"),
        ({"key": "Vat 1"}, "#/device_types/0/key", "pattern"),
        ({"colour": "red"}, "#/device_types/0", "additionalProperties"),
        ({"model": None}, "#/device_types/0/model", "type"),
    ],
)
def test_what_is_wrong_is_told_with_place_rule_and_fix_and_nothing_is_written(
    as_: Client, bob: User, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = put(
        as_(bob), {**MANY, "device_types": [{**SENSOR, **change}, MANY["device_types"][1]]}
    )

    body = assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert [(one["pointer"], one["code"]) for one in body["errors"]] == [(pointer, code)]
    assert not DeviceType.objects.exists()


def test_misspelt_word_is_answered_with_the_right_one(as_: Client, bob: User) -> None:
    answer = put(as_(bob), {**SENSOR, "points": ["temprature"]})

    assert "Did you mean temperature?" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("text", ["a: [", "- 1", "points: []", "a: &x 1\nb: *x", "\xff"])
def test_what_is_no_document_is_refused_as_such(as_: Client, bob: User, text: str) -> None:
    body = text.encode("latin-1")
    answer = as_(bob).post(f"{URL}import/", body, content_type="application/yaml")

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#")


def test_points_that_devices_have_stay_through_imports(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    client = as_(bob)
    put(client, LAMP)
    make_device(organisation, type=DeviceType.objects.get(key="desk-lamp"))

    answer = put(client, {**yaml.safe_load(LAMP), "points": ["switch_on"]})

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/points")
    assert answer.json()["errors"][0]["code"] == "points-in-use"


def test_every_shipped_type_goes_out_as_yaml_and_comes_in_again(as_: Client, bob: User) -> None:
    load_catalogue()
    client = as_(bob)
    shipped = list(DeviceType.objects.filter(organisation=None).order_by("key")[:3])
    texts = [client.get(f"{URL}{kind.pk}/?format=yaml").content.decode() for kind in shipped]

    for text in texts:
        assert put(client, text).status_code == HTTPStatus.OK

    for kind in shipped:
        own = DeviceType.objects.get(key=kind.key, organisation__isnull=False)
        assert own.versions.get().document == kind.versions.get().document


def test_export_that_others_have_outrun_is_refused(as_: Client, bob: User) -> None:
    client = as_(bob)
    put(client, LAMP)
    put(client, LAMP.replace("Desk lamp", "Floor lamp"))

    answer = put(client, f"{LAMP}version: 1\n")

    assert answer.json()["errors"][0]["code"] == "version-outdated"


def test_each_version_stays_as_it_was_published(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    client, kind = as_(bob), make_type(organisation, name="First")
    client.patch(f"{URL}{kind.pk}/", {"name": "Second"})

    listed = client.get(f"{URL}{kind.pk}/versions/").json()["results"]
    text = client.get(f"{URL}{kind.pk}/versions/1/?format=yaml").content.decode()

    assert [(one["number"], one["document"]["name"]) for one in listed] == [
        (1, "First"),
        (2, "Second"),
    ]
    assert yaml.safe_load(text)["name"] == "First"
    with pytest.raises(IntegrityError), transaction.atomic():
        kind.versions.update(number=7)


def test_types_of_others_and_narrow_tokens_get_nothing(
    as_: Client, charlie: User, bob: User, organisation: Organisation
) -> None:
    kind = make_type(organisation)

    assert_problem(as_(charlie).get(f"{URL}{kind.pk}/versions/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(charlie).get(f"{URL}{kind.pk}/?format=yaml"), HTTPStatus.NOT_FOUND)
    elsewhere = put(as_(charlie), LAMP, f"?organisation={organisation.pk}")
    assert_problem(elsewhere, HTTPStatus.BAD_REQUEST, "validation", pointer="#/organisation")
    narrow = put(as_(bob, "catalogue:read"), LAMP)
    assert_problem(narrow, HTTPStatus.FORBIDDEN, "scope-missing", scope="catalogue:write")


def test_release_that_changes_a_type_publishes_the_next_version() -> None:
    load_catalogue()
    changed = read_catalogue()
    changed.device_types["smartme-plug"]["points"].pop()

    loaded = load_catalogue(changed)

    plug = DeviceType.objects.get(key="smartme-plug")
    assert (loaded.published, plug.version) == (1, 2)
    first, second = plug.versions.order_by("number")
    assert len(first.document["points"]) == len(second.document["points"]) + 1
