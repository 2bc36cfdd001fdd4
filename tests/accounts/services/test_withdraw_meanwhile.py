"""Withdrawal and issue at the same moment: whoever comes second finds what the first has done."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.errors import ConsentMissing
from accounts.models import Consent
from accounts.services.consents import living_consent, narrow_consent, revoke_consent
from tests import factories
from tests.factories import make_principal


@pytest.fixture
def consent(transactional_db: None) -> Consent:
    application = factories.make_application(factories.make_organisation())
    return factories.make_consent(factories.make_b2c_user(), application)


def on_a_thread(work: Any) -> tuple[threading.Thread, list[Any]]:
    """Start the work on a connection of its own; what it returns or raises comes in the list."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            results.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def issue(consent: Consent) -> Consent:
    with transaction.atomic():
        return living_consent(user=consent.user, application=consent.application)


@pytest.mark.parametrize("deed", ["revoke", "narrow"])
def test_issue_waits_for_a_change_and_finds_it_done(consent: Consent, deed: str) -> None:
    with transaction.atomic():
        if deed == "revoke":
            revoke_consent(consent=consent)
        else:
            principal = make_principal(user=consent.user)
            narrow_consent(consent=consent, principal=principal, scopes=["profile"])
        thread, results = on_a_thread(lambda: issue(consent))
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)

    found = results[0]
    if deed == "revoke":
        assert isinstance(found, ConsentMissing)
    else:
        assert found.scopes == ["profile"]


def test_withdrawal_waits_for_a_token_that_is_being_made_and_ends_it(consent: Consent) -> None:
    with transaction.atomic():
        issue(consent)
        factories.make_access_token(consent.application, consent=consent)
        thread, _ = on_a_thread(lambda: revoke_consent(consent=consent))
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)

    assert not consent.access_tokens.exists()
