"""Which language the pages speak: the account's, else the browser's choice, else its wish."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.users import change_user
from tests.accounts.oauth import flows

LOGIN, LANGUAGE = "/accounts/login/", "/accounts/language/"


@pytest.mark.parametrize(
    ("wish", "word"),
    [("fr-CH, fr;q=0.9", "Mot de passe"), ("de", "Passwort"), ("it", "Password"), ("", "Password")],
)
def test_visitor_is_spoken_to_as_the_browser_wishes(db: None, wish: str, word: str) -> None:
    page = Client().get(LOGIN, headers={"accept-language": wish})

    assert word in page.content.decode()


def test_choice_of_a_visitor_outlives_the_wish(db: None) -> None:
    browser = Client(headers={"accept-language": "fr"})
    browser.post(LANGUAGE, {"language": "de", "next": LOGIN})

    page = browser.get(LOGIN)

    assert "Passwort" in page.content.decode()
    assert page["Content-Language"] == "de"
    assert '<html lang="de">' in page.content.decode()


def test_choice_of_a_user_holds_on_every_browser(dora: User) -> None:
    flows.browser_of(dora).post(LANGUAGE, {"language": "fr", "next": "/accounts/"})

    page = flows.browser_of(User.objects.get(pk=dora.pk)).get("/accounts/")

    assert page["Content-Language"] == "fr"


def test_unknown_language_changes_nothing(dora: User) -> None:
    flows.browser_of(dora).post(LANGUAGE, {"language": "tlh"})

    dora.refresh_from_db()
    assert dora.locale == "en"


def test_choice_never_leads_to_another_site(db: None) -> None:
    answer = Client().post(LANGUAGE, {"language": "de", "next": "https://evil.example.org/"})

    assert answer["Location"] == "/"


def test_choice_needs_a_post_from_our_own_page(db: None) -> None:
    assert Client().get(LANGUAGE).status_code == 405
    assert Client(enforce_csrf_checks=True).post(LANGUAGE, {"language": "de"}).status_code == 403


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "email", "password"])
def test_users_never_change_their_rights(dora: User, field: str) -> None:
    with pytest.raises(ValueError, match="not for users"):
        change_user(user=dora, **{field: True})
