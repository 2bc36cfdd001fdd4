"""What devices says when a place is about to go (not while something stands there) or to move, and
when clocks change.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.dispatch import receiver

from accounts.models import Organisation
from accounts.signals import organisation_updated
from devices import tasks
from devices.models import Device, Gateway
from devices.services.placements import move_into, remember_ways
from devices.signals import device_placed
from twin.errors import SiteOccupied, SpaceOccupied
from twin.models import Site, Space
from twin.signals import (
    site_deleting,
    site_updated,
    space_deleting,
    space_emptying,
    space_moving,
)


def _count(**where: Any) -> int:
    return sum(kind.objects.filter(**where).count() for kind in (Device, Gateway))


@receiver(space_moving, dispatch_uid="devices.keep_ways")
def keep_ways(sender: type[Space], *, space: Space, **kwargs: object) -> None:
    """Let what was measured before a move belong to where it was measured."""
    remember_ways(space)


@receiver(space_emptying, dispatch_uid="devices.move_into")
def move_on(
    sender: type[Space],
    *,
    spaces: list[UUID],
    into: Space,
    things: list[UUID] | None,
    **kwargs: object,
) -> set[UUID]:
    """Move the devices and gateways of spaces that are about to go, or those named."""
    return move_into(into, out_of=spaces, things=things)


@receiver(site_deleting, dispatch_uid="devices.keep_site")
def keep_site(sender: type[Site], *, site: Site, **kwargs: object) -> None:
    """Refuse the deletion of a site with devices or gateways."""
    if count := _count(site=site):
        raise SiteOccupied(devices=count)


@receiver(space_deleting, dispatch_uid="devices.keep_space")
def keep_space(sender: type[Space], *, space: Space, **kwargs: object) -> None:
    """Refuse the deletion of a space with devices or gateways in it or below it."""
    below: QuerySet[Space] = Space.objects.within(space)
    if count := _count(space__in=below):
        raise SpaceOccupied(devices=count)


@receiver(site_updated, dispatch_uid="devices.turn_clocks_of_site")
def turn_clocks_of_site(
    sender: type[Site], *, site: Site, changes: Collection[str], **kwargs: object
) -> None:
    """Have the sums of a site made anew once its time zone is another one."""
    if "time_zone" in changes:
        tasks.turn_clocks_of_site.delay_on_commit(str(site.pk))


@receiver(organisation_updated, dispatch_uid="devices.turn_clocks_of_organisation")
def turn_clocks_of_organisation(
    sender: type[Organisation], *, organisation: Organisation, **kwargs: object
) -> None:
    """Have the sums of devices that stand nowhere checked against their organisation's clock."""
    tasks.turn_clocks_of_organisation.delay_on_commit(str(organisation.pk))


@receiver(device_placed, dispatch_uid="devices.turn_clocks_of_devices")
def turn_clocks_of_devices(
    sender: type[Device], *, devices: Collection[Device], **kwargs: object
) -> None:
    """Have the sums of devices that moved checked against the clock of their site."""
    tasks.turn_clocks_of_devices.delay_on_commit([str(device.pk) for device in devices])
