"""A refresh token that comes twice: because the answer was lost, or because it was stolen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import AccessToken, Application, AuditEntry, RefreshToken, User
from accounts.selectors import find_token
from accounts.services.consents import revoke_consent
from tests.accounts.oauth import flows

REFUSED = (400, "invalid_grant")


@pytest.fixture
def first(dora: User, meter_app: Application) -> dict[str, Any]:
    return flows.tokens_of(dora, meter_app)


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error", "")


def wait(seconds: float) -> None:
    """Let time pass for the tokens that were exchanged."""
    for token in RefreshToken.objects.exclude(spent_at=None):
        spent = token.spent_at - timedelta(seconds=seconds) if token.spent_at else None
        RefreshToken.objects.filter(pk=token.pk).update(spent_at=spent)


def entries(user: User) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="revoked", subject_id=user.pk))


def test_client_whose_answer_was_lost_gets_a_working_pair(
    first: dict[str, Any], meter_app: Application
) -> None:
    lost = flows.refresh(meter_app, first["refresh_token"]).json()

    again = flows.refresh(meter_app, first["refresh_token"]).json()

    assert again["refresh_token"] != lost["refresh_token"]
    assert again["scope"] == "profile sites:read"
    assert find_token(again["access_token"])
    assert flows.refresh(meter_app, again["refresh_token"]).status_code == 200


def test_after_the_grace_reuse_ends_the_family(
    first: dict[str, Any], meter_app: Application
) -> None:
    new = flows.refresh(meter_app, first["refresh_token"]).json()
    wait(61)

    assert told(flows.refresh(meter_app, first["refresh_token"])) == REFUSED
    assert find_token(new["access_token"]) is None
    assert told(flows.refresh(meter_app, new["refresh_token"])) == REFUSED


def test_grace_is_a_setting(first: dict[str, Any], meter_app: Application, settings: Any) -> None:
    settings.REFRESH_TOKEN_GRACE_S = 0
    flows.refresh(meter_app, first["refresh_token"])

    assert told(flows.refresh(meter_app, first["refresh_token"])) == REFUSED


def test_older_token_ends_the_family_even_within_the_grace(
    first: dict[str, Any], meter_app: Application
) -> None:
    second = flows.refresh(meter_app, first["refresh_token"]).json()
    third = flows.refresh(meter_app, second["refresh_token"]).json()

    assert told(flows.refresh(meter_app, first["refresh_token"])) == REFUSED
    assert find_token(third["access_token"]) is None
    assert told(flows.refresh(meter_app, third["refresh_token"])) == REFUSED


def test_of_two_pairs_for_one_token_the_second_to_be_used_ends_both(
    first: dict[str, Any], meter_app: Application
) -> None:
    one = flows.refresh(meter_app, first["refresh_token"]).json()
    other = flows.refresh(meter_app, first["refresh_token"]).json()
    used = flows.refresh(meter_app, one["refresh_token"]).json()

    assert find_token(other["access_token"]) is None
    assert told(flows.refresh(meter_app, other["refresh_token"])) == REFUSED
    assert find_token(used["access_token"]) is None


def test_reuse_is_in_the_audit_log_once(
    first: dict[str, Any], dora: User, meter_app: Application
) -> None:
    flows.refresh(meter_app, first["refresh_token"])
    wait(61)
    for _ in range(3):
        flows.refresh(meter_app, first["refresh_token"])

    [entry] = entries(dora)
    assert (entry.object_type, entry.subject_id) == ("refresh_token", dora.pk)
    assert entry.origin == "oauth/token"
    assert entry.after
    assert entry.after["reason"] == "reused"
    assert entry.after["client_id"] == "meter-app"


def test_thief_with_another_client_neither_gets_nor_ends_anything(
    first: dict[str, Any], dora: User, meter_app: Application
) -> None:
    thief = flows.another_client(meter_app)
    new = flows.refresh(meter_app, first["refresh_token"]).json()

    assert told(flows.refresh(thief, first["refresh_token"])) == REFUSED
    assert told(flows.refresh(thief, new["refresh_token"])) == REFUSED
    assert find_token(new["access_token"])
    assert not entries(dora)


def test_revoked_token_has_no_grace(first: dict[str, Any], meter_app: Application) -> None:
    new = flows.refresh(meter_app, first["refresh_token"]).json()
    flows.revoke(meter_app, new["refresh_token"])

    assert told(flows.refresh(meter_app, first["refresh_token"])) == REFUSED
    assert told(flows.refresh(meter_app, new["refresh_token"])) == REFUSED


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_one_token_ends_every_pair_of_the_approval(
    first: dict[str, Any], meter_app: Application, kind: str
) -> None:
    lost = flows.refresh(meter_app, first["refresh_token"]).json()
    kept = flows.refresh(meter_app, first["refresh_token"]).json()

    flows.revoke(meter_app, kept[kind])

    assert not AccessToken.objects.exists()
    assert told(flows.refresh(meter_app, lost["refresh_token"])) == REFUSED


def test_withdrawn_consent_has_no_grace(first: dict[str, Any], meter_app: Application) -> None:
    flows.refresh(meter_app, first["refresh_token"])
    consent = AccessToken.objects.get().consent
    assert consent
    revoke_consent(consent=consent)

    assert told(flows.refresh(meter_app, first["refresh_token"])) == REFUSED


def test_failed_refresh_spends_nothing(
    first: dict[str, Any], dora: User, meter_app: Application
) -> None:
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert told(flows.refresh(meter_app, first["refresh_token"])) == REFUSED
    User.objects.filter(pk=dora.pk).update(is_active=True)

    assert flows.refresh(meter_app, first["refresh_token"]).status_code == 200


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(6) as threads:
        yield threads
        list(threads.map(lambda _: connection.close(), range(6)))


@pytest.mark.django_db(transaction=True)
def test_refreshes_at_the_same_moment_all_get_a_pair_of_one_generation(
    dora: User, meter_app: Application, pool: ThreadPoolExecutor
) -> None:
    token = flows.tokens_of(dora, meter_app)["refresh_token"]

    def ask(_: int) -> tuple[int, str]:
        try:
            answer = flows.refresh(meter_app, token)
            return answer.status_code, answer.json().get("access_token", "")
        finally:
            connection.close()

    answers = list(pool.map(ask, range(6)))

    assert [status for status, _ in answers] == [200] * 6
    assert all(find_token(text) for _, text in answers)
    assert set(RefreshToken.objects.filter(revoked=None).values_list("generation")) == {(1,)}
    assert RefreshToken.objects.exclude(spent_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_theft_at_the_same_moment_leaves_nothing_alive(
    dora: User, meter_app: Application, pool: ThreadPoolExecutor, settings: Any
) -> None:
    settings.REFRESH_TOKEN_GRACE_S = 0
    token = flows.tokens_of(dora, meter_app)["refresh_token"]

    def ask(_: int) -> int:
        try:
            return int(flows.refresh(meter_app, token).status_code)
        finally:
            connection.close()

    statuses = sorted(pool.map(ask, range(6)))

    assert statuses == [200] + [400] * 5
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert len(entries(dora)) == 1
