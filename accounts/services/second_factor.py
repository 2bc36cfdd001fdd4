"""The second factor: set up, confirmed, asked for, replaced by a recovery code, removed."""

from secrets import token_hex

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.choices import LetterKind
from accounts.models import Authenticator, RecoveryCode, User
from accounts.models.signin import KEY_BYTES
from accounts.services.letters import write_letter
from config.lib.secrets import make_code, normalise_code

RECOVERY_CODES = 10
DEVICE_NAME = "authenticator"


def is_required_of(user: User) -> bool:
    """Say whether this person must have a second factor."""
    return bool(settings.STAFF_SECOND_FACTOR and user.is_staff)


def authenticator_of(user: User) -> Authenticator | None:
    """Return the confirmed authenticator, if there is one."""
    return Authenticator.objects.filter(user=user, confirmed=True).first()


@transaction.atomic
def begin_set_up(*, user: User) -> Authenticator:
    """Return the authenticator that is being set up; asked again, it is the same one.

    The caller sees to it that the user has no confirmed one.
    """
    found, _ = Authenticator.objects.get_or_create(
        user=user,
        defaults={"name": DEVICE_NAME, "confirmed": False, "key": token_hex(KEY_BYTES)},
    )
    return found


@transaction.atomic
def confirm_set_up(*, user: User, code: str) -> list[str] | None:
    """Turn the second factor on if the code is right, and return the recovery codes, once."""
    rows = Authenticator.objects.select_for_update()
    found = rows.filter(user=user, confirmed=False).first()
    if found is None or not found.verify_token(code):
        return None
    found.confirmed = True
    found.save(update_fields=["confirmed"])
    write_letter(kind=LetterKind.SECOND_FACTOR_ADDED, user=user)
    return renew_recovery_codes(user=user)


@transaction.atomic
def renew_recovery_codes(*, user: User) -> list[str]:
    """Replace all recovery codes, and return the new ones, once."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [make_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code=normalise_code(code)) for code in codes
    )
    return codes


@transaction.atomic
def check_code(*, user: User, code: str) -> Authenticator | None:
    """Return the authenticator if the code is its own, or a recovery code that is used up by this.

    Tries are taken one after the other; after a wrong one the next has to wait.
    """
    rows = Authenticator.objects.select_for_update()
    found = rows.filter(user=user, confirmed=True).first()
    if found is None:
        return None
    typed = normalise_code(code)
    if len(typed) < 8:
        return found if found.verify_token(typed) else None
    return found if _use_recovery_code(found, typed) else None


def _use_recovery_code(authenticator: Authenticator, typed: str) -> bool:
    if not authenticator.verify_is_allowed()[0]:
        return False
    user = authenticator.user
    now = timezone.now()
    unused = RecoveryCode.objects.filter(user=user, used_at=None)
    if not unused.filter(code=typed).update(used_at=now, updated_at=now):
        authenticator.throttle_increment()
        return False
    authenticator.throttle_reset()
    kind = LetterKind.RECOVERY_CODE_USED
    write_letter(kind=kind, user=user, about=str(unused.count()))
    return True


@transaction.atomic
def remove_second_factor(*, user: User) -> bool:
    """Turn the second factor off, tell the user, and say whether there was one.

    The caller has checked password and code, or is staff who help somebody that lost theirs.
    """
    RecoveryCode.objects.filter(user=user).delete()
    count, _ = Authenticator.objects.filter(user=user).delete()
    if count:
        write_letter(kind=LetterKind.SECOND_FACTOR_REMOVED, user=user)
    return bool(count)
