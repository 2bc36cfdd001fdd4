"""The links in letters: signed, expiring, and dead once they have done their work.

A link carries what it is about and a fingerprint of the state in which it was made. What it does
changes that state (a new password, a confirmed address), so it works once without a table of links.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Invitation, User

MAX_LENGTH = 1000


class Purpose(StrEnum):
    """What a link is for; also the name of its page."""

    REGISTER = "register-link"
    VERIFY = "verify-link"
    RESET = "reset-link"
    CHANGE_ADDRESS = "address-link"
    INVITATION = "invitation-link"


LIFETIMES = {
    Purpose.REGISTER: timedelta(hours=24),
    Purpose.VERIFY: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CHANGE_ADDRESS: timedelta(hours=24),
    Purpose.INVITATION: timedelta(days=14),
}


class LinkOver(Exception):
    """The link is forged, damaged, expired, used or overtaken by events."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a living link is about."""

    address: str
    user: User | None = None
    invitation: Invitation | None = None


def _fingerprint(purpose: Purpose, *state: object) -> str:
    text = "\x00".join(map(str, state))
    return salted_hmac(f"accounts.links.{purpose}", text, algorithm="sha256").hexdigest()[:32]


def _state_of(purpose: Purpose, user: User | None) -> tuple[object, ...]:
    if user is None:
        return ("nobody",)
    held = (user.pk, user.password, user.email, user.email_verified_at)
    # Who has logged in since remembers the password: a link to a new one is of no more use.
    return (*held, user.last_login) if purpose == Purpose.RESET else held


def _sign(purpose: Purpose, subject: str, address: str, *state: object) -> str:
    content = [subject, address, _fingerprint(purpose, address, *state)]
    return signing.dumps(content, salt=f"accounts.links.{purpose}")


def token_for(purpose: Purpose, *, address: str, user: User | None = None) -> str:
    """Return a token about an address, or about a user and an address of theirs."""
    return _sign(purpose, str(user.pk) if user else "", address, *_state_of(purpose, user))


def token_for_invitation(invitation: Invitation) -> str:
    """Return a token for the present issue of an invitation."""
    return _sign(Purpose.INVITATION, str(invitation.pk), "", invitation.issue)


def _read(purpose: Purpose, token: str) -> list[str]:
    if len(token) > MAX_LENGTH:
        raise LinkOver
    try:
        content = signing.loads(token, salt=f"accounts.links.{purpose}", max_age=LIFETIMES[purpose])
    except signing.BadSignature as error:
        raise LinkOver from error
    return list(content)


def opened(purpose: Purpose, token: str) -> Opened:
    """Return what the link is about.

    Raises: LinkOver, if it cannot be trusted or its work is done.
    """
    subject, address, fingerprint = _read(purpose, token)
    if purpose == Purpose.INVITATION:
        return _opened_invitation(subject, fingerprint)
    user = User.objects.filter(pk=subject, is_active=True).first() if subject else None
    if subject and user is None:
        raise LinkOver
    expected = _fingerprint(purpose, address, *_state_of(purpose, user))
    is_taken = not subject and User.objects.filter(email=address).exists()
    if is_taken or not constant_time_compare(fingerprint, expected):
        raise LinkOver
    return Opened(address, user=user)


def _opened_invitation(key: str, fingerprint: str) -> Opened:
    rows = Invitation.objects.open().select_related("user", "inviter")
    invitation = rows.filter(pk=key, user__is_active=True).first()
    if invitation is None:
        raise LinkOver
    expected = _fingerprint(Purpose.INVITATION, "", invitation.issue)
    if not constant_time_compare(fingerprint, expected):
        raise LinkOver
    return Opened(invitation.user.email, user=invitation.user, invitation=invitation)


def absolute(path: str) -> str:
    """Return the address under which the world reaches a page."""
    return f"{settings.PUBLIC_URL}{path}"
