"""Connections as people manage them: make, change, pause, sync now, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from config.lib.errors import InvalidInput
from devices.models import Fleet
from integrations.choices import AuthMethod, ConnectionStatus, OAuthGrant
from integrations.errors import ConnectionPaused
from integrations.models import Connection
from integrations.signals import connection_realtime_changed, connection_sync_requested
from integrations.smartme.claims import claim_now
from integrations.smartme.credentials import ApiKey, Basic, CardToken, Credentials
from integrations.smartme.tokens import bearer_of, may_stay, opened
from twin.models import Site

SECRET_FIELD: Mapping[str, str] = {
    AuthMethod.API_KEY: "api_key",
    AuthMethod.OAUTH: "client_secret",
    AuthMethod.CARD: "card_token",
    AuthMethod.BASIC: "password",
}
SECRETS = (*SECRET_FIELD.values(), "access_token")
NAME_FIELD: Mapping[str, str] = {AuthMethod.CARD: "card_id", AuthMethod.BASIC: "username"}
PLAIN_FIELDS = (
    *("name", "realtime", "interval_s", "history_days", "username", "card_id"),
    *("oauth_grant", "client_id"),
    *("key_expires_at", "licence", "switching"),
)
# What was given for these is worth nothing once one of them changes.
GRANT_FIELDS = ("auth_method", "oauth_grant", "client_id")
GIVEN = ("tokens", "tokens_version", "token_expires_at", "claims", "learned")


def credentials_of(connection: Connection) -> Credentials:
    """Return what the connection gets in with; an access token is renewed before if need be.

    Raises: CredentialsRefused, if no key of FIELD_ENCRYPTION_KEYS opens its secret. CloudFault, if
    an access token is to be renewed and cannot be.
    """
    if connection.auth_method == AuthMethod.OAUTH:
        return bearer_of(connection)
    secret = str(opened(connection.pk).secret or "")
    if connection.auth_method == AuthMethod.CARD:
        has_dashes = bool(connection.learned.get("card_dashes"))
        return CardToken(connection.card_id, secret, has_dashes=has_dashes)
    if connection.auth_method == AuthMethod.BASIC:
        return Basic(connection.username, secret)
    return ApiKey(secret)


@transaction.atomic
def create_connection(
    *, fleet: Fleet, site: Site | None, auth_method: str, fields: Mapping[str, Any]
) -> Connection:
    """Make a connection of the fleet's organisation and queue its first sync; no call is made.

    Args: ``fields`` holds the name, the settings, and the secret under the field of its method.
    Raises: InvalidInput, for a secret that is missing or of another method, or a foreign site.
    """
    connection = Connection(
        organisation_id=fleet.organisation_id, fleet=fleet, auth_method=auth_method
    )
    connection.next_attempt_at = timezone.now()
    _settle(connection, site)
    _take_over(connection, fields)
    connection.save(force_insert=True)
    request_now(connection)
    if connection.realtime:
        connection_realtime_changed.send(sender=Connection, connection=connection)
    return connection


@transaction.atomic
def change_connection(
    *, connection: Connection, changes: Mapping[str, Any], site: Site | None = None
) -> Connection:
    """Change settings, replace the secret, pause or resume; what is not named stays.

    ``changes`` may hold ``paused`` (bool), and ``site`` when the place changes to ``site``. New
    credentials and a resumed connection are tried at once.
    Raises: InvalidInput, as for a new connection.
    """
    connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    if "site" in changes:
        _settle(connection, site)
    before = [getattr(connection, name) for name in GRANT_FIELDS]
    if changes.get("auth_method", connection.auth_method) != connection.auth_method:
        # The old secret is of another kind: a new one must come along.
        connection.auth_method, connection.secret = changes["auth_method"], None
        connection.oauth_grant = ""
    renewed = _take_over(connection, changes)
    if before != [getattr(connection, name) for name in GRANT_FIELDS]:
        _forget_given(connection)
    if renewed:
        connection.learned = {}
    resumed = _pause_or_resume(connection, changes.get("paused"))
    connection.save(update_fields=[*_changeable(connection), *PLAIN_FIELDS, "updated_at"])
    if (renewed or resumed) and not connection.is_paused:
        request_now(connection)
    if "realtime" in changes or resumed:
        connection_realtime_changed.send(sender=Connection, connection=connection)
    connection.refresh_from_db(from_queryset=Connection.objects.all())
    return connection


def request_sync(*, connection: Connection) -> None:
    """Have the connection tried at once, also during back-off; after a sync that is running.

    Raises: ConnectionPaused.
    """
    with transaction.atomic():
        locked = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        if locked.is_paused:
            raise ConnectionPaused()
        request_now(locked)


@transaction.atomic
def delete_connection(*, connection: Connection) -> None:
    """Forget the account and its secret; devices and their readings stay.

    Where the cloud was given an address to post to, or gave a token to stay connected, the secret
    is kept, out of everybody's sight, until that is taken back there.
    """
    if not connection.endpoints.exists() and not may_stay(connection):
        connection.delete()
        return
    Connection.objects.filter(pk=connection.pk).update(
        disconnected_at=timezone.now(), status=ConnectionStatus.PAUSED, claim=None
    )
    connection_realtime_changed.send(sender=Connection, connection=connection)


def _is_loaded(connection: Connection) -> bool:
    """Say whether the secret was set just now; else it stays in the database, unread."""
    return "secret" not in connection.get_deferred_fields()


def _changeable(connection: Connection) -> tuple[str, ...]:
    secret = ("secret",) if _is_loaded(connection) else ()
    given = GIVEN if "tokens" not in connection.get_deferred_fields() else ("learned",)
    return ("site", "auth_method", "status", "problem", "failures", "claim", *secret, *given)


def _forget_given(connection: Connection) -> None:
    """Forget the tokens of another application or grant."""
    connection.tokens, connection.token_expires_at, connection.claims = None, None, []
    connection.tokens_version = F("tokens_version") + 1


def request_now(connection: Connection) -> None:
    """Have the connection synced as soon as this transaction is committed."""
    claimed = claim_now(connection.pk)
    if claimed is not None:
        connection_sync_requested.send(sender=Connection, claimed=claimed)


def _settle(connection: Connection, site: Site | None) -> None:
    if site is not None and site.organisation_id != connection.organisation_id:
        detail = "The site is not of the organisation that owns the fleet."
        raise InvalidInput([("#/site", "foreign", detail)])
    connection.site = site


def _pause_or_resume(connection: Connection, paused: bool | None) -> bool:
    """Pause or resume; return whether it was resumed."""
    if paused is None or paused == connection.is_paused:
        return False
    connection.status = ConnectionStatus.PAUSED if paused else ConnectionStatus.PENDING
    connection.problem, connection.failures, connection.claim = "", 0, None
    return not paused


def _take_over(connection: Connection, fields: Mapping[str, Any]) -> bool:
    """Write plain fields and the secret onto the connection; return whether the secret is new."""
    for name in PLAIN_FIELDS:
        if name in fields:
            setattr(connection, name, fields[name])
    _settle_grant(connection, fields)
    given = {name: fields[name] for name in SECRETS if fields.get(name)}
    wanted = _secret_field(connection)
    if wanted in given:
        connection.secret = given[wanted]
    _check(connection, wanted=wanted, given=given)
    return wanted in given


def _settle_grant(connection: Connection, fields: Mapping[str, Any]) -> None:
    """Choose the grant where none was named: a stored token as it is, else a person is asked."""
    if connection.auth_method != AuthMethod.OAUTH:
        connection.oauth_grant = ""
    elif not fields.get("oauth_grant") and fields.get("access_token"):
        connection.oauth_grant = OAuthGrant.ACCESS_TOKEN
    elif not connection.oauth_grant:
        connection.oauth_grant = OAuthGrant.AUTHORIZATION_CODE


def _secret_field(connection: Connection) -> str:
    if connection.oauth_grant == OAuthGrant.ACCESS_TOKEN:
        return "access_token"
    return SECRET_FIELD[connection.auth_method]


def _needs_secret(connection: Connection) -> bool:
    """Say whether the way in needs a secret: an application that people allow may be public."""
    return connection.oauth_grant not in (OAuthGrant.AUTHORIZATION_CODE, OAuthGrant.DEVICE_CODE)


def _check(connection: Connection, *, wanted: str, given: Mapping[str, str]) -> None:
    findings = [
        (f"#/{name}", "other-method", f"This secret is not of {connection.auth_method}.")
        for name in given
        if name != wanted
    ]
    is_missing = _is_loaded(connection) and not connection.secret
    if is_missing and _needs_secret(connection):
        findings.append((f"#/{wanted}", "required", f"{connection.auth_method} needs it."))
    name = NAME_FIELD.get(connection.auth_method)
    if connection.oauth_grant == OAuthGrant.CLIENT_CREDENTIALS:
        name = "client_id"
    if name and not getattr(connection, name):
        findings.append((f"#/{name}", "required", f"{connection.auth_method} needs it."))
    if findings:
        raise InvalidInput(findings)
