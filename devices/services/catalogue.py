"""The shipped device types in the tables: brought up to date from the catalogue's files.

Source: docs/contract.md, "Device type".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from devices.models import ActionType, Device, DeviceType, Point, PointType
from devices.services.catalogue_files import Catalogue, read_catalogue
from devices.services.type_documents import ACTION_FIELDS, POINT_FIELDS
from devices.services.type_versions import publish_shipped

TYPE_FIELDS = (
    *("name", "description", "manufacturer", "model", "category", "ontology", "offline_after_s"),
)
PartModel = type[PointType] | type[ActionType]
PARTS: tuple[tuple[PartModel, tuple[str, ...], str], ...] = (
    (PointType, POINT_FIELDS, "points"),
    (ActionType, ACTION_FIELDS, "actions"),
)


@dataclass(frozen=True)
class Loaded:
    """What a load did, in device types: of those ``published`` there is a version more, and those
    kept are gone from the files but still in use.
    """

    total: int
    changed: int
    removed: int
    published: int
    kept_in_use: tuple[str, ...]


@transaction.atomic
def load_catalogue(catalogue: Catalogue | None = None) -> Loaded:
    """Bring the shipped types into the tables: add, change and take away, in a few statements.

    Safe to run again and again, also beside a running platform; what is as it should be is not
    written. What the files no longer have goes, unless a device still uses it.
    """
    wanted = (catalogue or read_catalogue()).device_types
    changed = _upsert_types(wanted)
    types = dict(DeviceType.objects.filter(organisation=None).values_list("key", "pk"))
    for model, fields, member in PARTS:
        parts = {
            (types[key], part["key"]): part
            for key, entry in wanted.items()
            for part in entry[member]
        }
        _upsert_parts(model, fields=fields, parts=parts)
        _remove_parts(model, parts)
    removed, kept = _remove_types(wanted)
    counts = {"total": len(wanted), "changed": changed, "removed": removed}
    return Loaded(**counts, published=publish_shipped(), kept_in_use=kept)


def _upsert_types(wanted: Mapping[str, Mapping[str, Any]]) -> int:
    """Write the types that are new or differ; return how many."""
    shipped = DeviceType.objects.filter(organisation=None)
    known = {row["key"]: row for row in shipped.values("key", *TYPE_FIELDS)}
    now = timezone.now()
    differing = [
        DeviceType(key=key, updated_at=now, **{name: entry[name] for name in TYPE_FIELDS})
        for key, entry in wanted.items()
        if _differs(known.get(key), entry, fields=TYPE_FIELDS)
    ]
    DeviceType.objects.bulk_create(
        differing,
        update_conflicts=True,
        unique_fields=["organisation", "key"],
        update_fields=[*TYPE_FIELDS, "updated_at"],
    )
    return len(differing)


def _upsert_parts(
    model: PartModel, *, fields: tuple[str, ...], parts: Mapping[tuple[Any, str], Mapping[str, Any]]
) -> None:
    """Write the points or actions that are new or differ."""
    rows = model.objects.filter(device_type__organisation=None)
    known = {
        (row["device_type"], row["key"]): row for row in rows.values("device_type", "key", *fields)
    }
    differing: list[Any] = [
        model(device_type_id=place[0], key=place[1], **{name: part[name] for name in fields})
        for place, part in parts.items()
        if _differs(known.get(place), part, fields=fields)
    ]
    model.objects.bulk_create(
        differing,
        update_conflicts=True,
        unique_fields=["device_type", "key"],
        update_fields=[*fields],
    )


def _differs(
    known: Mapping[str, Any] | None, wanted: Mapping[str, Any], *, fields: tuple[str, ...]
) -> bool:
    return known is None or any(known[name] != wanted[name] for name in fields)


def _remove_parts(model: PartModel, parts: Mapping[tuple[Any, str], Any]) -> None:
    """Take away the points or actions the files no longer have, but no point with a device."""
    gone = list(_gone(model, parts))
    rows = model.objects.filter(pk__in=gone)
    if model is PointType:
        rows = rows.exclude(pk__in=Point.objects.filter(type__in=gone).values("type"))
    rows.delete()


def _gone(model: PartModel, parts: Mapping[tuple[Any, str], Any]) -> Iterator[Any]:
    types = {type_id for type_id, _ in parts}
    rows = model.objects.filter(device_type__in=types)
    for pk, type_id, key in rows.values_list("pk", "device_type", "key"):
        if (type_id, key) not in parts:
            yield pk


def _remove_types(wanted: Mapping[str, Any]) -> tuple[int, tuple[str, ...]]:
    gone = DeviceType.objects.filter(organisation=None).exclude(key__in=wanted)
    in_use = gone.filter(pk__in=Device.objects.values("type"))
    kept = tuple(sorted(in_use.values_list("key", flat=True)))
    removed = gone.exclude(key__in=kept)
    count = removed.count()
    removed.delete()
    return count, kept
