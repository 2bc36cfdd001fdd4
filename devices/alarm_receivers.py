"""What devices' own news means for rules of alarms: a mark, in the transaction of the news."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from devices.models import Device, Gateway
from devices.services.alarm_marks import mark_behind, mark_moved, mark_news
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


@receiver([device_created, device_placed, device_updated], dispatch_uid="devices.mark_changed")
def mark_changed(sender: Any, *, devices: Collection[Device], **kwargs: object) -> None:
    """Have it worked out which rules are about these devices."""
    mark_moved([device.pk for device in devices])
