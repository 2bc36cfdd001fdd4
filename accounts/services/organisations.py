"""Organisations and their members."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.choices import OrganisationRole
from accounts.errors import AlreadyMember, LastOwner
from accounts.models import B2BUser, Organisation, User
from accounts.principals import Principal
from accounts.services.users import get_or_create_user
from accounts.signals import (
    member_added,
    member_changed,
    member_removed,
    organisation_created,
    organisation_updated,
)
from config.lib.errors import RoleMissing


@transaction.atomic
def create_organisation(*, name: str, owner: User, time_zone: str = "UTC") -> Organisation:
    """Make an organisation with its first owner; names need not be unique."""
    organisation = Organisation(name=name, time_zone=time_zone)
    organisation.full_clean()
    organisation.save()
    B2BUser.objects.create(user=owner, organisation=organisation, role=OrganisationRole.OWNER)
    organisation_created.send(sender=Organisation, organisation=organisation)
    return organisation


@transaction.atomic
def update_organisation(*, organisation: Organisation, **changes: Any) -> Organisation:
    """Change the name or the time zone."""
    for field, value in changes.items():
        setattr(organisation, field, value)
    organisation.full_clean()
    organisation.save(update_fields=[*changes, "updated_at"])
    organisation_updated.send(sender=Organisation, organisation=organisation)
    return organisation


def _lock_members(organisation_id: Any) -> None:
    """Take members of an organisation in hand one after the other, so that an owner remains."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def _check_rank(principal: Principal, organisation_id: Any, *, role: str) -> None:
    """Refuse those who are no admin, and to give, change or take a role above the caller's own."""
    needed = max(OrganisationRole.ADMIN, OrganisationRole(role), key=lambda word: word.rank)
    if organisation_id not in principal.organisations(needed):
        raise RoleMissing(role=needed.value)


def _check_owner_remains(membership: B2BUser) -> None:
    """Refuse if no other lasting owner is there who may log in."""
    owners = B2BUser.objects.current().filter(
        organisation=membership.organisation_id,
        role=OrganisationRole.OWNER,
        ends_at=None,
        user__is_active=True,
    )
    if not owners.exclude(pk=membership.pk).exists():
        raise LastOwner()


@transaction.atomic
def add_member(
    *,
    organisation: Organisation,
    email: str,
    role: str,
    principal: Principal,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> B2BUser:
    """Let somebody act in the organisation, perhaps for a time; a new address gets an account.

    Raises: RoleMissing, if the role is above the caller's own; AlreadyMember.
    """
    _check_rank(principal, organisation.pk, role=role)
    _lock_members(organisation.pk)
    user = get_or_create_user(email=email)
    if B2BUser.objects.filter(organisation=organisation, user=user).exists():
        raise AlreadyMember(email=user.email)
    membership = B2BUser(
        organisation=organisation, user=user, role=role, starts_at=starts_at, ends_at=ends_at
    )
    membership.full_clean()
    membership.save()
    member_added.send(sender=B2BUser, membership=membership)
    return membership


@transaction.atomic
def change_member(*, membership: B2BUser, principal: Principal, **changes: Any) -> B2BUser:
    """Change the role or the time of a membership.

    Raises: RoleMissing, if the old or the new role is above the caller's own; LastOwner, if the
    organisation would be left without a lasting owner.
    """
    _lock_members(membership.organisation_id)
    membership = B2BUser.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    was_owner = membership.role == OrganisationRole.OWNER
    for role in {membership.role, changes.get("role", membership.role)}:
        _check_rank(principal, membership.organisation_id, role=role)
    for field, value in changes.items():
        setattr(membership, field, value)
    is_owner = membership.role == OrganisationRole.OWNER
    if was_owner and not (is_owner and membership.ends_at is None):
        _check_owner_remains(membership)
    membership.full_clean()
    membership.save(update_fields=[*changes, "updated_at"])
    member_changed.send(sender=B2BUser, membership=membership)
    return membership


@transaction.atomic
def remove_member(*, membership: B2BUser, principal: Principal) -> None:
    """End a membership at once; everybody may leave by themselves.

    Raises: RoleMissing, if the member's role is above the caller's own; LastOwner.
    """
    _lock_members(membership.organisation_id)
    membership = B2BUser.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if membership.user_id != principal.user_id:
        _check_rank(principal, membership.organisation_id, role=membership.role)
    if membership.role == OrganisationRole.OWNER:
        _check_owner_remains(membership)
    member_removed.send(sender=B2BUser, membership=membership)
    membership.delete()
