"""The second factor: the authenticator app of a user, and the codes for when it is lost."""

import time
from typing import Any

from django.db import models
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from config.lib.fields import DigestField, EncryptedJSONField
from config.lib.models import BaseModel

STEP_S = 30
DIGITS = 6
KEY_BYTES = 20


class Authenticator(ThrottlingMixin, Device):
    """An authenticator app that shares a seed with us. Source: RFC 6238.

    django-otp's own plugin keeps the seed readable in the database; here it is encrypted. What is
    typed wrongly makes the next try wait, twice as long each time.
    """

    user = models.OneToOneField(
        "accounts.User", on_delete=models.CASCADE, related_name="authenticator"
    )
    key = EncryptedJSONField()
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Authenticator of {self.user}"

    def get_throttle_factor(self) -> int:
        """Return the seconds that the first wait takes."""
        return 1

    def verify_token(self, token: str) -> bool:
        """Accept a code of now, or of the step before or after, and none of them twice."""
        is_allowed, _ = self.verify_is_allowed()
        if not is_allowed:
            return False
        totp = TOTP(bytes.fromhex(self.seed), STEP_S, digits=DIGITS)
        totp.time = time.time()
        is_right = _is_code(token) and totp.verify(int(token), 1, self.last_step + 1)
        if is_right:
            self.last_step = totp.t()
            self.throttle_reset(commit=False)
        else:
            self.throttle_increment(commit=False)
        self.save(update_fields=["last_step", *THROTTLING])
        return is_right

    @property
    def seed(self) -> str:
        """Return the seed in hex, decrypted."""
        return str(self.key)

    @property
    def retry_at(self) -> Any:
        """Return when the next code may be tried, or None for at once."""
        _, about = self.verify_is_allowed()
        return about["locked_until"] if about else None


THROTTLING = ("throttling_failure_timestamp", "throttling_failure_count")


def _is_code(token: str) -> bool:
    return len(token) == DIGITS and token.isascii() and token.isdigit()


class RecoveryCode(BaseModel):
    """A code that stands in for the authenticator, once; the database holds its digest alone."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code = DigestField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Recovery code of {self.user}"
