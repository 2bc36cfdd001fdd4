"""``templates/`` and their versions: made, published, never changed again."""

from http import HTTPStatus
from typing import Any

import pytest
import yaml

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.factories import make_organisation
from tests.problems import assert_problem
from tests.twin.definitions.documents import car_park, changed
from tests.twin.factories import make_version
from twin.choices import VersionStatus
from twin.definitions.documents import read_document
from twin.models import TemplateVersion, TopologyTemplate

pytestmark = pytest.mark.django_db
URL = "/api/v1/templates/"
VERSIONS = f"{URL}car-park/versions/"
FIRST = f"{VERSIONS}1/"


def test_shipped_templates_are_listed_with_their_versions(
    shipped: None, as_: Client, charlie: User
) -> None:
    results = as_(charlie).get(URL).json()["results"]

    assert {one["key"] for one in results} == {"collective-housing", "connected-home", "office"}
    assert all(one["versions"] == [{"number": 1, "status": "published"}] for one in results)


def test_template_is_made_as_a_draft(as_: Client, bob: User, organisation: Organisation) -> None:
    response = as_(bob).post(URL, {"definition": car_park()})

    body = response.json()
    assert response.status_code == HTTPStatus.CREATED
    assert (body["key"], body["organisation"]) == ("car-park", str(organisation.pk))
    assert body["versions"] == [{"number": 1, "status": "draft"}]


def test_template_can_be_written_as_yaml_and_published_at_once(as_: Client, bob: User) -> None:
    text = yaml.safe_dump(car_park(), sort_keys=False)

    as_(bob).post(URL, {"definition": text, "status": "published"})

    version = TemplateVersion.objects.get()
    assert (version.status, version.definition) == ("published", car_park())
    assert version.published_at is not None


@pytest.mark.parametrize(
    ("definition", "pointer", "code"),
    [
        (
            changed("kinds/bay/contains", {"deck": {}}),
            "#/definition/kinds/bay/contains",
            "containment-cycle",
        ),
        (
            changed("kinds/garage/contains/deck", {"min": 3, "max": 1}),
            "#/definition/kinds/garage/contains/deck",
            "impossible-cardinality",
        ),
        ("a: [", "#/definition", "bad-syntax"),
        (7, "#/definition", "invalid"),
        ({}, "#/definition", "required"),
    ],
)
def test_wrong_definition_is_refused_with_pointer_and_rule(
    as_: Client, bob: User, definition: object, pointer: str, code: str
) -> None:
    response = as_(bob).post(URL, {"definition": definition})

    errors = assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")["errors"]
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in errors}
    assert not TopologyTemplate.objects.exists()


@pytest.mark.parametrize("is_shipped", [True, False])
def test_key_that_is_taken_is_refused(
    as_: Client, bob: User, organisation: Organisation, is_shipped: bool
) -> None:
    make_version(None if is_shipped else organisation)

    response = as_(bob).post(URL, {"definition": car_park()})

    assert_problem(response, HTTPStatus.CONFLICT, "template-key-taken", key="car-park")


def test_key_of_another_organisation_is_free(as_: Client, bob: User) -> None:
    make_version(make_organisation())

    assert as_(bob).post(URL, {"definition": car_park()}).status_code == HTTPStatus.CREATED


def test_version_is_read_with_its_definition(
    as_: Client, vera: User, organisation: Organisation
) -> None:
    make_version(organisation)

    body = as_(vera).get(FIRST).json()

    assert (body["reference"], body["status"]) == ("car-park@1", "published")
    assert body["definition"] == car_park()


def test_next_version_counts_on(as_: Client, bob: User, organisation: Organisation) -> None:
    make_version(organisation)

    body = as_(bob).post(VERSIONS, {"definition": changed("name", "Garage")}).json()

    assert (body["number"], body["status"]) == (2, "draft")
    assert as_(bob).get(f"{URL}car-park/").json()["name"] == "Garage"


