"""Letters: in three languages, as text and page, sent once, after the commit."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from accounts import tasks
from accounts.choices import InvitationKind, LetterKind
from accounts.letters import WRITERS, compose
from accounts.models import Letter, User
from accounts.services.invitations import invite
from accounts.services.letters import write_again, write_letter
from config.lib.ids import uuid7

WORDS = {"en": "Atrium, your building", "fr": "jumeau", "de": "Zwilling"}


def written(user: User, kind: str, **about: Any) -> Letter:
    if kind == LetterKind.INVITATION:
        invite(
            user=user, kind=InvitationKind.SITE, object_id=uuid7(), place="Home", role="resident"
        )
        return Letter.objects.get(kind=kind)
    about = {"about": "3", **about}
    letter = write_letter(kind=LetterKind(kind), user=user, **about)
    assert letter is not None
    return letter


@pytest.mark.parametrize("locale", WORDS)
@pytest.mark.parametrize("kind", LetterKind.values)
def test_letter_is_whole_in_every_language(dora: User, kind: str, locale: str) -> None:
    letter = written(dora, kind)
    letter.locale = locale

    email = compose(letter)

    text, page = str(email.body), str(email.alternatives[0][0])
    assert WORDS[locale] in text
    assert f'<html lang="{locale}">' in page
    assert "%(" not in f"{email.subject}{text}{page}"
    assert "{{" not in text
    assert email.to == [dora.email]


def test_every_kind_has_its_words() -> None:
    assert set(WRITERS) == set(LetterKind.values)


def test_subject_is_one_line(dora: User) -> None:
    letter = written(dora, "invitation")
    assert letter.invitation is not None
    letter.invitation.place = "Home\nBcc: all@example.org"

    assert "\n" not in compose(letter).subject


def test_words_of_others_are_no_markup(dora: User) -> None:
    letter = written(dora, "invitation")
    assert letter.invitation is not None
    letter.invitation.place = "<b>Home</b>"

    assert "<b>" not in str(compose(letter).alternatives[0][0])


def test_letter_is_sent_once(dora: User) -> None:
    letter = written(dora, "password-changed")

    tasks.send_letter(str(letter.pk))
    tasks.send_letter(str(letter.pk))

    assert len(mail.outbox) == 1


def test_letter_of_a_change_that_failed_is_never_sent(dora: User, posted: Any) -> None:
    with posted(), transaction.atomic():
        written(dora, "password-changed")
        transaction.set_rollback(True)

    assert mail.outbox == []


def test_closed_account_gets_no_letter(dora: User) -> None:
    letter = written(dora, "password-reset")
    User.objects.filter(pk=dora.pk).update(is_active=False)

    tasks.send_letter(str(letter.pk))

    assert mail.outbox == []


def test_letter_stays_unsent_when_the_server_fails(
    dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = written(dora, "password-changed")

    def fail(*args: Any, **kwargs: Any) -> int:
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    with pytest.raises(Exception, match="gone"):
        tasks.send_letter.apply(args=(str(letter.pk),), throw=True, retries=8)

    letter.refresh_from_db()
    assert letter.sent_at is None


def test_letter_written_again_is_a_new_one(dora: User, posted: Any) -> None:
    letter = written(dora, "password-reset")

    with posted():
        again = write_again(letter=letter)

    assert again is not None
    assert again.pk != letter.pk
    assert len(mail.outbox) == 1


def test_no_letter_keeps_its_link(dora: User) -> None:
    letter = written(dora, "password-reset")
    tasks.send_letter(str(letter.pk))

    row = str(Letter.objects.filter(pk=letter.pk).values().get())

    assert "/accounts/reset/" in mail.outbox[0].body
    assert "/accounts/reset/" not in row


@pytest.mark.parametrize(("age", "count"), [(5, 0), (30, 1), (25 * 60, 0)])
def test_letter_that_waits_is_tried_again_for_a_day(
    dora: User, posted: Any, age: int, count: int
) -> None:
    letter = written(dora, "password-changed")
    born = timezone.now() - timedelta(minutes=age)
    Letter.objects.filter(pk=letter.pk).update(created_at=born)

    with posted():
        tasks.send_waiting_letters()

    assert len(mail.outbox) == count


def test_old_letters_are_forgotten(dora: User) -> None:
    letter = written(dora, "password-changed")
    Letter.objects.filter(pk=letter.pk).update(created_at=timezone.now() - timedelta(days=91))

    tasks.forget_letters()

    assert not Letter.objects.exists()
