"""Passwords and sessions: set, reset, ended everywhere."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.choices import AuditAction, LetterKind
from accounts.models import User
from accounts.services.audit import record
from accounts.services.letters import pretend_to_write, write_letter
from accounts.services.users import find_user


@transaction.atomic
def set_password(*, user: User, password: str, by_letter: bool = False) -> User:
    """Set a password; every session of the user ends, and they are told if they had one.

    Who came by a letter has shown that the address is theirs.
    Raises: django's ValidationError, if the password is weak.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    validate_password(password, user)
    had_one = user.has_usable_password()
    user.set_password(password)
    if by_letter and user.email_verified_at is None:
        user.email_verified_at = timezone.now()
    user.save(update_fields=["password", "email_verified_at", "updated_at"])
    if had_one:
        write_letter(kind=LetterKind.PASSWORD_CHANGED, user=user)
    return user


@transaction.atomic
def ask_password_reset(*, email: str) -> None:
    """Write a letter with a link to the account of that address, if there is one that is open."""
    user = find_user(email=email)
    if user is not None and user.is_active:
        write_letter(kind=LetterKind.PASSWORD_RESET, user=user)
    else:
        pretend_to_write(kind=LetterKind.PASSWORD_RESET, address=email)


@transaction.atomic
def end_sessions(*, user: User) -> User:
    """Sign the user out of every browser at once."""
    changes = {"session_epoch": F("session_epoch") + 1, "updated_at": timezone.now()}
    User.objects.filter(pk=user.pk).update(**changes)
    record(
        action=AuditAction.SIGNED_OUT,
        object_type="user",
        object_id=str(user.pk),
        subject_id=user.pk,
    )
    return User.objects.get(pk=user.pk)
