"""What devices' own news means for rules of alarms: a mark, in the transaction of the news."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from devices.choices import AlarmScope
from devices.models import AlarmRule, Device, Gateway
from devices.services.alarm_marks import mark_behind, mark_moved, mark_news
from devices.services.alarm_rules import end_rules_of, follow_devices
from devices.services.recording.news import Batch
from devices.signals import (
    device_created,
    device_online,
    device_placed,
    device_updated,
    gateway_deleted,
    gateway_online,
    readings_recorded,
)
from twin.models import Occupancy, Site
from twin.signals import occupancy_sealed, site_replanned

OF_PARTS = (AlarmScope.SPACE, AlarmScope.VIEW)


@receiver(readings_recorded, dispatch_uid="devices.mark_recorded")
def mark_recorded(sender: Any, *, batch: Batch, **kwargs: object) -> None:
    """Have rules look at the devices of a batch."""
    mark_news([device for group in batch.groups for device in group.devices])


@receiver(device_online, dispatch_uid="devices.mark_online")
def mark_online(sender: Any, *, devices: Collection[Device], **kwargs: object) -> None:
    """Have rules look at devices that were silent."""
    mark_news([device.pk for device in devices])


@receiver([gateway_online, gateway_deleted], dispatch_uid="devices.mark_behind")
def mark_behind_gateways(sender: Any, *, gateways: Collection[Gateway], **kwargs: object) -> None:
    """Have rules look at the devices behind gateways that are back, or gone for good."""
    mark_behind([gateway.pk for gateway in gateways])


@receiver(device_placed, dispatch_uid="devices.move_rules")
def move_rules(sender: Any, *, devices: Collection[Device], **kwargs: object) -> None:
    """Let rules about devices stand where these stand now."""
    follow_devices([device.pk for device in devices])


@receiver(site_replanned, dispatch_uid="devices.mark_replanned")
def mark_replanned(sender: Any, *, site: Site, **kwargs: object) -> None:
    """Have it worked out at the next sweep what rules about parts of the building are about."""
    AlarmRule.objects.filter(site=site, scope__in=OF_PARTS).update(synced_at=None)


@receiver([device_created, device_placed, device_updated], dispatch_uid="devices.mark_changed")
def mark_changed(sender: Any, *, devices: Collection[Device], **kwargs: object) -> None:
    """Have it worked out which rules are about these devices."""
    mark_moved([device.pk for device in devices])


@receiver(occupancy_sealed, dispatch_uid="devices.end_rules")
def end_rules(sender: Any, *, occupancy: Occupancy, **kwargs: object) -> None:
    """End what a person watched over where they lived."""
    end_rules_of(occupancy)
