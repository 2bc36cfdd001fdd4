"""Families of tokens: what descends from one approval, rotated at each refresh, ended as one.

Source: RFC 9700 section 4.14.2.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from oauth2_provider.settings import oauth2_settings

from accounts.choices import AuditAction
from accounts.models import AccessToken, Application, RefreshToken
from accounts.services.audit import record
from config.lib.secrets import digest


def family_of(secret: str) -> UUID:
    """Return the name of the family of tokens that descend from a code."""
    return UUID(digest(f"family:{secret}")[:32])


def _lock(family: UUID | None) -> None:
    """Take the family in hand until the transaction ends: its members rotate one by one."""
    with connection.cursor() as cursor:
        text = f"token-family:{family}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])


def _may_come_again(token: RefreshToken) -> bool:
    """Say whether the answer to this spent token may have been lost on its way.

    That is so shortly after it was spent, and only while nobody has used what it was spent for.
    """
    grace = timedelta(seconds=settings.REFRESH_TOKEN_GRACE_S)
    if token.spent_at is None or token.spent_at + grace < timezone.now():
        return False
    heirs = {"token_family": token.token_family, "generation": token.generation + 1}
    return RefreshToken.objects.filter(**heirs, revoked=None).exists()


def _has_expired(token: RefreshToken) -> bool:
    """Say whether the token is too old, or its access token was taken away."""
    if token.access_token is None:
        return True
    lifetime = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    return bool(token.access_token.expires + lifetime <= timezone.now())


@transaction.atomic
def claim(*, text: str, application: Application) -> RefreshToken | None:
    """Return the client's refresh token if it may be exchanged, its family locked; else None.

    A token that was exchanged and comes again is granted while its answer may have been lost. Any
    other that is over and comes again is in two hands: its family ends, and the audit log says so.
    """
    rows = RefreshToken.objects.filter(token_checksum=digest(text), application=application)
    family = rows.values_list("token_family", flat=True).first()
    _lock(family)
    token = rows.select_related("user", "access_token").first()
    if token is None:
        return None
    if token.revoked is None:
        return None if _has_expired(token) else token
    if _may_come_again(token):
        return token
    _end_reused(token)
    return None


def spend(*, token: RefreshToken) -> None:
    """Mark a claimed token as exchanged, and end what its generation still holds.

    That is its access token, and the pairs that other answers to the same refresh carried: whoever
    presents one of those later holds what the family has outgrown.
    """
    if token.revoked is not None:
        return
    now, scope = timezone.now(), token.granted_scope
    peers = RefreshToken.objects.filter(
        token_family=token.token_family, generation=token.generation, revoked=None
    )
    AccessToken.objects.filter(refresh_token__in=peers).delete()
    RefreshToken.objects.filter(pk=token.pk).update(
        revoked=now, updated=now, spent_at=now, scope=scope
    )
    peers.update(revoked=now, updated=now)


@transaction.atomic
def end_family(*, family: UUID | None) -> int:
    """End every token of the family and return how many refresh tokens of it were living."""
    if family is None:
        return 0
    _lock(family)
    members, now = RefreshToken.objects.filter(token_family=family), timezone.now()
    AccessToken.objects.filter(refresh_token__in=members).delete()
    return members.filter(revoked=None).update(revoked=now, updated=now)


def _end_reused(token: RefreshToken) -> None:
    """End the family of a token that came back; a dead family leaves no second entry."""
    living = end_family(family=token.token_family)
    if not living:
        return
    record(
        action=AuditAction.REVOKED,
        object_type="refresh_token",
        object_id=str(token.pk),
        organisation_id=token.application.organisation_id,
        subject_id=token.user_id,
        after={
            "reason": "reused",
            "token_family": str(token.token_family),
            "client_id": token.application.client_id,
            "ended": living,
        },
    )


@transaction.atomic
def revoke(*, text: str, application: Application) -> None:
    """End the client's token and all that descends from the same approval.

    A token of another client, or none, changes nothing. Source: RFC 7009 section 2.1.
    """
    lookup = {"token_checksum": digest(text), "application": application}
    families = RefreshToken.objects.filter(**lookup).values_list("token_family", flat=True)
    access = AccessToken.objects.filter(**lookup)
    for family in {*families, *access.values_list("refresh_token__token_family", flat=True)}:
        end_family(family=family)
    access.delete()
