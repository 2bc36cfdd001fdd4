"""Consents: given or changed when a user approves, narrowed and withdrawn at any time, never
outgrown.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.choices import Resolution
from accounts.errors import ConsentMissing, ConsentOver, ConsentWidened
from accounts.models import (
    AccessToken,
    Application,
    Consent,
    DeviceGrant,
    Grant,
    IDToken,
    RefreshToken,
    User,
)
from accounts.places import registry
from accounts.principals import Principal
from accounts.signals import consent_granted, consent_narrowed, consent_revoked
from accounts.terms import Terms
from config.lib.errors import InvalidInput

# How old the note of a consent's last use may be: one write in that time, however many requests.
USE_NOTED_EVERY: Final = timedelta(minutes=5)
COLUMNS: Final = ("scopes", "history_from", "resolution", "expires_at")


class Narrowing(TypedDict, total=False):
    """What may be narrowed; what is left out stays."""

    scopes: Collection[str]
    nodes: Collection[UUID] | None
    history_from: datetime | None
    resolution: Resolution
    expires_at: datetime | None


def living_consent(*, user: User, application: Application) -> Consent:
    """Return the one consent that stands between the two, locked until the transaction ends: no
    token is made of a consent that is being withdrawn.

    Raises: ConsentMissing, if there is none, or it has expired or was withdrawn.
    """
    living = Consent.objects.living().select_for_update(no_key=True)
    consent = living.filter(user=user, application=application).first()
    if consent is None:
        raise ConsentMissing()
    return consent


@transaction.atomic
def grant_consent(*, user: User, application: Application, terms: Terms) -> Consent:
    """Record what the user has agreed to on the consent page, in place of what stood before.

    Tokens that are out follow at once, to more and to less. One that has expired is ended first.
    Raises: InvalidInput, pointing at a node that is none to choose.
    """
    # The lock on the user serialises two approvals of the same pair.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    standing = Consent.objects.select_for_update(of=("self",))
    consent = standing.filter(user=user, application=application, revoked_at=None).first()
    if consent is not None and consent.is_over(timezone.now()):
        revoke_consent(consent=consent)
        consent = None
    if consent is None:
        consent = Consent(user=user, application=application)
    consent.purpose = application.purpose
    consent.confirmed_at = timezone.now()
    _write(consent, terms)
    consent_granted.send(sender=Consent, consent=consent)
    return consent


@transaction.atomic
def narrow_consent(
    *, consent: Consent, principal: Principal, **changes: Unpack[Narrowing]
) -> Consent:
    """Take away from what the application may do or see; its living tokens follow at once.

    ``nodes`` are such as the principal sees. Raises: ConsentOver; ConsentWidened, naming the terms
    that would become wider; InvalidInput, pointing at a node that the principal does not see.
    """
    rows = Consent.objects.select_for_update(of=("self",)).select_related("application")
    consent = rows.get(pk=consent.pk)
    if consent.is_over(timezone.now()):
        raise ConsentOver()
    before = standing_terms(consent)
    terms = _changed(before, **changes)
    wider = terms.widened(consent)
    if terms.nodes != before.nodes and _reaches_beyond(consent, terms.nodes, principal=principal):
        wider.append("nodes")
    if wider:
        raise ConsentWidened(terms=", ".join(wider))
    if terms == before:
        return consent
    _write(consent, terms)
    fields = [name for name in changes if getattr(terms, name) != getattr(before, name)]
    consent_narrowed.send(sender=Consent, consent=consent, fields=sorted(fields))
    return consent


def standing_terms(consent: Consent) -> Terms:
    """Return the terms as they stand."""
    chosen = registry.book.chosen([consent.pk]).get(consent.pk, ()) if consent.is_limited else None
    return Terms(
        scopes=frozenset(consent.scopes),
        nodes=None if chosen is None else frozenset(chosen),
        history_from=consent.history_from,
        resolution=Resolution(consent.resolution),
        expires_at=consent.expires_at,
    )


@transaction.atomic
def revoke_consent(*, consent: Consent) -> Consent:
    """Withdraw the consent: every code and token that rests on it ends at once."""
    consent = (
        Consent.objects.select_for_update(of=("self",))
        .select_related("application")
        .get(pk=consent.pk)
    )
    if consent.revoked_at is not None:
        return consent
    pair = {"user": consent.user_id, "application": consent.application_id}
    consent.revoked_at = timezone.now()
    consent.save(update_fields=["revoked_at", "updated_at"])
    for kind in (Grant, RefreshToken, AccessToken, IDToken):
        kind.objects.filter(**pair).delete()
    DeviceGrant.objects.filter(
        user=consent.user_id, client_id=consent.application.client_id
    ).delete()
    consent_revoked.send(sender=Consent, consent=consent)
    return consent


def record_use(*, consent: UUID) -> None:
    """Note that the application has just used the consent, unless that is noted already.

    One statement, which leaves the row's version as it is. Safe to run twice.
    """
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    Consent.objects.filter(stale, pk=consent).update(last_used_at=now)


def _changed(before: Terms, **changes: Any) -> Terms:
    known = {name: getattr(before, name) for name in (*COLUMNS, "nodes")}
    known |= changes
    nodes = known["nodes"]
    known["scopes"] = frozenset(known["scopes"])
    known["nodes"] = None if nodes is None else frozenset(nodes)
    return Terms(**known)


def _write(consent: Consent, terms: Terms) -> None:
    """Save the terms and, beside them, the nodes that the app of places keeps."""
    for name in COLUMNS:
        setattr(consent, name, getattr(terms, name))
    consent.scopes = sorted(terms.scopes)
    consent.is_limited = terms.nodes is not None
    consent.full_clean()
    consent.save()
    registry.book.cover(consent, terms.nodes)


def _reaches_beyond(
    consent: Consent, nodes: frozenset[UUID] | None, *, principal: Principal
) -> bool:
    """Say whether the nodes reach beyond what the consent covers.

    Raises: InvalidInput, pointing at nodes that the principal does not see.
    """
    if nodes is None:
        return consent.is_limited
    kept = registry.book.covered(consent, nodes) if consent.is_limited else ()
    strange = nodes - registry.book.named(principal, nodes).keys() - set(kept)
    if strange:
        text = "Choose sites, spaces, gateways or devices that you see."
        raise InvalidInput([("#/nodes", "unknown-node", text)])
    return consent.is_limited and not nodes <= set(kept)
