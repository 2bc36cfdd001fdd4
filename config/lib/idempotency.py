"""Idempotency-Key: the same POST sent twice has one effect and one answer.

The answer is kept in the transaction of the deed itself, so that there is never one without the
other; a lock on the key, held for the transaction, tells a repetition that the first still runs.
Answers are kept encrypted, since some of them show a secret once.
"""

import hashlib
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection, models
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from config.lib import secrets
from config.lib.errors import IdempotencyKeyReused, IdempotentCallRunning
from config.lib.models import UUIDv7Model

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
KEPT_FOR = timedelta(hours=24)
KEPT_HEADERS = ("Content-Type", "Location", "ETag")


class IdempotentAnswer(UUIDv7Model):
    """The answer to a POST that carried an Idempotency-Key."""

    key_digest = models.CharField(max_length=64, unique=True)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "config"
        # Serves the daily clean-up.
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return f"{self.status} of {self.created_at:%Y-%m-%d %H:%M}"


class Replayed(Exception):
    """The deed was done before; ``response`` is what was answered then."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__()


def _digest(*parts: object) -> str:
    return hashlib.sha256(orjson.dumps([str(part) for part in parts])).hexdigest()


def _key_of(request: Request) -> str:
    key = request.headers[HEADER]
    if not 0 < len(key) <= MAX_LENGTH:
        detail = ErrorDetail(f"{HEADER} has 1 to {MAX_LENGTH} characters.", code="invalid")
        raise ValidationError([detail])
    principal: Any = request.auth
    caller = principal.identity if principal else ""
    return _digest(caller, request.method, request.path, key)


def begin(request: Request) -> None:
    """Take the key of this POST for the transaction that is open.

    Raises: Replayed, if the same call was answered before; IdempotencyKeyReused, if the key came
    with another body; IdempotentCallRunning, while the first call runs.
    """
    key_digest = _key_of(request)
    with connection.cursor() as cursor:
        number = int(key_digest[:15], 16)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise IdempotentCallRunning()
    kept = IdempotentAnswer.objects.filter(key_digest=key_digest).first()
    if kept is None:
        return
    if kept.body_digest != _digest(request.body):
        raise IdempotencyKeyReused()
    content = secrets.decrypt(bytes(kept.content))
    raise Replayed(HttpResponse(content, status=kept.status, headers=kept.headers))


def remember(request: Request, response: Any) -> None:
    """Keep a successful answer, in the transaction of the deed."""
    response.render()
    IdempotentAnswer.objects.create(
        key_digest=_key_of(request),
        body_digest=_digest(request.body),
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        content=secrets.encrypt(response.content),
    )


def forget_old_answers() -> int:
    """Delete the answers that nobody will ask for again and return how many they were."""
    deleted, _ = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
