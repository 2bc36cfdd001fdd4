"""Occupancies: moving in, and moving out as one operation."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.models import B2CUser, User
from accounts.principals import Principal
from accounts.tenancy import refuse_cut
from config.lib.errors import RoleMissing, ScopeMissing
from config.lib.times import format_time
from twin.choices import SiteRole
from twin.errors import (
    OccupancyOver,
    PeriodLived,
    PeriodSealed,
    SpaceGone,
    ThereAlready,
    invalid_field,
)
from twin.models import Grant, Occupancy, Site, SiteMember, Space
from twin.models.access import Period as TimeRange
from twin.models.occupancies import OccupancyQuerySet
from twin.services.consents import end_consents_for
from twin.services.grants import revoke_grant
from twin.services.members import remove_site_member
from twin.signals import occupancy_ended, occupancy_sealed, occupancy_started

# Who move in together are put on record together, one after the other.
TOGETHER = timedelta(hours=1)


@transaction.atomic
def start_occupancy(
    *, space: Space, user: User, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> Occupancy:
    """Let a person live in the space from then on, now unless stated.

    Nobody is let into time that somebody else has lived already: beside people who live there now
    one lives from now on. Raises: ThereAlready, if they live there during a part of that time;
    PeriodSealed, PeriodLived, if somebody else lived there then; InvalidInput.
    """
    # The lock on the space serialises two calls for the same person.
    found = Space.objects.select_for_update(of=("self",), no_key=True).filter(pk=space.pk).first()
    if found is None:
        raise SpaceGone()
    space = found
    now = timezone.now()
    starts_at = starts_at or now
    if ends_at is not None and ends_at <= starts_at:
        raise invalid_field("until", "not-after", "This must come after `from`.")
    period = DateTimeTZRange(starts_at, ends_at)
    other = Occupancy.objects.filter(space=space, user=user, period__overlap=period).first()
    if other is not None:
        until = other.ends_at and format_time(other.ends_at)
        raise ThereAlready(email=user.email, since=format_time(other.starts_at), until=until)
    _check_open(space, user, starts_at=starts_at, ends_at=ends_at, now=now)
    occupancy = Occupancy.objects.create(
        space=space,
        site_id=space.site_id,
        organisation_id=space.organisation_id,
        user=user,
        period=period,
    )
    B2CUser.objects.get_or_create(user=user)
    occupancy_started.send(sender=Occupancy, occupancy=occupancy)
    return seal_occupancy(occupancy)


@transaction.atomic
def end_occupancy(occupancy: Occupancy, *, at: datetime | None = None) -> Occupancy:
    """Move a person out, now or at a given time, as one operation: what is in the past is sealed.

    Raises: OccupancyOver, if it has ended already; InvalidInput, for a time before moving in.
    """
    now = timezone.now()
    occupancy = _locked(occupancy)
    if occupancy.sealed_at is not None:
        raise OccupancyOver(ended_at=format_time(occupancy.ends_at))
    at = at or now
    if at < now:
        occupancy.closed_until = min(now, occupancy.ends_at or now)
    if at <= occupancy.starts_at:
        raise invalid_field("at", "before-start", "This must come after the start.")
    occupancy.period = DateTimeTZRange(occupancy.starts_at, at)
    occupancy.save(update_fields=["period", "closed_until", "updated_at"])
    occupancy_ended.send(sender=Occupancy, occupancy=occupancy)
    return seal_occupancy(occupancy)


@transaction.atomic
def seal_occupancy(occupancy: Occupancy) -> Occupancy:
    """Once its time is over, end all that rested on living there, and fix the period for good.

    The right itself has ended with the period; this ends the person's grants inside the flat, their
    membership of the building, and what their applications may see of the flat.
    """
    now = timezone.now()
    occupancy = _locked(occupancy)
    is_over = occupancy.ends_at is not None and occupancy.ends_at <= now
    if occupancy.sealed_at is not None or not is_over:
        return occupancy
    occupancy.sealed_at = now
    occupancy.save(update_fields=["sealed_at", "updated_at"])
    if not _lives_on(occupancy, now, where=Q(space=occupancy.space_id)):
        _end_grants(occupancy)
        end_consents_for(occupancy)
    if not _lives_on(occupancy, now, where=Q(site=occupancy.site_id)):
        _end_membership(occupancy)
    occupancy_sealed.send(sender=Occupancy, occupancy=occupancy)
    return occupancy


def lives_or_will_in(spaces: Collection[UUID]) -> OccupancyQuerySet:
    """Return the occupancies of the spaces that are not over."""
    not_over = Q(period__upper_inf=True) | Q(period__endswith__gt=timezone.now())
    return Occupancy.objects.filter(not_over, space__in=spaces)


@transaction.atomic
def move_occupancy(occupancy: Occupancy, *, to: Space) -> Occupancy | None:
    """Move a person into another space of the site, from now or from when they would move in.

    Who has an occupancy there in that time only leaves. Returns: the new one, if there is one.
    Raises: PeriodSealed.
    """
    now = timezone.now()
    starts_at = max(now, occupancy.starts_at)
    made = None
    with suppress(ThereAlready):
        made = start_occupancy(
            space=to, user=occupancy.user, starts_at=starts_at, ends_at=occupancy.ends_at
        )
    if occupancy.starts_at < now:
        end_occupancy(occupancy, at=now)
    else:
        occupancy_ended.send(sender=Occupancy, occupancy=occupancy)
        Occupancy.objects.filter(pk=occupancy.pk).delete()
    return made


def check_moving(principal: Principal, site: Site) -> None:
    """Refuse who may not let people in and out: moving them opens another space to them.

    Raises: ScopeMissing, RoleMissing, ConsentLimited.
    """
    if not principal.has_scope("members:write"):
        raise ScopeMissing(scope="members:write")
    kept = Site.objects.changeable_by(principal, at_least=OrganisationRole.ADMIN)
    if not kept.filter(pk=site.pk).exists():
        raise RoleMissing(role=OrganisationRole.ADMIN.value)
    refuse_cut(principal)


def _check_open(
    space: Space, user: User, *, starts_at: datetime, ends_at: datetime | None, now: datetime
) -> None:
    """Refuse to let a person into time of somebody else's, there, above or below it."""
    past = DateTimeTZRange(starts_at, min(now, ends_at or now)) if starts_at < now else None
    above = Q(space__in=[UUID(label) for label in space.path])
    nearby = Occupancy.objects.filter(above | Q(space__path__within=[str(space.path)]))
    # Where an end was recorded late, what lies between is still the time of who lived there.
    whole = TimeRange("period__startswith", Coalesce("closed_until", "period__endswith"))
    others = nearby.exclude(user=user).annotate(whole=whole)
    sealed = others.filter(
        whole__overlap=DateTimeTZRange(starts_at, ends_at), sealed_at__isnull=False
    )
    last = max((_closed_at(one) for one in sealed), default=None)
    if last is not None:
        raise PeriodSealed(until=format_time(last))
    known = others.filter(created_at__lt=now - TOGETHER)
    if past is not None and known.filter(whole__overlap=past).exists():
        raise PeriodLived()


