"""People on their way in: browsers, codes, letters and the links in them."""

import re
import time
from collections.abc import Callable
from typing import Any

from django.core import mail
from django.test import Client
from django_otp.oath import totp

from accounts.models import Authenticator, User
from accounts.services import second_factor
from tests.factories import PASSWORD

LOGIN, CODE, HOME = "/accounts/login/", "/accounts/login/code/", "/accounts/"
SET_UP, REMOVE = "/accounts/second-factor/", "/accounts/second-factor/remove/"
LINK = re.compile(r"https?://[^/\s]+(/accounts/\S+/)")
Capture = Callable[..., Any]


def code_of(authenticator: Authenticator, *, steps: int = 0) -> str:
    """Return the code that the app shows, so many steps from now."""
    authenticator.refresh_from_db()
    moment = time.time() + 30 * steps
    return f"{totp(bytes.fromhex(authenticator.seed), t0=int(time.time() - moment)):06d}"


def with_factor(user: User) -> tuple[Authenticator, list[str]]:
    """Give the user a confirmed authenticator; return it with the recovery codes."""
    authenticator = second_factor.begin_set_up(user=user)
    # The code of the step before, so that the present one may still be used.
    codes = second_factor.confirm_set_up(user=user, code=code_of(authenticator, steps=-1))
    assert codes is not None
    authenticator.refresh_from_db()
    return authenticator, codes


def try_password(browser: Client, email: str, password: str = PASSWORD, **form: str) -> Any:
    """Send the login form."""
    return browser.post(LOGIN, {"username": email, "password": password, **form})


def is_in(browser: Client) -> bool:
    """Say whether the browser is signed in and may look around."""
    return browser.get(HOME).status_code == 200


def link_in(letter: Any = None) -> str:
    """Return the path of the link in a letter: the last one, unless given."""
    found = LINK.search(str((letter or mail.outbox[-1]).body))
    assert found, "the letter holds no link"
    return found[1]


def follow(browser: Client, path: str) -> str:
    """Open a link, and return the clean address to which it moves on."""
    answer = browser.get(path)
    assert answer.status_code == 302
    return str(answer["Location"])
