"""OAuth applications over REST."""

from http import HTTPStatus

import pytest

from accounts.choices import ApplicationKind
from accounts.models import AccessToken, Application, Organisation, User
from tests import factories
from tests.accounts.oauth.flows import ask_token
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/applications/"


def test_credentials_of_gateways_are_no_applications_of_their_organisation(
    alice: User, as_: Client, organisation: Organisation, meter_app: Application
) -> None:
    box = factories.make_application(organisation, kind=ApplicationKind.GATEWAY)
    client = as_(alice)

    listed = client.get(URL).json()["results"]

    assert [one["id"] for one in listed] == [str(meter_app.pk)]
    assert_problem(client.patch(f"{URL}{box.pk}/", {"name": "Mine"}), HTTPStatus.NOT_FOUND)
    assert_problem(client.post(f"{URL}{box.pk}/rotate-secret/"), HTTPStatus.NOT_FOUND)


@pytest.fixture
def url(meter_app: Application) -> str:
    return f"{URL}{meter_app.pk}/"


def test_application_is_made_with_a_secret_that_works_and_is_shown_once(
    alice: User, as_: Client
) -> None:
    client = as_(alice)
    made = client.post(URL, {"name": "Reader", "scopes": ["readings:read"]}).json()

    application = Application.objects.get(pk=made["id"])
    answer = ask_token(application, secret=made["client_secret"], grant_type="client_credentials")
    assert answer.json()["scope"] == "readings:read"
    assert made["client_secret"] not in application.client_secret
    assert "client_secret" not in client.get(f"{URL}{made['id']}/").json()


def test_third_party_client_names_its_grants_and_addresses(alice: User, as_: Client) -> None:
    body = {
        "name": "Dashboard",
        "client_type": "public",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["https://a.example.org/cb", "https://b.example.org/cb"],
        "scopes": ["profile"],
    }

    made = as_(alice).post(URL, body)

    assert made.status_code == HTTPStatus.CREATED
    assert made.json()["redirect_uris"] == body["redirect_uris"]
    assert made.json()["client_secret"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "x", "scopes": ["no:such"]}, "#/scopes/0"),
        ({"name": "x", "grant_types": ["password"]}, "#/grant_types/0"),
        ({"name": "x", "grant_types": ["authorization_code"]}, "#/redirect_uris"),
        ({"name": "x", "redirect_uris": ["javascript:alert(1)"]}, "#/redirect_uris"),
        ({"name": "x", "redirect_uris": ["https://a.example.org/ b"]}, "#/redirect_uris/0"),
        ({"name": "x", "client_type": "public"}, "#/grant_types"),
        ({"scopes": []}, "#/name"),
        ({"name": "x", "client_secret": "mine"}, "#/client_secret"),
        ({"name": "x", "organisation": "00000000-0000-7000-8000-000000000000"}, "#/organisation"),
    ],
)
def test_bad_application_is_pointed_at(
    alice: User, as_: Client, body: dict[str, object], pointer: str
) -> None:
    answer = as_(alice).post(URL, body)

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert not Application.objects.filter(organisation__b2b_users__user=alice).exists()


def test_nobody_hands_out_more_than_their_token_holds(alice: User, as_: Client) -> None:
    answer = as_(alice, "applications:write").post(URL, {"name": "x", "scopes": ["sites:write"]})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing", scope="sites:write")


def test_nobody_takes_over_a_client_that_may_do_more(alice: User, url: str, as_: Client) -> None:
    answer = as_(alice, "applications:write").post(f"{url}rotate-secret/")

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing")


def test_operator_may_make_and_change_none(bob: User, url: str, as_: Client) -> None:
    client = as_(bob)

    for answer in (client.post(URL, {"name": "x"}), client.patch(url, {"name": "x"})):
        assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing", role="admin")
    assert_problem(client.delete(url), HTTPStatus.FORBIDDEN, "role-missing", role="admin")


def test_stranger_finds_no_application(charlie: User, url: str, as_: Client) -> None:
    client = as_(charlie)

    assert client.get(URL).json()["results"] == []
    for answer in (client.get(url), client.patch(url, {}), client.delete(url)):
        assert_problem(answer, HTTPStatus.NOT_FOUND)


def test_rotated_secret_ends_the_old_one_and_its_tokens(
    alice: User, meter_app: Application, url: str, as_: Client
) -> None:
    token = factories.make_access_token(meter_app)

    made = as_(alice).post(f"{url}rotate-secret/").json()

    assert ask_token(meter_app, grant_type="client_credentials").status_code == 401
    new = ask_token(meter_app, secret=made["client_secret"], grant_type="client_credentials")
    assert new.status_code == 200
    assert not AccessToken.objects.filter(token_checksum=token).exists()
    assert AccessToken.objects.filter(application=meter_app).count() == 1


def test_narrowed_scopes_bind_tokens_that_are_out(
    alice: User, meter_app: Application, url: str, as_: Client
) -> None:
    reader = as_(meter_app)

    as_(alice).patch(url, {"scopes": ["sites:read"]})

    answer = reader.get("/api/v1/organisations/")
    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing", scope="members:read")


def test_deleted_application_takes_its_tokens_along(
    alice: User, meter_app: Application, url: str, as_: Client
) -> None:
    reader = as_(meter_app)

    assert as_(alice).delete(url).status_code == HTTPStatus.NO_CONTENT
    assert reader.get("/api/v1/organisations/").status_code == HTTPStatus.UNAUTHORIZED


def test_creation_sent_twice_under_one_key_makes_one_application(
    alice: User, organisation: Organisation, as_: Client
) -> None:
    client, headers = as_(alice), {"Idempotency-Key": "once"}

    first = client.post(URL, {"name": "Reader"}, headers=headers)
    second = client.post(URL, {"name": "Reader"}, headers=headers)

    assert first.json() == second.json()
    assert organisation.applications.count() == 1
