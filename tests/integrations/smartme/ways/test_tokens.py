"""Access tokens: renewed ahead of their end, by one at a time, and nothing lost on the way."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from devices.models import Fleet
from integrations.models import Connection
from integrations.smartme.authorizing import begin, poll
from integrations.smartme.connections import change_connection, delete_connection
from integrations.smartme.errors import GrantRefused, NotAuthorised
from integrations.smartme.realtime.registration import settle_registration
from integrations.smartme.tokens import bearer_instead_of, bearer_of
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import sync
from tests.integrations.smartme.ways.conftest import make_oauth

pytestmark = pytest.mark.django_db


@pytest.fixture
def allowed(asked: Connection, cloud: Cloud) -> Connection:
    """A connection with an access token and a refresh token."""
    allow(asked, cloud)
    return asked


def allow(connection: Connection, cloud: Cloud) -> None:
    attempt = begin(connection=connection, user=None, grant="device_code")
    cloud.http.get("/oauth/verify", params={"user_code": attempt.user_code, "login": "tilleuls"})
    poll(attempt.pk)
    connection.refresh_from_db()


def age(connection: Connection, left_s: float) -> None:
    Connection.objects.update(token_expires_at=timezone.now() + timedelta(seconds=left_s))


def refresh_token(connection: Connection) -> str:
    tokens: Any = Connection.objects.get(pk=connection.pk).tokens
    return str(tokens["refresh_token"])


def test_good_token_is_used_as_it_is(allowed: Connection, cloud: Cloud) -> None:
    before = cloud.token_calls()

    assert bearer_of(allowed) == bearer_of(allowed)
    assert cloud.token_calls() == before


def test_token_is_renewed_ahead_of_its_end_and_its_refresh_token_with_it(
    allowed: Connection,
) -> None:
    first, spent = bearer_of(allowed), refresh_token(allowed)
    age(allowed, 200)

    second = bearer_of(allowed)

    assert second != first
    assert refresh_token(allowed) != spent
    allowed.refresh_from_db()
    assert allowed.token_expires_at is not None
    assert allowed.token_expires_at > timezone.now() + timedelta(minutes=50)


def test_token_stays_in_use_while_renewing_fails(allowed: Connection, cloud: Cloud) -> None:
    first = bearer_of(allowed)
    age(allowed, 200)
    cloud.fault("status", status=503, path="/oauth/token")

    assert bearer_of(allowed) == first


def test_lost_answer_within_the_clouds_patience_costs_nothing(
    allowed: Connection, cloud: Cloud
) -> None:
    cloud.change("oauth", refresh_grace_s=60)
    age(allowed, 200)
    cloud.fault("lost", path="/oauth/token", times=1)
    bearer_of(allowed)

    age(allowed, 0)

    assert bearer_of(allowed).token
    assert sync(allowed).outcome == "ok"


def test_lost_answer_that_cost_the_refresh_token_is_said(allowed: Connection, cloud: Cloud) -> None:
    age(allowed, 0)
    cloud.fault("lost", path="/oauth/token", times=1)
    assert sync(allowed).outcome == "degraded"

    run = sync(allowed)

    assert run.outcome == "failed"
    assert "An earlier renewal got no answer" in allowed.problem
    assert "Allow Atrium again" in allowed.problem


def test_refresh_token_that_was_taken_back_is_not_tried_again(
    allowed: Connection, cloud: Cloud
) -> None:
    cloud.http.post("/oauth/token", data=spend(refresh_token(allowed)))
    age(allowed, 0)
    with pytest.raises(GrantRefused):
        bearer_of(allowed)
    calls = cloud.token_calls()

    with pytest.raises(NotAuthorised, match="Allow Atrium again"):
        bearer_of(allowed)
    assert cloud.token_calls() == calls


def spend(token: str) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return {**form, "client_id": "atrium", "client_secret": "app-s3cret"}


def test_connection_that_lost_its_grant_works_again_once_allowed(
    allowed: Connection, cloud: Cloud
) -> None:
    cloud.http.post("/oauth/token", data=spend(refresh_token(allowed)))
    age(allowed, 0)
    sync(allowed)

    allow(allowed, cloud)

    assert sync(allowed).outcome == "ok"


def test_token_the_cloud_ended_early_is_renewed_and_the_call_made_again(
    allowed: Connection, cloud: Cloud
) -> None:
    cloud.change("oauth", end_access=True)

    run = sync(allowed)

    assert (run.outcome, allowed.status) == ("ok", "ok")


def test_another_workers_token_is_taken_instead_of_renewing(
    allowed: Connection, cloud: Cloud
) -> None:
    old = bearer_of(allowed)
    new = bearer_instead_of(allowed, old)
    calls = cloud.token_calls()

    assert bearer_instead_of(allowed, old) == new
    assert cloud.token_calls() == calls


def test_client_credentials_fetch_a_new_token_each_time(fleet: Fleet, cloud: Cloud) -> None:
    connection = make_oauth(
        fleet,
        grant="client_credentials",
        client_id="tilleuls-device-app",
        client_secret="demo-client-secret",
    )

    assert sync(connection).outcome == "ok"
    age(connection, 0)
    assert sync(connection).outcome == "ok"
    assert connection.claims == ["device.read"]


def test_wrong_client_secret_is_said(fleet: Fleet, cloud: Cloud) -> None:
    connection = make_oauth(fleet, grant="client_credentials", client_secret="wrong")

    sync(connection)

    assert connection.status == "failed"
    assert "client id or secret" in connection.problem


def test_new_application_ends_what_the_old_one_was_given(allowed: Connection) -> None:
    change_connection(connection=allowed, changes={"client_id": "atrium-public"})

    assert Connection.objects.get(pk=allowed.pk).tokens is None


@pytest.mark.django_db(transaction=True)
def test_many_workers_renew_once(allowed: Connection, cloud: Cloud) -> None:
    cloud.fault("pause", path="/oauth/token", seconds=0.3)
    age(allowed, 0)
    calls, found = cloud.token_calls(), []

    def work() -> None:
        found.append(bearer_of(allowed))
        database.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(found) == 6
    assert len(set(found)) == 1
    assert cloud.token_calls() == calls + 1


def test_lease_of_a_dead_worker_ends(allowed: Connection) -> None:
    age(allowed, 0)
    Connection.objects.update(
        renewal=allowed.pk, renewal_ends_at=timezone.now() - timedelta(seconds=1)
    )

    assert bearer_of(allowed).token


def test_disconnecting_takes_the_refresh_token_back(allowed: Connection, cloud: Cloud) -> None:
    oauth = cloud.inner.doorkeeper.oauth
    assert oauth.refresh_tokens("tilleuls")

    delete_connection(connection=allowed)
    settle_registration(allowed.pk)

    assert not oauth.refresh_tokens("tilleuls")
    assert not Connection.objects.exists()


def test_refresh_token_that_may_be_somebody_elses_is_left_alone(
    allowed: Connection, fleet: Fleet, cloud: Cloud
) -> None:
    allow(make_oauth(fleet, grant="device_code", name="Another of this account"), cloud)

    delete_connection(connection=allowed)
    settle_registration(allowed.pk)

    assert len(cloud.inner.doorkeeper.oauth.refresh_tokens("tilleuls")) == 2
    assert not Connection.objects.filter(pk=allowed.pk).exists()


def test_cloud_that_revokes_nothing_is_left_all_the_same(allowed: Connection, cloud: Cloud) -> None:
    cloud.fault("status", status=403, path="/oauth/refreshtokens")
    delete_connection(connection=allowed)

    settle_registration(allowed.pk)

    assert not Connection.objects.exists()