def _closed_at(occupancy: Occupancy) -> datetime:
    """Return until when the time of a sealed occupancy is closed."""
    until: datetime = occupancy.closed_until or occupancy.ends_at
    return until


def _locked(occupancy: Occupancy) -> Occupancy:
    rows = Occupancy.objects.select_for_update(of=("self",)).select_related("space", "user")
    return rows.get(pk=occupancy.pk)


def _lives_on(occupancy: Occupancy, now: datetime, *, where: Q) -> bool:
    """Say whether the person lives there, or will, by another occupancy."""
    others = Occupancy.objects.filter(where, user=occupancy.user_id).exclude(pk=occupancy.pk)
    return others.filter(Q(period__endswith__gt=now) | Q(period__upper_inf=True)).exists()


def _end_grants(occupancy: Occupancy) -> None:
    within = Q(node__as_space__path__within=[str(occupancy.space.path)])
    for grant in Grant.objects.filter(within, user=occupancy.user_id):
        revoke_grant(grant)


def _end_membership(occupancy: Occupancy) -> None:
    """End the membership of a building that is an organisation's; a home keeps its people."""
    members = SiteMember.objects.filter(
        site=occupancy.site_id,
        user=occupancy.user_id,
        organisation__isnull=False,
        role=SiteRole.RESIDENT,
    )
    for member in members:
        remove_site_member(member)
