"""Reads over several tables: what a bearer token stands for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.auditing.past import CURRENT, find_then
from accounts.choices import ApplicationKind, OrganisationRole, Resolution
from accounts.models import Application, B2BUser, Consent, User
from accounts.principals import ConsentTerms, Principal
from accounts.scopes import SCOPES
from config.lib.secrets import digest

# Every API request asks this, so it is written out: no model is built, and what has expired, was
# withdrawn or belongs to a user who may not log in any more is no row at all. All joins go by
# primary key; the token itself is found by the unique index on its digest.
LIVING_SQL = """
    SELECT t.scope, t.expires, t.user_id, t.application_id, t.consent_id,
           a.scopes, a.organisation_id, a.kind,
           (SELECT json_object_agg(m.organisation_id, m.role)
            FROM accounts_b2buser m
            WHERE m.user_id = t.user_id
              AND (m.starts_at IS NULL OR m.starts_at <= %(now)s)
              AND (m.ends_at IS NULL OR m.ends_at > %(now)s)),
           c.scopes, c.history_from, c.resolution, c.is_limited, c.last_used_at
    FROM accounts_accesstoken t
    JOIN accounts_application a ON a.id = t.application_id
    LEFT JOIN accounts_user u ON u.id = t.user_id
    LEFT JOIN accounts_consent c ON c.id = t.consent_id
    WHERE t.token_checksum = %(digest)s AND t.expires > %(now)s
      AND (t.user_id IS NULL OR (
        u.is_active AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > %(now)s)))
"""


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A living token: whose it is, what application and consent leave of its scopes, roles."""

    scopes: frozenset[str]
    expires: datetime
    user_id: UUID | None
    application_id: UUID
    roles: dict[UUID, OrganisationRole]
    terms: ConsentTerms | None = None
    last_used_at: datetime | None = None
    is_gateway: bool = False


def find_token(text: str) -> FoundToken | None:
    """Return what the token stands for now, or None if it does not live (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(LIVING_SQL, {"digest": digest(text), "now": timezone.now()})
        row = cursor.fetchone()
    if row is None:
        return None
    scope, expires, user_id, application_id, consent_id, allowed, own, kind, roles, *consent = row
    scopes = frozenset(scope.split()) & frozenset(allowed)
    if user_id is None:
        # An application acts for its organisation, with the rights of an admin; a gateway's does
        # not: twin's reach knows what is the gateway's own.
        is_gateway = kind == ApplicationKind.GATEWAY
        acting = {} if is_gateway else {own: OrganisationRole.ADMIN}
        return FoundToken(scopes, expires, None, application_id, acting, is_gateway=is_gateway)
    acting = {UUID(key): OrganisationRole(role) for key, role in (roles or {}).items()}
    consented, history_from, resolution, is_limited, last_used_at = consent
    terms = ConsentTerms(consent_id, history_from, Resolution(resolution), is_limited)
    scopes &= frozenset(consented)
    return FoundToken(scopes, expires, user_id, application_id, acting, terms, last_used_at)


def terms_of(consent: Consent) -> ConsentTerms:
    """Return what a principal carries of a consent."""
    resolution = Resolution(consent.resolution)
    return ConsentTerms(consent.pk, consent.history_from, resolution, consent.is_limited)


def roles_of(user: UUID) -> dict[UUID, OrganisationRole]:
    """Return the organisations in which a user acts now (one query)."""
    rows = B2BUser.objects.current().filter(user=user).values_list("organisation", "role")
    return {organisation: OrganisationRole(role) for organisation, role in rows}


def roles_then(user: UUID, at: datetime) -> dict[UUID, OrganisationRole]:
    """Return the organisations in which a user acted at a time, by what was on record then."""
    rows = find_then(
        B2BUser,
        noun="b2b_user",
        about="e.subject_id = %(user)s",
        where=f"r.user_id = %(user)s AND {CURRENT}",
        at=at,
        values={"user": user},
    )
    return {row.organisation_id: OrganisationRole(row.role) for row in rows}


def consent_then(user: UUID, application: UUID, *, at: datetime) -> Consent | None:
    """Return the consent that stood between the two at a time, as it was then."""
    found = find_then(
        Consent,
        noun="consent",
        about="e.subject_id = %(user)s",
        where="""r.user_id = %(user)s AND r.application_id = %(application)s
            AND r.granted_at <= %(at)s AND coalesce(r.revoked_at > %(at)s, true)
            AND coalesce(r.expires_at > %(at)s, true)""",
        at=at,
        values={"user": user, "application": application},
    )
    return found[-1] if found else None


def principal_of_user(user: User) -> Principal:
    """Return what a user may do by themselves, on our own pages, through no application."""
    return Principal(frozenset(SCOPES), user.pk, organisation_roles=roles_of(user.pk))


@dataclass(frozen=True, slots=True)
class Caller:
    """The rows behind a principal."""

    application: Application
    user: User | None = None
    b2c_user_id: UUID | None = None
    roles: tuple[B2BUser, ...] = ()
    consent: Consent | None = None


def caller_of(principal: Principal) -> Caller:
    """Return who asks (at most four queries)."""
    applications = Application.objects.select_related("organisation")
    application = applications.get(pk=str(principal.application_id))
    if principal.user_id is None:
        return Caller(application)
    user = User.objects.select_related("b2c").get(pk=principal.user_id)
    roles = B2BUser.objects.current().filter(user=user).select_related("organisation")
    return Caller(
        application,
        user=user,
        b2c_user_id=user.b2c.pk if hasattr(user, "b2c") else None,
        roles=tuple(roles.order_by("pk")),
        consent=Consent.objects.select_related("application__organisation")
        .filter(pk=str(principal.consent_id))
        .first(),
    )
