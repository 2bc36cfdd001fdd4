"""What devices says when a place is about to go: not while something stands there."""

from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver

from devices.models import Device, Gateway
from twin.errors import SiteOccupied, SpaceOccupied
from twin.models import Site, Space
from twin.signals import site_deleting, space_deleting


def _count(**where: Any) -> int:
    return sum(kind.objects.filter(**where).count() for kind in (Device, Gateway))


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
