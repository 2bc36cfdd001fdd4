"""No secret of any way in comes out anywhere: answers, pages, logs, errors, audit, repr."""

from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from devices.models import Fleet
from integrations.models import Connection, ConnectionAuthorization
from integrations.smartme.authorizing import begin, poll, take_up
from integrations.smartme.connections import change_connection, credentials_of
from integrations.smartme.tokens import opened
from tests.conftest import Client
from tests.factories import make_user
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import make_connection, sync
from tests.integrations.smartme.ways.conftest import make_oauth

pytestmark = pytest.mark.django_db
URL = "/api/v1/smartme/connections/"
SECRETS = ("k3y-of-an-account", "c4rd-t0ken", "p4ssw0rd-there", "t0ken-as-it-is", "app-s3cret")


@pytest.fixture
def connections(fleet: Fleet, cloud: Cloud) -> list[Connection]:
    """A connection by each way in; the last has tokens of the cloud and an open attempt."""
    none = {"api_key": None}
    key = make_connection(fleet, api_key=SECRETS[0])
    card = {"card_id": "1", "card_token": SECRETS[1]}
    basic = {"username": "u", "password": SECRETS[2]}
    made = [
        key,
        make_connection(fleet, auth_method="card", **none, **card),
        make_connection(fleet, auth_method="basic", **none, **basic),
        make_connection(fleet, auth_method="oauth", **none, access_token=SECRETS[3]),
        make_oauth(fleet, grant="device_code"),
    ]
    attempt = begin(connection=made[-1], user=None, grant="device_code")
    cloud.http.get("/oauth/verify", params={"user_code": attempt.user_code, "login": "tilleuls"})
    poll(attempt.pk)
    return made


def all_secrets(connections: list[Connection]) -> list[str]:
    """Return what was stored by people, and what the cloud gave since."""
    tokens: Any = opened(connections[-1].pk).tokens
    return [*SECRETS, str(tokens["access_token"]), str(tokens["refresh_token"])]


def tables() -> str:
    """Return all rows of the audit and of our own tables, as text."""
    found = []
    with database.cursor() as cursor:
        for table in ("accounts_auditentry", "integrations_connection", "integrations_syncrun"):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT to_jsonb(t)::text FROM integrations_connectionauthorization t")
        found += [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT to_jsonb(t)::text FROM integrations_event t")
        found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_no_secret_is_told_by_the_api(
    as_: Client, bob: User, connections: list[Connection]
) -> None:
    client = as_(bob)
    told = client.get(URL).content
    for connection in connections:
        for part in ("", "meters/", "runs/", "health/", "authorize/"):
            told += client.get(f"{URL}{connection.pk}/{part}").content

    assert len(told) > 4_000
    assert [secret for secret in all_secrets(connections) if secret.encode() in told] == []


def test_no_secret_is_on_an_admin_page(connections: list[Connection]) -> None:
    browser = Browser()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    shown = browser.get(reverse("admin:integrations_connection_changelist")).content
    for connection in connections:
        page = reverse("admin:integrations_connection_change", args=[connection.pk])
        answer = browser.get(page)
        assert answer.status_code == 200
        shown += answer.content

    assert [secret for secret in all_secrets(connections) if secret.encode() in shown] == []


def test_no_secret_is_in_a_log_or_an_error(
    connections: list[Connection], cloud: Cloud, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level("DEBUG")
    secrets = all_secrets(connections)
    for fault in ("status", "html", "cut", "not-json"):
        cloud.heal()
        cloud.fault(fault, status=401)
        for connection in connections:
            sync(connection)
    problems = "".join(Connection.objects.values_list("problem", flat=True))
    written = caplog.text + "".join(capfd.readouterr()) + problems

    assert "smartme_sync_ended" in written
    assert [secret for secret in secrets if secret in written] == []


def test_no_secret_is_in_a_table_or_in_the_audit(bob: User, connections: list[Connection]) -> None:
    secrets = all_secrets(connections)
    change_connection(connection=connections[0], changes={"api_key": "an0ther-key"})
    text = tables()

    assert "api_key" in text
    assert [secret for secret in [*secrets, "an0ther-key"] if secret in text] == []


def test_no_secret_is_in_a_representation(bob: User, connections: list[Connection]) -> None:
    asked = begin(connection=connections[-1], user=bob, grant="authorization_code")
    take_up(asked, session_key="session")
    shown = repr([credentials_of(one) for one in connections]) + repr(connections)
    shown += repr(ConnectionAuthorization.objects.all()) + str(asked.__class__)

    assert [secret for secret in all_secrets(connections) if secret in shown] == []


def test_secrets_move_to_the_newest_key(connections: list[Connection], settings: Any) -> None:
    before = all_secrets(connections)
    settings.FIELD_ENCRYPTION_KEYS = ["newest-" + "k" * 40, *settings.FIELD_ENCRYPTION_KEYS]

    call_command("rotate_secrets", verbosity=0)

    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert all_secrets(connections) == before
    stored = [orjson.dumps(opened(one.pk).secret).decode() for one in connections]
    assert [secret in text for secret, text in zip(SECRETS, stored, strict=True)] == [True] * 5
