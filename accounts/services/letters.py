"""Letters: written down in the transaction of their reason, sent after it."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.choices import LetterKind
from accounts.models import Invitation, Letter, User
from accounts.signals import letter_written

# So that nobody can fill a stranger's mailbox through our forms.
MOST_IN_AN_HOUR = 5
MOST_INVITATIONS_IN_AN_HOUR = 20
KEPT = timedelta(days=90)
# By then the first tries, with their back-off, are over.
WAITS_AFTER = timedelta(minutes=20)
GIVEN_UP_AFTER = timedelta(days=1)


@transaction.atomic
def write_letter(
    *,
    kind: LetterKind,
    user: User | None = None,
    address: str = "",
    locale: str = "",
    about: str = "",
    invitation: Invitation | None = None,
) -> Letter | None:
    """Write to a user, or to an address; None if that address has had enough of a kind."""
    address = (address or (user.email if user else "")).strip().lower()
    if _had_enough(kind, address):
        return None
    letter = Letter.objects.create(
        kind=kind,
        address=address,
        user=user,
        invitation=invitation,
        locale=locale or (user.locale if user else "en"),
        about=about,
    )
    letter_written.send(sender=Letter, letter=letter)
    return letter


@transaction.atomic
def pretend_to_write(*, kind: LetterKind, address: str) -> None:
    """Do as if a letter were written, so that the time taken does not tell who has an account.

    A worker is asked to send a letter that is not there, and does nothing.
    """
    _had_enough(kind, address)
    letter_written.send(sender=Letter, letter=Letter(kind=kind, address=address))


def _had_enough(kind: LetterKind, address: str) -> bool:
    since = timezone.now() - timedelta(hours=1)
    recent = Letter.objects.filter(address=address, kind=kind, created_at__gt=since)
    most = MOST_INVITATIONS_IN_AN_HOUR if kind == LetterKind.INVITATION else MOST_IN_AN_HOUR
    return recent.count() >= most


@transaction.atomic
def write_again(*, letter: Letter) -> Letter | None:
    """Write the same letter once more; its link is a new one."""
    return write_letter(
        kind=LetterKind(letter.kind),
        user=letter.user,
        address=letter.address,
        locale=letter.locale,
        about=letter.about,
        invitation=letter.invitation,
    )


def forget_old_letters() -> int:
    """Delete letters that are older than KEPT, and return how many."""
    count, _ = Letter.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return count


def waiting_letters() -> QuerySet[Letter]:
    """Return letters that are not sent though their first tries are over, oldest first."""
    now = timezone.now()
    born = (now - GIVEN_UP_AFTER, now - WAITS_AFTER)
    return Letter.objects.filter(sent_at=None, created_at__range=born).order_by("created_at")[:500]
