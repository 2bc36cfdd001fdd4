"""People let Atrium in at smart-me: begun here, decided there, settled here.

In the browser: an attempt is begun, taken up by the same person in their session, and comes back
with a code for exactly that session. Without a browser: a code is typed in elsewhere, and a worker
asks until it was. Nothing but the attempt knows the verifier or the device code, until it ends.

Source: docs/integrations/smart-me.md, "OAuth 2.0"; RFC 6749 section 10.12, RFC 7636, RFC 8628.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from config.lib.secrets import digest, make_token
from integrations.choices import AuthMethod, AuthorizationOutcome, OAuthGrant
from integrations.errors import CloudRefused, ConnectionNotOAuth, PersonRequired
from integrations.models import Connection, ConnectionAuthorization
from integrations.models.authorizations import OPEN
from integrations.smartme.connections import request_now
from integrations.smartme.errors import (
    AuthorizationPending,
    AuthorizationSlowed,
    CloudFault,
    GrantRefused,
)
from integrations.smartme.needs import missing_from
from integrations.smartme.oauth import TokenAnswer, authorize_url
from integrations.smartme.tokens import client_of, opened, scope_for, store

LIFE: Final = timedelta(minutes=10)
CALLBACK: Final = "/api/v1/smartme/connections/callback/"
POLL_LEASE: Final = timedelta(seconds=30)
SLOWER_S: Final = 5
KEPT: Final = timedelta(days=30)
OVERTAKEN: Final = "A later attempt took its place."
OVERDUE: Final = "Nobody answered in time. Begin again."
FAILED_OF: Final[Mapping[str, AuthorizationOutcome]] = {
    "access_denied": AuthorizationOutcome.REFUSED,
    "expired_token": AuthorizationOutcome.EXPIRED,
}


@dataclass(frozen=True)
class Answer:
    """What came back through the browser."""

    state: str
    code: str
    error: str


def redirect_uri() -> str:
    """Return where smart-me sends people back to; it must be registered with the application."""
    return f"{settings.PUBLIC_URL}{CALLBACK}"


def begin(*, connection: Connection, user: User | None, grant: str) -> ConnectionAuthorization:
    """Begin an attempt; one that is still open is overtaken by it.

    Raises: ConnectionNotOAuth; PersonRequired, if nobody is there to go on in a browser;
    CloudRefused, if there is no application to ask with, or it got no device code.
    """
    if connection.auth_method != AuthMethod.OAUTH:
        raise ConnectionNotOAuth()
    if grant == OAuthGrant.AUTHORIZATION_CODE and user is None:
        raise PersonRequired()
    held = opened(connection.pk)
    held.oauth_grant = grant
    by_device = grant == OAuthGrant.DEVICE_CODE
    try:
        fields = _device_fields(held) if by_device else _browser_fields(held)
    except CloudFault as fault:
        raise CloudRefused(reason=str(fault)) from fault
    with transaction.atomic():
        attempts = ConnectionAuthorization.objects.filter(connection=connection)
        _finish(attempts.filter(outcome__in=OPEN), AuthorizationOutcome.EXPIRED, detail=OVERTAKEN)
        return ConnectionAuthorization.objects.create(
            connection=connection,
            user=user,
            grant=grant,
            scope=scope_for(held),
            state=make_token(),
            **fields,
        )


def _browser_fields(held: Connection) -> dict[str, Any]:
    with client_of(held):
        return {"expires_at": timezone.now() + LIFE}


def _device_fields(held: Connection) -> dict[str, Any]:
    with client_of(held) as client:
        given = client.begin_device(scope_for(held))
    now = timezone.now()
    return {
        "sealed": {"device_code": given.device_code},
        "user_code": given.user_code,
        "verification_uri": given.verification_uri,
        "poll_every_s": given.poll_every_s,
        "next_poll_at": now + timedelta(seconds=given.poll_every_s),
        "expires_at": now + timedelta(seconds=given.life_s),
    }


def take_up(attempt: ConnectionAuthorization, *, session_key: str) -> str:
    """Bind an attempt to the browser session of its person; return where to go on.

    Taken up again, it starts anew: what was handed out before is worth nothing any more.
    """
    state, verifier = make_token(), make_token(48)
    held = opened(attempt.connection_id)
    client_id = held.client_id or settings.SMARTME_CLIENT_ID
    attempt.state, attempt.session = state, digest(session_key)
    attempt.sealed = {"verifier": verifier}
    attempt.save(update_fields=["state", "session", "sealed", "updated_at"])
    return authorize_url(
        settings.SMARTME_API_URL,
        client_id=client_id,
        redirect_uri=redirect_uri(),
        scope=attempt.scope,
        state=state,
        verifier=verifier,
    )


def waiting_for(user: User, attempt_id: UUID) -> ConnectionAuthorization | None:
    """Return the attempt that this person may go on with in the browser."""
    rows = ConnectionAuthorization.objects.select_related("connection__organisation")
    return rows.filter(
        pk=attempt_id,
        user=user,
        grant=OAuthGrant.AUTHORIZATION_CODE,
        outcome=AuthorizationOutcome.WAITING,
        expires_at__gt=timezone.now(),
    ).first()


def come_back(
    answer: Answer,
    *,
    user: User,
    session_key: str,
    may_change: Callable[[User, Connection], bool],
) -> ConnectionAuthorization | None:
    """Settle what came back; None if it is not of this person, this session and this time, or
    the person may no longer change the connection.
    """
    rows = ConnectionAuthorization.objects.filter(
        state=answer.state,
        session=digest(session_key),
        user=user,
        outcome=AuthorizationOutcome.WAITING,
        expires_at__gt=timezone.now(),
    )
    attempt = rows.select_related("connection__organisation").first()
    if attempt is None or not may_change(user, attempt.connection):
        return None
    # The code counts once, however often the page is loaded.
    if not rows.update(outcome=AuthorizationOutcome.EXCHANGING):
        return None
    try:
        if answer.error or not answer.code:
            raise GrantRefused(code=answer.error[:64] or "invalid_grant")
        held = opened(attempt.connection_id)
        with client_of(held) as client:
            given = client.exchange(
                code=answer.code,
                verifier=_sealed(attempt, "verifier"),
                redirect_uri=redirect_uri(),
            )
    except CloudFault as fault:
        return _failed(attempt, fault)
    return _granted(attempt, given)


def claim_polls(limit: int = 100) -> list[UUID]:
    """Claim the device codes to be asked about now, so that one worker asks about each."""
    now = timezone.now()
    due = ConnectionAuthorization.objects.filter(
        outcome=AuthorizationOutcome.WAITING, next_poll_at__lte=now
    )
    with transaction.atomic():
        found = due.select_for_update(skip_locked=True).order_by("next_poll_at")
        keys = list(found.values_list("pk", flat=True)[:limit])
        due.filter(pk__in=keys).update(next_poll_at=now + POLL_LEASE)
    return keys


def poll(attempt_id: UUID) -> None:
    """Ask once whether the code was typed in, and settle what is known then."""
    attempt = ConnectionAuthorization.objects.filter(
        pk=attempt_id, outcome=AuthorizationOutcome.WAITING
    ).first()
    if attempt is None:
        return
    if attempt.expires_at <= timezone.now():
        _finish(_row(attempt), AuthorizationOutcome.EXPIRED, detail=OVERDUE)
        return
    try:
        with client_of(opened(attempt.connection_id)) as client:
            given = client.poll_device(_sealed(attempt, "device_code"))
    except AuthorizationPending as fault:
        is_hasty = isinstance(fault, AuthorizationSlowed)
        _poll_again(attempt, slower_s=SLOWER_S if is_hasty else 0)
    except CloudFault as fault:
        if fault.permanent:
            _failed(attempt, fault)
        else:
            _poll_again(attempt, slower_s=0, times=2)
    else:
        _granted(attempt, given)


def forget(now: datetime) -> None:
    """End what nobody answered, with its secrets, and delete what is long over."""
    attempts = ConnectionAuthorization.objects.all()
    overdue = Q(outcome__in=OPEN, expires_at__lte=now - LIFE)
    _finish(attempts.filter(overdue), AuthorizationOutcome.EXPIRED, detail=OVERDUE)
    attempts.filter(created_at__lte=now - KEPT).delete()


def _poll_again(attempt: ConnectionAuthorization, *, slower_s: int, times: int = 1) -> None:
    every_s = attempt.poll_every_s + slower_s
    _row(attempt).update(
        poll_every_s=every_s,
        next_poll_at=timezone.now() + timedelta(seconds=every_s * times),
    )


def _row(attempt: ConnectionAuthorization) -> Any:
    return ConnectionAuthorization.objects.filter(pk=attempt.pk, outcome__in=OPEN)


def _sealed(attempt: ConnectionAuthorization, name: str) -> str:
    sealed: Any = attempt.sealed
    return str(sealed[name])


def _finish(rows: Any, outcome: AuthorizationOutcome, *, detail: str) -> int:
    now = timezone.now()
    count: int = rows.update(
        outcome=outcome, detail=detail, finished_at=now, sealed=None, next_poll_at=None
    )
    return count


def _failed(attempt: ConnectionAuthorization, fault: CloudFault) -> ConnectionAuthorization:
    outcome = FAILED_OF.get(getattr(fault, "code", ""), AuthorizationOutcome.FAILED)
    _finish(_row(attempt), outcome, detail=str(fault))
    attempt.refresh_from_db()
    return attempt


@transaction.atomic
def _granted(attempt: ConnectionAuthorization, given: TokenAnswer) -> ConnectionAuthorization:
    """Store the tokens, settle the attempt and have the account read, all or nothing."""
    locked = Connection.objects.select_for_update(of=("self",)).get(pk=attempt.connection_id)
    held = opened(locked.pk)
    granted = attempt.scope.split() if given.claims is None else given.claims
    missing = missing_from(granted, scope=attempt.scope)
    detail = " ".join(f"Not granted: {need.name}. {need.without}" for need in missing)
    if not _finish(_row(attempt), AuthorizationOutcome.GRANTED, detail=detail):
        attempt.refresh_from_db()
        return attempt
    # What was there before is replaced as a whole: its refresh token belongs to another grant.
    held.tokens = None
    store(held, given, scope=attempt.scope)
    Connection.objects.filter(pk=held.pk).update(oauth_grant=attempt.grant, learned={})
    request_now(held)
    attempt.refresh_from_db()
    return attempt
