"""A machine room without a browser: a code that is typed in elsewhere."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from integrations.models import Connection, ConnectionAuthorization
from integrations.smartme.authorizing import begin, claim_polls, forget, poll
from tests.conftest import Client
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import sync

pytestmark = pytest.mark.django_db
URL = "/api/v1/smartme/connections/"


def begun(connection: Connection) -> ConnectionAuthorization:
    return begin(connection=connection, user=None, grant="device_code")


def type_in(cloud: Cloud, attempt: ConnectionAuthorization, decision: str = "allow") -> None:
    given = {"user_code": attempt.user_code, "login": "tilleuls", "decision": decision}
    assert "Done" in cloud.http.get("/oauth/verify", params=given).text


def test_code_is_shown_and_typed_in(
    as_: Client, bob: User, asked: Connection, cloud: Cloud
) -> None:
    shown = as_(bob).post(f"{URL}{asked.pk}/authorize/", {"grant": "device_code"}).json()
    attempt = ConnectionAuthorization.objects.get(pk=shown["id"])
    assert shown["verification_uri"].endswith("/oauth/verify")
    assert shown["user_code"].count("-") == 2
    type_in(cloud, attempt)

    poll(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.sealed) == ("granted", None)
    asked.refresh_from_db()
    assert asked.oauth_grant == "device_code"
    assert sync(asked).outcome == "ok"


def test_code_nobody_typed_in_yet_is_asked_about_again(asked: Connection) -> None:
    attempt = begun(asked)

    poll(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.poll_every_s) == ("waiting", 5)
    assert attempt.next_poll_at is not None
    assert attempt.next_poll_at > timezone.now()


def test_cloud_that_wants_to_be_asked_less_often_is_obeyed(asked: Connection) -> None:
    attempt = begun(asked)
    poll(attempt.pk)

    poll(attempt.pk)

    attempt.refresh_from_db()
    assert attempt.poll_every_s == 10


def test_refusal_ends_it(asked: Connection, cloud: Cloud) -> None:
    attempt = begun(asked)
    type_in(cloud, attempt, "deny")

    poll(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.sealed) == ("refused", None)


def test_passing_fault_does_not_end_it(asked: Connection, cloud: Cloud) -> None:
    attempt = begun(asked)
    cloud.fault("status", status=502, path="/oauth/token")

    poll(attempt.pk)

    attempt.refresh_from_db()
    assert attempt.outcome == "waiting"


def test_code_that_is_too_old_ends_without_a_call(asked: Connection, cloud: Cloud) -> None:
    attempt = begun(asked)
    ConnectionAuthorization.objects.update(expires_at=timezone.now())

    poll(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.outcome, cloud.token_calls()) == ("expired", 0)


def test_each_code_is_claimed_once(asked: Connection) -> None:
    attempt = begun(asked)
    ConnectionAuthorization.objects.update(next_poll_at=timezone.now())

    assert claim_polls() == [attempt.pk]
    assert claim_polls() == []


def test_forgotten_attempt_ends_and_keeps_no_secret(asked: Connection) -> None:
    attempt = begun(asked)

    forget(attempt.expires_at + timedelta(minutes=11))

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.sealed) == ("expired", None)

    forget(timezone.now() + timedelta(days=31))

    assert not ConnectionAuthorization.objects.exists()
