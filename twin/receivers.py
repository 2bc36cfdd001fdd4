"""Write to the people who were given access."""

from typing import Any

from django.dispatch import receiver

from twin import tasks
from twin.models import Grant, Occupancy, SiteMember
from twin.signals import grant_added, occupancy_started, site_member_added


@receiver(site_member_added, dispatch_uid="twin.invite_member")
def invite_member(sender: type[SiteMember], *, member: SiteMember, **kwargs: Any) -> None:
    """Write to a new member once it is committed."""
    tasks.send_invitation.delay_on_commit(str(member.user_id), str(member.site_id))


@receiver(occupancy_started, dispatch_uid="twin.invite_occupant")
def invite_occupant(sender: type[Occupancy], *, occupancy: Occupancy, **kwargs: Any) -> None:
    """Write to a new occupant once it is committed."""
    tasks.send_invitation.delay_on_commit(str(occupancy.user_id), str(occupancy.site_id))


@receiver(grant_added, dispatch_uid="twin.invite_party")
def invite_party(sender: type[Grant], *, grant: Grant, **kwargs: Any) -> None:
    """Write to a person who was granted a part of a site."""
    if grant.user_id and grant.site_id:
        tasks.send_invitation.delay_on_commit(str(grant.user_id), str(grant.site_id))
