"""The values of a sync, handed to devices as readings; what is refused is told to the meter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from config.lib.batches import batched
from devices.models import Device
from devices.services.readings import MAX_BATCH, record_readings
from integrations.models import MeterLink
from integrations.smartme.mapping import CloudMeter, Issue

NO_POINT = "unknown-point"


@dataclass
class Counts:
    """What became of the readings of a sync."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


def record(
    meters: Iterable[CloudMeter], links: Mapping[UUID, MeterLink]
) -> tuple[Counts, dict[UUID, list[Issue]]]:
    """Record the readings of the meters that have a device; in batches, each all or nothing.

    Safe to repeat: the same reading twice is one. Values for which a type has no point are left
    out without a word: the cloud sends phase 1 a second time under another name, for one.
    """
    devices = {key: link.device_id for key, link in links.items() if link.device_id is not None}
    allowed = Device.objects.filter(pk__in=set(devices.values()))
    counts = Counts()
    refused: dict[UUID, list[Issue]] = defaultdict(list)
    for batch in batched(_readings(meters, devices=devices), MAX_BATCH):
        recorded = record_readings([reading for _, reading in batch], devices=allowed)
        counts.accepted += recorded.accepted
        counts.duplicates += recorded.duplicates
        for rejection in recorded.rejected:
            if rejection.code == NO_POINT:
                continue
            counts.rejected += 1
            meter_id, reading = batch[rejection.index]
            issue = Issue(reading["point"], rejection.code, rejection.detail)
            refused[meter_id].append(issue)
    return counts, refused


def _readings(
    meters: Iterable[CloudMeter], *, devices: Mapping[UUID, UUID]
) -> Iterator[tuple[UUID, dict[str, Any]]]:
    for meter in meters:
        meter_id = UUID(meter.id)
        if meter_id not in devices:
            continue
        device = str(devices[meter_id])
        for point, time, value in meter.readings:
            yield meter_id, {"device": device, "point": point, "time": time, "value": value}
