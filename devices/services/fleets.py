"""Fleets: make, rename, delete."""

from uuid import UUID

from django.db import transaction

from devices.errors import FleetNotEmpty
from devices.models import Fleet


def create_fleet(*, organisation_id: UUID, name: str) -> Fleet:
    """Make a fleet of the organisation."""
    fleet = Fleet(organisation_id=organisation_id, name=name)
    fleet.full_clean()
    fleet.save()
    return fleet


def rename_fleet(*, fleet: Fleet, name: str) -> Fleet:
    """Give the fleet another name."""
    fleet.name = name
    fleet.full_clean()
    fleet.save(update_fields=["name", "updated_at"])
    return fleet


@transaction.atomic
def delete_fleet(*, fleet: Fleet) -> None:
    """Delete an empty fleet.

    Raises: FleetNotEmpty, while it has assets.
    """
    fleet = Fleet.objects.select_for_update().get(pk=fleet.pk)
    if fleet.assets.exists():
        raise FleetNotEmpty(fleet=str(fleet.pk))
    fleet.delete()