@pytest.mark.parametrize(("field", "value"), [("key", "park"), ("version", 7)])
def test_version_must_be_the_next_of_its_template(
    as_: Client, bob: User, organisation: Organisation, field: str, value: Any
) -> None:
    make_version(organisation)

    response = as_(bob).post(VERSIONS, {"definition": {**car_park(), field: value}})

    pointer = f"#/definition/{field}"
    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_draft_is_published_then_deprecated(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    make_version(organisation, status=VersionStatus.DRAFT)
    client = as_(bob)

    published = client.patch(FIRST, {"status": "published"}).json()
    deprecated = client.patch(FIRST, {"status": "deprecated"}).json()

    assert (published["status"], deprecated["status"]) == ("published", "deprecated")
    assert published["published_at"] == deprecated["published_at"]


def test_draft_can_be_redefined(as_: Client, bob: User, organisation: Organisation) -> None:
    make_version(organisation, status=VersionStatus.DRAFT)

    body = as_(bob).patch(FIRST, {"definition": changed("name", "Garage")}).json()

    assert body["definition"]["name"] == "Garage"


def test_published_definition_never_changes(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    make_version(organisation)

    response = as_(bob).patch(FIRST, {"definition": changed("name", "Garage")})

    assert_problem(response, HTTPStatus.CONFLICT, "template-version-fixed", current="published")


@pytest.mark.parametrize(("current", "wanted"), [("draft", "deprecated"), ("deprecated", "draft")])
def test_status_only_moves_on(
    as_: Client, bob: User, organisation: Organisation, current: str, wanted: str
) -> None:
    make_version(organisation, status=current)

    response = as_(bob).patch(FIRST, {"status": wanted})

    assert_problem(response, HTTPStatus.CONFLICT, "template-status-refused", wanted=wanted)


def test_template_of_others_does_not_exist(
    as_: Client, charlie: User, organisation: Organisation
) -> None:
    make_version(organisation)
    client = as_(charlie)

    for url in (f"{URL}car-park/", VERSIONS, FIRST):
        assert_problem(client.get(url), HTTPStatus.NOT_FOUND)
    assert_problem(client.patch(FIRST, {"status": "deprecated"}), HTTPStatus.NOT_FOUND)


def test_shipped_template_may_be_changed_by_nobody(as_: Client, alice: User) -> None:
    make_version()
    client = as_(alice)

    answers = [
        client.patch(FIRST, {"status": "deprecated"}),
        client.post(VERSIONS, {"definition": car_park()}),
    ]

    for response in answers:
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


def test_viewer_may_not_make_templates(as_: Client, vera: User) -> None:
    response = as_(vera).post(URL, {"definition": car_park()})

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


@pytest.mark.parametrize(
    ("method", "scope"), [("get", "templates:write"), ("post", "templates:read")]
)
@pytest.mark.parametrize("url", [URL, VERSIONS])
def test_scope_is_needed(as_: Client, bob: User, method: str, scope: str, url: str) -> None:
    response = getattr(as_(bob, scope), method)(url, {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_version_comes_out_as_yaml_that_makes_the_same_again(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    make_version(organisation)

    asked = as_(bob).get(f"{FIRST}?format=yaml")
    accepted = as_(bob).get(FIRST, headers={"Accept": "application/yaml"})

    assert asked["Content-Type"] == accepted["Content-Type"] == "application/yaml"
    assert asked.content == accepted.content
    assert read_document(asked.content.decode()) == car_park()


def test_yaml_comes_out_as_it_was_written(as_: Client, bob: User) -> None:
    text = "# Ours\n" + yaml.safe_dump(car_park(), sort_keys=False)
    as_(bob).post(URL, {"definition": text})

    assert as_(bob).get(f"{FIRST}?format=yaml").content.decode() == text


def test_missing_version_is_a_problem_in_json_even_for_yaml(as_: Client, bob: User) -> None:
    response = as_(bob).get(f"{VERSIONS}9/?format=yaml")

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response.json()["status"] == HTTPStatus.NOT_FOUND
