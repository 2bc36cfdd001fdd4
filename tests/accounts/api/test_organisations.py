"""Organisations over REST."""

from http import HTTPStatus

import pytest

from accounts.models import Application, Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/organisations/"


@pytest.fixture
def url(organisation: Organisation) -> str:
    return f"{URL}{organisation.pk}/"


def test_member_sees_their_organisation_alone(
    vera: User, charlie: User, organisation: Organisation, as_: Client
) -> None:
    body = as_(vera).get(URL).json()

    assert [row["id"] for row in body["results"]] == [str(organisation.pk)]
    assert body["next"] is None


def test_application_sees_its_organisation(meter_app: Application, url: str, as_: Client) -> None:
    assert as_(meter_app).get(url).json()["name"] == "Tilleuls Gestion"


def test_stranger_finds_nothing(charlie: User, url: str, as_: Client) -> None:
    assert_problem(as_(charlie).get(url), HTTPStatus.NOT_FOUND)


def test_owner_changes_name_and_time_zone(
    alice: User, organisation: Organisation, url: str, as_: Client
) -> None:
    answer = as_(alice).patch(url, {"name": "Tilleuls", "time_zone": "Europe/Paris"})

    organisation.refresh_from_db()
    assert answer.status_code == HTTPStatus.OK
    assert (organisation.name, organisation.time_zone) == ("Tilleuls", "Europe/Paris")


def test_operator_may_not_change_it(bob: User, url: str, as_: Client) -> None:
    answer = as_(bob).patch(url, {"name": "Mine"})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing", role="admin")


def test_stranger_who_writes_learns_nothing(charlie: User, url: str, as_: Client) -> None:
    assert_problem(as_(charlie).patch(url, {"name": "Mine"}), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"time_zone": "Mars/Olympus"}, "#/time_zone"),
        ({"name": ""}, "#/name"),
        ({"name": 5}, "#/name"),
        ({"name": "x" * 201}, "#/name"),
        ({"nmae": "Tilleuls"}, "#/nmae"),
        ({"id": "00000000-0000-7000-8000-000000000000"}, "#/id"),
    ],
)
def test_bad_value_is_pointed_at(
    alice: User, url: str, as_: Client, body: dict[str, object], pointer: str
) -> None:
    answer = as_(alice).patch(url, body)

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_name_in_any_script_is_kept(alice: User, url: str, as_: Client) -> None:
    name = "🏢 בניין Ñ"

    assert as_(alice).patch(url, {"name": name}).json()["name"] == name


def test_write_with_an_old_etag_is_refused(alice: User, url: str, as_: Client) -> None:
    client = as_(alice)
    etag = client.get(url)["ETag"]
    client.patch(url, {"name": "First"}, headers={"If-Match": etag})

    answer = client.patch(url, {"name": "Second"}, headers={"If-Match": etag})

    assert_problem(answer, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")
