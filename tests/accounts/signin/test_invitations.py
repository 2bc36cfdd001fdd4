"""Invitations: told in a letter, accepted alone, sent again, revoked, and never telling."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import B2BUser, Invitation, Organisation, User
from tests.accounts.oauth import flows
from tests.accounts.signin.people import follow, is_in, link_in
from tests.conftest import Client

NEW = "an entirely new passphrase"


def members(organisation: Organisation) -> str:
    return f"/api/v1/organisations/{organisation.pk}/members/"


@pytest.fixture
def invited(as_: Client, alice: User, organisation: Organisation, posted: Any) -> B2BUser:
    """Somebody new, invited by Alice to operate her organisation."""
    User.objects.filter(pk=alice.pk).update(name="Alice Martin", locale="fr")
    with posted():
        as_(alice).post(members(organisation), {"email": "new@example.org", "role": "operator"})
    return B2BUser.objects.get(user__email="new@example.org")


def resend(as_: Client, who: User, member: B2BUser) -> Any:
    return as_(who).post(f"{members(member.organisation)}{member.pk}/invitation/")


def test_letter_says_who_invites_to_what(invited: B2BUser) -> None:
    letter = mail.outbox[-1]

    assert letter.to == ["new@example.org"]
    assert "Alice Martin vous donne un rôle dans Tilleuls Gestion : opérateur." in letter.body


def test_invited_person_opens_their_account_alone(invited: B2BUser) -> None:
    browser = Browser()
    page = follow(browser, link_in())
    assert "Alice Martin gives you a role" in browser.get(page).content.decode()

    browser.post(page, {"password": NEW, "again": NEW, "name": "Nina"})

    user = User.objects.get(pk=invited.user_id)
    assert user.check_password(NEW)
    assert user.email_verified_at is not None
    assert is_in(browser)
    assert Invitation.objects.get(object_id=invited.pk).accepted_at is not None
    assert browser.get(page).status_code == 410


def test_known_person_keeps_their_password(
    as_: Client, alice: User, charlie: User, organisation: Organisation, posted: Any
) -> None:
    with posted():
        as_(alice).post(members(organisation), {"email": charlie.email, "role": "viewer"})
    browser = Browser()
    page = follow(browser, link_in())

    browser.post(page, {"password": NEW, "again": NEW})

    charlie.refresh_from_db()
    assert not charlie.check_password(NEW)
    assert not is_in(browser)


def test_inviter_is_told_the_same_of_everybody(
    as_: Client, alice: User, charlie: User, organisation: Organisation
) -> None:
    User.objects.filter(pk=charlie.pk).update(name="Charlie Known")
    client = as_(alice)
    answers = [
        client.post(members(organisation), {"email": email, "role": "viewer"}).json()
        for email in (charlie.email, "nobody@example.org")
    ]
    listed = client.get(f"{members(organisation)}?q=Known").json()["results"]

    assert [answer["name"] for answer in answers] == ["", ""]
    assert answers[0].keys() == answers[1].keys()
    assert listed == []


def test_name_is_shown_once_they_have_come(
    as_: Client, alice: User, charlie: User, organisation: Organisation
) -> None:
    User.objects.filter(pk=charlie.pk).update(name="Charlie Known")
    client = as_(alice)
    made = client.post(members(organisation), {"email": charlie.email, "role": "viewer"}).json()

    Browser().post(
        "/accounts/login/",
        {"username": charlie.email, "password": "correct horse battery staple"},
    )

    shown = client.get(f"{members(organisation)}{made['id']}/").json()
    assert shown["name"] == "Charlie Known"


def test_invitation_sent_again_ends_the_old_link(
    as_: Client, alice: User, invited: B2BUser, posted: Any
) -> None:
    old = link_in()
    with posted():
        assert resend(as_, alice, invited).status_code == 202
    browser = Browser()

    assert browser.get(follow(browser, old)).status_code == 410
    assert browser.get(follow(browser, link_in())).status_code == 200


def test_removed_member_finds_the_invitation_over(
    as_: Client, alice: User, invited: B2BUser
) -> None:
    as_(alice).delete(f"{members(invited.organisation)}{invited.pk}/")
    browser = Browser()

    page = browser.get(follow(browser, link_in()))

    assert page.status_code == 410
    assert Invitation.objects.get(object_id=invited.pk).revoked_at is not None


def test_invitation_expires(invited: B2BUser) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    browser = Browser()

    assert browser.get(follow(browser, link_in())).status_code == 410


def test_expired_invitation_lives_again_when_sent_again(
    as_: Client, alice: User, invited: B2BUser, posted: Any
) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    with posted():
        resend(as_, alice, invited)
    browser = Browser()

    assert browser.get(follow(browser, link_in())).status_code == 200


def test_accepted_invitation_is_not_sent_again(
    as_: Client, alice: User, invited: B2BUser, posted: Any
) -> None:
    flows.browser_of(invited.user)
    Invitation.objects.update(accepted_at=timezone.now())
    mail.outbox.clear()
    with posted():
        answer = resend(as_, alice, invited)

    assert (answer.status_code, mail.outbox) == (202, [])


def test_strangers_and_operators_send_nothing(
    as_: Client, charlie: User, bob: User, invited: B2BUser
) -> None:
    assert resend(as_, charlie, invited).status_code == 404
    assert resend(as_, bob, invited).status_code == 403


@pytest.mark.parametrize(
    "field", ["is_staff", "is_superuser", "user", "accepted_at", "organisation"]
)
def test_rights_in_the_body_are_refused(
    as_: Client, alice: User, organisation: Organisation, field: str
) -> None:
    body = {"email": "new@example.org", "role": "viewer", field: "true"}

    assert as_(alice).post(members(organisation), body).status_code == 400
    assert not User.objects.filter(email="new@example.org").exists()


def test_admin_invites_no_owner(as_: Client, organisation: Organisation, bob: User) -> None:
    B2BUser.objects.filter(user=bob).update(role="admin")
    body = {"email": "new@example.org", "role": "owner"}

    assert as_(bob).post(members(organisation), body).status_code == 403
    assert not Invitation.objects.exists()
