"""Placements: put devices somewhere, and remember where they stood before."""

from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from config.lib.errors import InvalidInput
from devices.models import Device, Gateway, Placement
from devices.signals import device_placed
from twin.models import Node, Site, Space


def settle(*, site: Site | None, space: Space | None, organisation_id: object) -> Site | None:
    """Return the site that the place is at: the given one, else that of the space.

    Raises: InvalidInput, if the space is elsewhere or the site is another tenant's.
    """
    if space is not None:
        if site is not None and space.site_id != site.pk:
            raise InvalidInput([("#/space", "elsewhere", "The space is not at this site.")])
        site = space.site
    if site is not None and site.organisation_id != organisation_id:
        raise InvalidInput([("#/site", "foreign", "The site belongs to somebody else.")])
    return site


def set_place(thing: Device | Gateway, *, site: Site | None, space: Space | None) -> None:
    """Set the place on the row and on its node; the caller saves the row."""
    thing.site, thing.space = site, space
    Node.objects.filter(pk=thing.pk).update(site=site)


def open_placement(device: Device, *, at: datetime) -> None:
    """Remember that the device stands where its row says from this moment on."""
    if device.site_id is not None:
        Placement.objects.create(
            device=device,
            site_id=device.site_id,
            space_id=device.space_id,
            period=DateTimeTZRange(at, None),
        )


def _close_placement(device: Device, *, at: datetime) -> None:
    current = Placement.objects.filter(device=device, period__upper_inf=True).first()
    if current is None:
        return
    if current.period.lower >= at:
        current.delete()
        return
    current.period = DateTimeTZRange(current.period.lower, at)
    current.save(update_fields=["period", "updated_at"])


@transaction.atomic
def place_device(*, device: Device, site: Site | None, space: Space | None) -> Device:
    """Move the device: the placement so far ends now and the next one begins.

    Raises: InvalidInput, if the space is not at the site or the site is another tenant's.
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    site = settle(site=site, space=space, organisation_id=device.organisation_id)
    now = timezone.now()
    _close_placement(device, at=now)
    set_place(device, site=site, space=space)
    device.save(update_fields=["site", "space", "updated_at"])
    open_placement(device, at=now)
    device_placed.send(sender=Device, devices=[device])
    return device
