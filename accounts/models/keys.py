"""The keys that sign ID tokens: one signs, older ones are known until their tokens are over."""

from typing import Any, cast

from django.db import models
from django.db.models import Q

from config.lib.fields import EncryptedJSONField
from config.lib.models import BaseModel


class SigningKey(BaseModel):
    """A key pair as JSON Web Keys; the private half is only ever stored encrypted."""

    kid = models.CharField(max_length=64, unique=True)
    private_key = EncryptedJSONField()
    public_key = models.JSONField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                cast("Any", Q(retired_at__isnull=True)),
                condition=Q(retired_at__isnull=True),
                name="signing_key_signs_alone",
            )
        ]

    def __str__(self) -> str:
        return self.kid
