"""Templates as YAML bodies: in as they are written, out as they were."""

from http import HTTPStatus
from typing import Any

import pytest
import yaml

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin.definitions.documents import car_park, changed
from twin.models import TemplateVersion

pytestmark = pytest.mark.django_db
URL = "/api/v1/templates/"
VERSIONS = f"{URL}car-park/versions/"
YAML = "application/yaml"


def text_of(document: dict[str, Any]) -> str:
    return "# ours\n" + yaml.safe_dump(document, sort_keys=False)


def test_body_of_yaml_becomes_a_template(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    address = f"{URL}?status=published&organisation={organisation.pk}"

    response = as_(bob).post(address, text_of(car_park()), content_type=YAML)

    assert response.status_code == HTTPStatus.CREATED, response.content
    version = TemplateVersion.objects.get()
    assert (version.definition, version.status) == (car_park(), "published")
    assert version.source == text_of(car_park())


def test_yaml_comes_out_as_it_went_in(as_: Client, bob: User) -> None:
    text = text_of(car_park())
    as_(bob).post(URL, text, content_type=f"{YAML}; charset=utf-8")

    response = as_(bob).get(f"{VERSIONS}1/", HTTP_ACCEPT=YAML)

    assert response.content.decode() == text


def test_next_version_and_a_redefined_draft_are_taken_as_yaml(as_: Client, bob: User) -> None:
    as_(bob).post(f"{URL}?status=published", text_of(car_park()), content_type=YAML)
    second = as_(bob).post(VERSIONS, text_of(changed("name", "Two")), content_type=YAML)

    redefined = text_of(changed("name", "Three"))
    third = as_(bob).patch(f"{VERSIONS}2/?status=published", redefined, content_type=YAML)

    assert second.json()["definition"]["name"] == "Two"
    assert (third.json()["status"], third.json()["definition"]["name"]) == ("published", "Three")


def test_pointers_into_yaml_begin_at_its_root(as_: Client, bob: User) -> None:
    text = text_of(changed("kinds/bay/contains", {"deck": {}}))

    response = as_(bob).post(URL, text, content_type=YAML)

    body = assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    pointers = [one["pointer"] for one in body["errors"]]
    assert pointers == ["#/kinds/deck/contains", "#/kinds/bay/contains"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"kinds: [", "bad-syntax"),
        (b"name: a\nname: b", "repeated-key"),
        (b"\xff\xfe", "bad-encoding"),
    ],
)
def test_text_that_is_no_definition_is_refused(
    as_: Client, bob: User, text: bytes, code: str
) -> None:
    response = as_(bob).post(URL, text, content_type=YAML)

    body = assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    assert [(one["pointer"], one["code"]) for one in body["errors"]] == [("#", code)]


def test_options_beside_a_json_body_are_refused(as_: Client, bob: User) -> None:
    response = as_(bob).post(f"{URL}?status=published", {"definition": car_park()})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert not TemplateVersion.objects.exists()


def test_yaml_needs_the_scope_too(as_: Client, bob: User) -> None:
    client = as_(bob, "templates:read")

    response = client.post(URL, text_of(car_park()), content_type=YAML)

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")
