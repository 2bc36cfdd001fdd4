"""E-mail addresses: a new account's, a confirmed one, a changed one."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.choices import LetterKind
from accounts.errors import AddressTaken
from accounts.models import B2CUser, User
from accounts.services.letters import pretend_to_write, write_letter
from accounts.services.passwords import set_password
from accounts.services.users import change_user, find_user


@transaction.atomic
def ask_registration(*, email: str, locale: str) -> None:
    """Write a letter that leads to an account; nothing is made before its link is used.

    Whoever asks learns nothing: to an address that has an account a letter says so.
    """
    user = find_user(email=email)
    if user is not None and not user.is_active:
        pretend_to_write(kind=LetterKind.REGISTRATION, address=email)
    elif user is not None and user.has_usable_password():
        write_letter(kind=LetterKind.ACCOUNT_EXISTS, user=user)
    else:
        kind = LetterKind.REGISTRATION
        write_letter(kind=kind, user=user, address=email, locale=locale)


@transaction.atomic
def open_account(*, email: str, password: str, user: User | None = None, **about: Any) -> User:
    """Make an end user, or claim the account that awaits them; the address came by letter.

    ``about`` gives ``name`` and ``locale``.
    Raises: django's ValidationError, if the password is weak; AddressTaken.
    """
    if user is None:
        if find_user(email=email) is not None:
            raise AddressTaken()
        user = User(email=email)
        user.set_unusable_password()
        user.full_clean()
        user.save()
        B2CUser.objects.create(user=user)
    change_user(user=user, **about)
    return set_password(user=user, password=password, by_letter=True)


def ask_verification(*, user: User) -> None:
    """Write a letter whose link confirms the address."""
    if user.email_verified_at is None:
        write_letter(kind=LetterKind.VERIFICATION, user=user)


def verify_address(*, user: User) -> User:
    """Note that the address is the user's."""
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at", "updated_at"])
    return user


@transaction.atomic
def ask_address_change(*, user: User, address: str) -> None:
    """Write to the new address; nothing changes before its link is used.

    Whether that address has an account is not told here, but to its owner.
    """
    other = find_user(email=address)
    if other is None:
        write_letter(kind=LetterKind.ADDRESS_CHANGE, user=user, address=address)
    elif other.pk != user.pk and other.is_active:
        write_letter(kind=LetterKind.ACCOUNT_EXISTS, user=other)
    else:
        pretend_to_write(kind=LetterKind.ADDRESS_CHANGE, address=address)


@transaction.atomic
def change_address(*, user: User, address: str) -> User:
    """Let the user log in with a confirmed new address, and tell the old one.

    Raises: AddressTaken, if an account has got it in the meantime.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if find_user(email=address) is not None:
        raise AddressTaken()
    old, user.email = user.email, address.strip().lower()
    user.email_verified_at = timezone.now()
    user.full_clean(exclude=["password"])
    user.save(update_fields=["email", "email_verified_at", "updated_at"])
    kind = LetterKind.ADDRESS_CHANGED
    write_letter(kind=kind, user=user, address=old, about=user.email)
    return user
