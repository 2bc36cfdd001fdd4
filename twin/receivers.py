"""Invite and uninvite the people who were given access; hand waves of upgrades to workers."""

from typing import Any

from django.dispatch import receiver

from accounts.choices import InvitationKind
from accounts.services.invitations import invite, revoke_invitation
from twin import tasks
from twin.models import Grant, Occupancy, SiteMember, Upgrade
from twin.signals import (
    grant_added,
    grant_removed,
    occupancy_ended,
    occupancy_started,
    site_member_added,
    site_member_removed,
    upgrade_started,
)


@receiver(site_member_added, dispatch_uid="twin.invite_member")
def invite_member(sender: type[SiteMember], *, member: SiteMember, **kwargs: Any) -> None:
    """Invite a new member."""
    invite(
        user=member.user,
        kind=InvitationKind.SITE,
        object_id=member.pk,
        place=member.site.name,
        role=member.role,
    )


@receiver(occupancy_started, dispatch_uid="twin.invite_occupant")
def invite_occupant(sender: type[Occupancy], *, occupancy: Occupancy, **kwargs: Any) -> None:
    """Invite a new occupant."""
    invite(
        user=occupancy.user,
        kind=InvitationKind.OCCUPANCY,
        object_id=occupancy.pk,
        place=f"{occupancy.space.name}, {occupancy.site.name}",
    )


@receiver(grant_added, dispatch_uid="twin.invite_party")
def invite_party(sender: type[Grant], *, grant: Grant, **kwargs: Any) -> None:
    """Invite a person who was granted a part of a site."""
    if grant.user is not None and grant.site is not None:
        invite(
            user=grant.user,
            kind=InvitationKind.GRANT,
            object_id=grant.pk,
            place=grant.site.name,
            role=grant.role,
        )


@receiver(site_member_removed, dispatch_uid="twin.revoke_member")
def revoke_member(sender: type[SiteMember], *, member: SiteMember, **kwargs: Any) -> None:
    """Revoke the invitation of a member who was removed."""
    revoke_invitation(object_id=member.pk)


@receiver(occupancy_ended, dispatch_uid="twin.revoke_occupant")
def revoke_occupant(sender: type[Occupancy], *, occupancy: Occupancy, **kwargs: Any) -> None:
    """Revoke the invitation of an occupant who moves out before they came."""
    revoke_invitation(object_id=occupancy.pk)


@receiver(grant_removed, dispatch_uid="twin.revoke_party")
def revoke_party(sender: type[Grant], *, grant: Grant, **kwargs: Any) -> None:
    """Revoke the invitation to a grant that was taken away."""
    revoke_invitation(object_id=grant.pk)


@receiver(upgrade_started, dispatch_uid="twin.run_upgrade")
def run_upgrade(sender: type[Upgrade], *, upgrade: Upgrade, **kwargs: Any) -> None:
    """Begin with a wave once it is committed."""
    tasks.run_upgrade.delay_on_commit(str(upgrade.pk))
