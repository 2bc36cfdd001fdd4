"""Access tokens of connections: given out while they are good, renewed ahead of their end by one
worker at a time, and stored with their refresh token in one statement.

A lease in the row says who renews. What counts is the version: an answer is stored if the tokens
are still those it renews, also by a worker whose lease has ended, since a spent refresh token
leaves nothing else to get in with.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from config.lib.secrets import SecretUnreadable
from integrations.choices import AuthMethod, OAuthGrant
from integrations.models import Connection
from integrations.smartme.client import SmartMeClient
from integrations.smartme.credentials import BearerToken
from integrations.smartme.errors import (
    AccessRefused,
    CloudFault,
    CredentialsRefused,
    GrantRefused,
    NotAuthorised,
    NotFoundAtCloud,
    RenewalUnderWay,
)
from integrations.smartme.needs import scope_of
from integrations.smartme.oauth import OAuthClient, TokenAnswer
from integrations.smartme.values import Unusable, identifier

logger = structlog.get_logger(__name__)
# How long before its end a token is renewed, at most; short-lived ones at a quarter of their life.
AHEAD_S: Final = 300.0
CALL_S: Final = 10.0
# A lease outlasts the call and the writing of its answer.
LEASE: Final = timedelta(seconds=CALL_S + 10)
PATIENCE_S: Final = 5.0
LOOK_AGAIN_S: Final = 0.1
LOST: Final = "An earlier renewal got no answer, and smart-me takes each refresh token once only."
FIELDS: Final = (
    *("id", "organisation", "auth_method", "oauth_grant", "client_id", "secret", "tokens"),
    *("tokens_version", "token_expires_at", "renewal", "renewal_ends_at", "renewal_sent_at"),
    *("switching", "realtime", "claims"),
)


def bearer_of(connection: Connection) -> BearerToken:
    """Return a token that is good for a while, renewed before if need be.

    Raises: CloudFault, if there is none to be had: NotAuthorised, GrantRefused, RenewalUnderWay, or
    what went wrong with the call. SecretUnreadable, as FIELD_ENCRYPTION_KEYS is.
    """
    held = opened(connection.pk)
    if held.oauth_grant in (OAuthGrant.ACCESS_TOKEN, ""):
        return BearerToken(str(held.secret or ""))
    if _is_fresh(held):
        return _bearer(held)
    return _renewed(held)


def bearer_instead_of(connection: Connection, refused: BearerToken) -> BearerToken | None:
    """Return another token than the one the cloud refused, or None when there is no other."""
    held = opened(connection.pk)
    if held.oauth_grant in (OAuthGrant.ACCESS_TOKEN, ""):
        return None
    if _bearer(held) != refused and _is_usable(held):
        return _bearer(held)
    Connection.objects.filter(pk=held.pk, tokens_version=held.tokens_version).update(
        token_expires_at=timezone.now()
    )
    return _renewed(opened(connection.pk))


def opened(connection_id: UUID) -> Connection:
    """Return the connection with its secrets.

    Raises: CredentialsRefused, if no key opens them; Connection.DoesNotExist.
    """
    try:
        return Connection.objects.defer(None).only(*FIELDS).get(pk=connection_id)
    except SecretUnreadable as fault:
        raise CredentialsRefused(
            detail="Its secret cannot be decrypted with FIELD_ENCRYPTION_KEYS; store it again."
        ) from fault


def client_of(connection: Connection) -> OAuthClient:
    """Return a client for the application of the connection, else for that of the platform.

    Raises: NotAuthorised, if there is neither.
    """
    client_id, secret = connection.client_id, str(connection.secret or "")
    if not client_id:
        client_id, secret = settings.SMARTME_CLIENT_ID, settings.SMARTME_CLIENT_SECRET
    if not client_id:
        raise NotAuthorised(
            detail="There is no OAuth application to ask with: store the client_id of one in the "
            "connection, or set SMARTME_CLIENT_ID."
        )
    return OAuthClient(
        base_url=settings.SMARTME_API_URL,
        client_id=client_id,
        client_secret=secret,
        total_s=CALL_S,
    )


def scope_for(connection: Connection) -> str:
    """Return the claims to ask for: the least that the connection needs."""
    return scope_of(
        grant_stays=connection.oauth_grant != OAuthGrant.CLIENT_CREDENTIALS,
        switching=connection.switching,
        realtime=connection.realtime,
    )


def store(connection: Connection, answer: TokenAnswer, *, scope: str) -> bool:
    """Store what the cloud gave in one statement, unless newer tokens are there already."""
    now = timezone.now()
    refresh = answer.refresh_token or _tokens(connection).get("refresh_token")
    granted = scope.split() if answer.claims is None else list(answer.claims)
    rows = Connection.objects.filter(
        pk=connection.pk, tokens_version=connection.tokens_version, auth_method="oauth"
    )
    return bool(
        rows.update(
            tokens={
                "access_token": answer.access_token,
                "refresh_token": refresh,
                "life_s": answer.life_s,
            },
            tokens_version=F("tokens_version") + 1,
            token_expires_at=now + timedelta(seconds=answer.life_s),
            claims=granted,
            renewal=None,
            renewal_ends_at=None,
            renewal_sent_at=None,
            updated_at=now,
        )
    )


def _renewed(held: Connection) -> BearerToken:
    """Renew, or wait for the worker that does."""
    until = time.monotonic() + PATIENCE_S
    version = held.tokens_version
    while True:
        renewal = _lease(held)
        if renewal is not None:
            return _renew(held, renewal)
        held = opened(held.pk)
        if held.tokens_version != version or _is_usable(held):
            return _bearer(held)
        if time.monotonic() >= until:
            raise RenewalUnderWay(retry_after_s=1.0)
        time.sleep(LOOK_AGAIN_S)


def _lease(held: Connection) -> UUID | None:
    """Become the one who renews these tokens; None while somebody else is."""
    now, renewal = timezone.now(), uuid4()
    is_free = Q(renewal=None) | Q(renewal_ends_at__lte=now)
    rows = Connection.objects.filter(is_free, pk=held.pk, tokens_version=held.tokens_version)
    taken = rows.update(renewal=renewal, renewal_ends_at=now + LEASE)
    return renewal if taken else None


def _renew(held: Connection, renewal: UUID) -> BearerToken:
    scope = scope_for(held)
    try:
        answer = _asked(held, scope)
    except CloudFault as fault:
        return _in_vain(held, renewal, fault=fault)
    if not store(held, answer, scope=scope):
        # Somebody was quicker, or the way in was changed meanwhile.
        return _bearer(opened(held.pk))
    logger.info("smartme_token_renewed", connection=str(held.pk), grant=held.oauth_grant)
    return BearerToken(answer.access_token)


def _asked(held: Connection, scope: str) -> TokenAnswer:
    """Ask for new tokens; that it was asked is on record before the call."""
    if held.oauth_grant == OAuthGrant.CLIENT_CREDENTIALS:
        with client_of(held) as client:
            return client.client_credentials(scope)
    refresh = _tokens(held).get("refresh_token")
    if not refresh:
        raise NotAuthorised(detail=_how_to_allow(held))
    with client_of(held) as client:
        Connection.objects.filter(pk=held.pk).update(renewal_sent_at=timezone.now())
        return client.refresh(refresh)


def _in_vain(held: Connection, renewal: UUID, *, fault: CloudFault) -> BearerToken:
    """Give the lease back; go on with the old token while it is good, else raise."""
    changes: dict[str, Any] = {"renewal": None, "renewal_ends_at": None}
    is_over = isinstance(fault, GrantRefused)
    if is_over and held.oauth_grant != OAuthGrant.CLIENT_CREDENTIALS:
        changes |= {"renewal_sent_at": None}
        if getattr(fault, "code", "") == "invalid_grant":
            # Used up: it is not tried again, and what is left of the access token stays good.
            changes |= {"tokens": {**_tokens(held), "refresh_token": None}}
            if held.renewal_sent_at is not None:
                fault = GrantRefused(code="invalid_grant", detail=LOST)
    rows = Connection.objects.filter(pk=held.pk, renewal=renewal)
    rows.filter(tokens_version=held.tokens_version).update(**changes)
    current = opened(held.pk)
    if current.tokens_version != held.tokens_version or _is_usable(current):
        logger.warning("smartme_token_not_renewed", connection=str(held.pk), problem=str(fault))
        return _bearer(current)
    raise fault


def _how_to_allow(held: Connection) -> str:
    if held.tokens:
        return (
            "What was allowed has ended, and it cannot be renewed: smart-me gave no refresh token, "
            "or took it back. Allow Atrium again."
        )
    return "Begin in the admin site, or by POST to authorize/ of this connection."


def _tokens(held: Connection) -> dict[str, Any]:
    given: Any = held.tokens
    return dict(given or {})


def _bearer(held: Connection) -> BearerToken:
    return BearerToken(str(_tokens(held).get("access_token", "")))


def _left(held: Connection) -> timedelta:
    ends: datetime | None = held.token_expires_at
    return ends - timezone.now() if held.tokens and ends else timedelta(0)


def _is_usable(held: Connection) -> bool:
    return _left(held) > timedelta(seconds=1)


def _is_fresh(held: Connection) -> bool:
    life_s = float(_tokens(held).get("life_s", 0.0))
    return _left(held) > timedelta(seconds=max(1.0, min(AHEAD_S, life_s / 4)))


def may_stay(connection: Connection) -> bool:
    """Say whether Atrium holds a token, and can read it, with which it could stay connected."""
    if connection.auth_method != AuthMethod.OAUTH:
        return False
    try:
        return bool(_tokens(opened(connection.pk)).get("refresh_token"))
    except CredentialsRefused:
        return False


def give_back(connection: Connection, client: SmartMeClient) -> None:
    """Have the refresh token of a connection revoked, if the cloud says which one it is.

    The cloud names the application of each, and not the token: of several for one application
    none is touched, as the others are somebody else's. Raises: CloudFault, unless it refuses.
    """
    application = connection.client_id or settings.SMARTME_CLIENT_ID
    try:
        ours = [
            identifier(named.get("id"))
            for entry in client.refresh_tokens()
            if (named := {str(key).lower(): value for key, value in entry.items()})
            and str(named.get("applicationid", "")).lower() == application.lower()
        ]
        if len(ours) == 1:
            client.revoke(ours[0])
            return
    except (AccessRefused, NotFoundAtCloud, Unusable) as fault:
        logger.info("smartme_token_not_revoked", connection=str(connection.pk), why=str(fault))
        return
    logger.info("smartme_token_not_revoked", connection=str(connection.pk), found=len(ours))
