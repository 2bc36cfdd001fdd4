"""Publish device types: keep each state of a type as a version beside the ones before."""

from collections.abc import Iterable

from django.db.models import Prefetch
from django.utils import timezone

from devices.models import DeviceType, DeviceTypeVersion
from devices.services.type_documents import document_of


def keep_versions(kinds: Iterable[DeviceType]) -> None:
    """Keep what the types are under the numbers they have, unless that is kept already."""
    rows = [
        DeviceTypeVersion(device_type=kind, number=kind.version, document=document_of(kind))
        for kind in kinds
    ]
    DeviceTypeVersion.objects.bulk_create(rows, ignore_conflicts=True)


def publish_shipped() -> int:
    """Give each shipped type that a release changed its next version; return how many.

    A type that has no version yet, also one of an organisation, gets the one it says it is. A few
    statements whatever the size.
    """
    newest = DeviceTypeVersion.objects.order_by("device_type", "-number").distinct("device_type")
    kinds = DeviceType.objects.prefetch_related("points", "actions")
    shipped = list(
        kinds.filter(organisation=None).prefetch_related(
            Prefetch("versions", newest, to_attr="newest")
        )
    )
    changed = [kind for kind in shipped if kind.newest and _differs(kind, kind.newest[0])]
    now = timezone.now()
    for kind in changed:
        kind.version, kind.updated_at = kind.newest[0].number + 1, now
    DeviceType.objects.bulk_update(changed, ["version", "updated_at"])
    fresh = [kind for kind in shipped if not kind.newest]
    keep_versions([*changed, *fresh, *kinds.filter(organisation__isnull=False, versions=None)])
    return len(changed) + len(fresh)


def _differs(kind: DeviceType, newest: DeviceTypeVersion) -> bool:
    return document_of(kind) != newest.document
