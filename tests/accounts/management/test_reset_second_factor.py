"""The command for when nobody of the staff can come in any more."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Authenticator, Letter, User
from tests.accounts.oauth import flows
from tests.accounts.signin.people import is_in, with_factor


def run(email: str) -> str:
    out = StringIO()
    call_command("reset_second_factor", email, stdout=out)
    return out.getvalue()


def test_lost_factor_is_removed_and_told(dora: User) -> None:
    with_factor(dora)
    browser = flows.browser_of(dora)

    assert "password alone" in run("Dora@Example.org")

    assert not Authenticator.objects.exists()
    assert not is_in(browser)
    assert Letter.objects.filter(kind="second-factor-removed").exists()


def test_nothing_to_remove_is_an_error(dora: User) -> None:
    with pytest.raises(CommandError, match="has no second factor"):
        run(dora.email)


def test_unknown_address_is_an_error(db: None) -> None:
    with pytest.raises(CommandError, match="There is no user"):
        run("nobody@example.org")
