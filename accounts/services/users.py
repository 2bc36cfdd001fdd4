"""Users: made by e-mail address."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.models import B2CUser, User

OWN_FIELDS = frozenset({"name", "locale", "time_zone"})


def find_user(*, email: str) -> User | None:
    """Return the user with this address, whatever its case."""
    return User.objects.filter(email=email.strip().lower()).first()


@transaction.atomic
def get_or_create_user(*, email: str) -> User:
    """Return the user with this address; a new one has no password and cannot log in yet."""
    user = find_user(email=email)
    if user is not None:
        return user
    user = User(email=email.strip().lower())
    user.set_unusable_password()
    user.full_clean()
    user.save()
    return user


def change_user(*, user: User, **changes: Any) -> User:
    """Change what people say of themselves: name, locale, time zone; nothing that gives rights."""
    for field, value in changes.items():
        if field not in OWN_FIELDS:
            raise ValueError(f"{field} is not for users to change")
        setattr(user, field, value)
    user.full_clean(exclude=["password"])
    user.save(update_fields=[*changes, "updated_at"])
    return user


@transaction.atomic
def create_b2c_user(*, email: str, password: str, name: str = "") -> B2CUser:
    """Make an end user.

    Raises: django's ValidationError, if the address is taken or the password is weak.
    """
    user = User(email=email.strip().lower(), name=name)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    return B2CUser.objects.create(user=user)
