"""Desired values: what the settings of a device shall be, checked against its type."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.lib.errors import InvalidInput
from devices.choices import AssetStatus, PointKind
from devices.errors import AssetNotActive
from devices.models import DesiredValue, Device, Point
from devices.services.recording.items import Rejected
from devices.services.recording.values import CONVERTERS
from devices.signals import device_desired_changed

Finding = tuple[str, str, str]


@transaction.atomic
def request_state(*, device: Device, values: Mapping[str, Any]) -> list[str]:
    """Set what configuration points of the device shall be; all of them or none.

    What is wanted already is not wanted anew. Returns: the keys of the points that changed.
    Raises: AssetNotActive; InvalidInput, naming each point that is unknown, is no writable setting
    or does not take the value.
    Source: docs/contract.md, "State".
    """
    device = Device.objects.select_for_update().select_related("asset").get(pk=device.pk)
    if device.asset.status != AssetStatus.ACTIVE:
        raise AssetNotActive(asset=str(device.asset_id), asset_status=device.asset.status)
    wanted = _wanted(device, values)
    known = DesiredValue.objects.in_bulk([row.pk for row in wanted.values()])
    changed = [key for key, row in wanted.items() if not _is_same(known.get(row.pk), row)]
    DesiredValue.objects.bulk_create(
        [wanted[key] for key in changed],
        update_conflicts=True,
        unique_fields=["point"],
        update_fields=["value", "text", "requested_at"],
    )
    if changed:
        device_desired_changed.send(sender=Device, devices=[device], fields=changed)
    return changed


def _wanted(device: Device, values: Mapping[str, Any]) -> dict[str, DesiredValue]:
    """Return the rows of what is wanted by the keys of the points, not yet written.

    Raises: InvalidInput.
    """
    rows = Point.objects.filter(device=device, type__key__in=list(values)).select_related("type")
    points = {point.type.key: point for point in rows}
    wanted, findings = {}, []
    for key, value in values.items():
        try:
            wanted[key] = _row(points.get(key), value)
        except Rejected as fault:
            findings.append((f"#/points/{key}", fault.code, fault.detail))
    if findings:
        raise InvalidInput(findings)
    return dict(sorted(wanted.items()))


def _row(point: Point | None, value: Any) -> DesiredValue:
    """Return the row for one value.

    Raises: Rejected.
    """
    if point is None:
        raise Rejected("unknown-point", "The device has no such point.")
    kind = point.type
    if kind.kind != PointKind.CONFIGURATION or not kind.writable:
        raise Rejected("not-writable", "This point is no setting that can be written.")
    labels = {label: int(number) for number, label in kind.labels.items()}
    stored = CONVERTERS[kind.value_type](value, labels)
    name = "text" if isinstance(stored, str) else "value"
    return DesiredValue(point=point, requested_at=timezone.now(), **{name: stored})


def _is_same(known: DesiredValue | None, wanted: DesiredValue) -> bool:
    return known is not None and (known.value, known.text) == (wanted.value, wanted.text)
