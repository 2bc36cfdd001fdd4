"""The values of a sync, handed to devices as readings; what is refused is told to the meter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from config.lib.batches import batched
from devices.models import Device, Point
from devices.services.readings import MAX_BATCH, record_readings
from integrations.models import MeterLink
from integrations.smartme.mapping import CloudMeter, Issue


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
    points = _points(devices.values())
    counts = Counts()
    refused: dict[UUID, list[Issue]] = defaultdict(list)
    readings = _readings(meters, devices=devices, points=points)
    for batch in batched(readings, MAX_BATCH):
        recorded = record_readings(
            [reading for _, reading in batch],
            devices=Device.objects.filter(pk__in=set(devices.values())),
        )
        counts.accepted += recorded.accepted
        counts.duplicates += recorded.duplicates
        counts.rejected += len(recorded.rejected)
        for rejection in recorded.rejected:
            meter_id, reading = batch[rejection.index]
            issue = Issue(reading["point"], rejection.code, rejection.detail)
            refused[meter_id].append(issue)
    return counts, refused


def _points(device_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    rows = Point.objects.filter(device__in=set(device_ids))
    return set(rows.values_list("device", "type__key"))


def _readings(
    meters: Iterable[CloudMeter],
    *,
    devices: Mapping[UUID, UUID],
    points: set[tuple[UUID, str]],
) -> Iterator[tuple[UUID, dict[str, Any]]]:
    for meter in meters:
        meter_id = UUID(meter.id)
        device_id = devices.get(meter_id)
        for reading in meter.readings:
            if device_id is not None and (device_id, reading.point) in points:
                yield (
                    meter_id,
                    {
                        "device": str(device_id),
                        "point": reading.point,
                        "time": reading.time,
                        "value": reading.value,
                    },
                )
