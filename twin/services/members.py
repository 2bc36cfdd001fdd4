"""Members of sites: added, changed, removed; the ownership of a home handed over."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.choices import OrganisationRole
from accounts.errors import LastOwner
from accounts.models import B2CUser, User
from accounts.principals import Principal
from accounts.tenancy import refuse_cut
from config.lib.errors import RoleMissing
from config.lib.times import format_time
from twin.choices import SiteRole
from twin.errors import ThereAlready
from twin.models import Site, SiteMember
from twin.services.people import check_keeper
from twin.signals import (
    site_member_added,
    site_member_changed,
    site_member_removed,
    site_transferred,
)


@transaction.atomic
def add_site_member(
    *,
    site: Site,
    user: User,
    role: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> SiteMember:
    """Make a person a member of the site, perhaps for a time.

    Raises: ThereAlready, if they are one during a part of that time.
    """
    _lock(site)
    member = SiteMember(
        site=site,
        organisation_id=site.organisation_id,
        user=user,
        role=role,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    _check_alone(member)
    member.clean_fields()
    member.save(force_insert=True)
    B2CUser.objects.get_or_create(user=user)
    site_member_added.send(sender=SiteMember, member=member)
    return member


@transaction.atomic
def change_site_member(member: SiteMember, **changes: Any) -> SiteMember:
    """Change the role or the time of a membership.

    Raises: LastOwner, if a home would be left without a lasting owner; ThereAlready.
    """
    _lock(member.site)
    member = SiteMember.objects.select_for_update(of=("self",)).get(pk=member.pk)
    was_owner = member.role == SiteRole.OWNER
    changed = sorted(name for name, value in changes.items() if getattr(member, name) != value)
    for name in changed:
        setattr(member, name, changes[name])
    if was_owner and not (member.role == SiteRole.OWNER and member.ends_at is None):
        _check_owner_remains(member)
    if changed:
        _check_alone(member)
        member.save(update_fields=[*changed, "updated_at"])
        site_member_changed.send(sender=SiteMember, member=member, changes=changed)
    return member


@transaction.atomic
def remove_site_member(member: SiteMember, *, principal: Principal | None = None) -> None:
    """End a membership at once; everybody may leave, to remove somebody else takes an admin.

    Raises: LastOwner, if a home would be left without a lasting owner; RoleMissing.
    """
    if principal and member.user_id != principal.user_id:
        check_keeper(member, principal)
    _lock(member.site)
    member = SiteMember.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if member.role == SiteRole.OWNER:
        _check_owner_remains(member)
    site_member_removed.send(sender=SiteMember, member=member)
    member.delete()


@transaction.atomic
def transfer_home(*, site: Site, user: User) -> SiteMember:
    """Hand a home over: the person becomes its owner, the owners so far leave it.

    Memberships of the person so far give way to the new one.
    """
    _lock(site)
    leaving = Q(role=SiteRole.OWNER) | Q(user=user)
    for member in SiteMember.objects.filter(leaving, site=site):
        site_member_removed.send(sender=SiteMember, member=member)
        member.delete()
    member = add_site_member(site=site, user=user, role=SiteRole.OWNER)
    site_transferred.send(sender=Site, site=site, member=member)
    return member


def check_may_transfer(site: Site, principal: Principal) -> None:
    """Refuse to hand over an organisation's building but by its owner in person, and anything
    through a consent that covers a part.

    Raises: RoleMissing, ConsentLimited.
    """
    refuse_cut(principal)
    owned = principal.organisations(OrganisationRole.OWNER)
    if site.organisation_id is not None and site.organisation_id not in owned:
        raise RoleMissing(role=OrganisationRole.OWNER.value)


def _lock(site: Site) -> None:
    """Take the members of a site in hand one after the other, so that an owner remains."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)


def _check_owner_remains(member: SiteMember) -> None:
    """Refuse if nobody else owns the home for good; a site of an organisation needs no owner."""
    if member.organisation_id is not None:
        return
    others = SiteMember.objects.current().exclude(pk=member.pk)
    owners = others.filter(site=member.site, role=SiteRole.OWNER, ends_at=None)
    if not owners.filter(user__is_active=True).exists():
        raise LastOwner()


def _check_alone(member: SiteMember) -> None:
    """Refuse a second membership of the same person at the same time."""
    others = SiteMember.objects.filter(site=member.site, user=member.user).exclude(pk=member.pk)
    if member.ends_at:
        others = others.filter(Q(starts_at=None) | Q(starts_at__lt=member.ends_at))
    if member.starts_at:
        others = others.filter(Q(ends_at=None) | Q(ends_at__gt=member.starts_at))
    other = others.first()
    if other is not None:
        raise ThereAlready(
            email=member.user.email, since=_told(other.starts_at), until=_told(other.ends_at)
        )


def _told(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None
