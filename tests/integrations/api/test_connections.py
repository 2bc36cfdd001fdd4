"""``smartme/connections/``: made without a call, changed, paused, and never telling a secret."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Organisation, User
from devices.models import Fleet
from integrations.models import Connection
from tests.conftest import Client
from tests.integrations.smartme.clouds import READING_KEY
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
URL = "/api/v1/smartme/connections/"


def body(fleet: Fleet, **more: Any) -> dict[str, Any]:
    given = {"name": "Tilleuls", "fleet": str(fleet.pk), "auth_method": "api_key"}
    return {**given, "api_key": READING_KEY, **more}


def test_connection_is_made_at_once_and_waits_for_its_first_sync(
    as_: Client, bob: User, fleet: Fleet
) -> None:
    answer = as_(bob).post(URL, body(fleet))

    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["problem"]) == ("pending", None)
    assert (answer.json()["realtime"], answer.json()["interval_s"]) == (False, 60)
    assert Connection.objects.get(pk=answer.json()["id"]).claim is not None


def test_secret_is_stored_encrypted_and_never_shown(as_: Client, bob: User, fleet: Fleet) -> None:
    client = as_(bob)
    created = client.post(URL, body(fleet))

    shown = client.get(f"{URL}{created.json()['id']}/")

    assert READING_KEY not in created.content.decode() + shown.content.decode()
    assert Connection.objects.get(pk=created.json()["id"]).secret == READING_KEY


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("basic", {"username": "haus3", "password": "s3cret"}),
        ("card", {"card_id": "123456", "card_token": "155ece3459ad09d5f98aad04fcfc28ac"}),
        ("oauth", {"access_token": "abc"}),
    ],
)
def test_other_ways_in_take_their_own_secret(
    as_: Client, bob: User, fleet: Fleet, method: str, fields: dict[str, str]
) -> None:
    given = {"name": "x", "fleet": str(fleet.pk), "auth_method": method, **fields}

    answer = as_(bob).post(URL, given)

    assert answer.status_code == 201
    assert answer.json()["auth_method"] == method


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"api_key": None}, "#/api_key"),
        ({"api_key": ""}, "#/api_key"),
        ({"api_key": 12345}, "#/api_key"),
        ({"api_key": "line\nbreak"}, "#/api_key"),
        ({"api_key": "schlüssel"}, "#/api_key"),
        ({"password": "x"}, "#/password"),
        ({"auth_method": "card"}, "#/card_id"),
        ({"auth_method": "magic"}, "#/auth_method"),
        ({"url": "https://elsewhere.test"}, "#/url"),
        ({"interval_s": 1}, "#/interval_s"),
        ({"fleet": "01890000-0000-7000-8000-000000000000"}, "#/fleet"),
        ({"site": "01890000-0000-7000-8000-000000000000"}, "#/site"),
        ({"name": ""}, "#/name"),
    ],
)
def test_body_that_cannot_be_is_refused_with_its_place(
    as_: Client, bob: User, fleet: Fleet, change: dict[str, Any], pointer: str
) -> None:
    answer = as_(bob).post(URL, body(fleet) | change)

    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Connection.objects.exists()


def test_missing_secret_is_named(as_: Client, bob: User, fleet: Fleet) -> None:
    given = body(fleet)
    del given["api_key"]

    answer = as_(bob).post(URL, given)

    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/api_key"]


def test_viewer_may_look_but_not_connect(
    as_: Client, vera: User, fleet: Fleet, connection: Connection
) -> None:
    client = as_(vera)

    assert client.get(f"{URL}{connection.pk}/").status_code == 200
    assert_problem(client.post(URL, body(fleet)), HTTPStatus.FORBIDDEN, "role-missing")
    assert_problem(client.post(f"{URL}{connection.pk}/sync/"), HTTPStatus.FORBIDDEN, "role-missing")


def test_stranger_finds_nothing(as_: Client, charlie: User, connection: Connection) -> None:
    client = as_(charlie)

    assert client.get(URL).json()["results"] == []
    for path in ("", "meters/", "runs/"):
        assert client.get(f"{URL}{connection.pk}/{path}").status_code == 404
    assert client.post(f"{URL}{connection.pk}/sync/").status_code == 404


def test_token_needs_the_scopes(as_: Client, bob: User, connection: Connection) -> None:
    reader = as_(bob, "connections:read")

    assert reader.get(f"{URL}{connection.pk}/").status_code == 200
    assert_problem(reader.delete(f"{URL}{connection.pk}/"), HTTPStatus.FORBIDDEN, "scope-missing")
    assert_problem(as_(bob, "sites:read").get(URL), HTTPStatus.FORBIDDEN, "scope-missing")


def test_list_is_filtered_by_status(as_: Client, bob: User, connection: Connection) -> None:
    client = as_(bob)

    assert len(client.get(URL, {"status": "pending"}).json()["results"]) == 1
    assert client.get(URL, {"status": "ok"}).json()["results"] == []
    assert client.get(URL, {"colour": "blue"}).status_code == 400


def test_connection_is_paused_and_resumed(as_: Client, bob: User, connection: Connection) -> None:
    client = as_(bob)

    paused = client.patch(f"{URL}{connection.pk}/", {"paused": True})
    refused = client.post(f"{URL}{connection.pk}/sync/")
    resumed = client.patch(f"{URL}{connection.pk}/", {"status": "pending"})

    assert paused.json()["status"] == "paused"
    assert_problem(refused, HTTPStatus.CONFLICT, "connection-paused")
    assert (resumed.json()["status"], resumed.json()["paused"]) == ("pending", False)


def test_new_secret_replaces_the_old_one_and_is_tried_at_once(
    as_: Client, bob: User, connection: Connection
) -> None:
    Connection.objects.update(claim=None, status="failed", next_attempt_at="2100-01-01T00:00:00Z")

    answer = as_(bob).patch(f"{URL}{connection.pk}/", {"api_key": "new-key"})

    stored = Connection.objects.get()
    assert answer.status_code == 200
    assert (stored.secret, stored.claim is not None) == ("new-key", True)


def test_rename_leaves_the_secret_unread(as_: Client, bob: User, connection: Connection) -> None:
    answer = as_(bob).patch(f"{URL}{connection.pk}/", {"name": "Les Tilleuls, nord"})

    assert answer.json()["name"] == "Les Tilleuls, nord"
    assert Connection.objects.get().secret == READING_KEY


def test_changed_method_needs_its_own_secret(
    as_: Client, bob: User, connection: Connection
) -> None:
    answer = as_(bob).patch(f"{URL}{connection.pk}/", {"auth_method": "basic", "username": "haus3"})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/password"]


def test_sync_now_is_accepted_during_back_off_and_while_one_runs(
    as_: Client, bob: User, connection: Connection
) -> None:
    client = as_(bob)
    Connection.objects.update(claim=None, next_attempt_at="2100-01-01T00:00:00Z")

    first = client.post(f"{URL}{connection.pk}/sync/")
    claim = Connection.objects.get().claim
    second = client.post(f"{URL}{connection.pk}/sync/")

    assert (first.status_code, second.status_code) == (202, 202)
    assert Connection.objects.get().claim == claim is not None


def test_connection_is_deleted_with_its_secret(
    as_: Client, bob: User, connection: Connection
) -> None:
    answer = as_(bob).delete(f"{URL}{connection.pk}/")

    assert (answer.status_code, Connection.objects.count()) == (204, 0)


def test_fleet_of_a_stranger_does_not_exist(
    as_: Client, charlie: User, fleet: Fleet, organisation: Organisation
) -> None:
    answer = as_(charlie).post(URL, body(fleet))

    assert [error["code"] for error in answer.json()["errors"]] == ["unknown-fleet"]
