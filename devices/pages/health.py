"""How fleets and devices are: contact, alarms and coverage, for pages; so many queries, however
many devices.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from accounts.principals import Principal
from devices.choices import ContactStatus, Severity
from devices.models import Alarm, Device, Fleet
from devices.series.buckets import Level

# The order of what matters first.
SEVERITIES = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
COVERED_OVER = timedelta(days=1)
MOST_ALARMED = 10_000
HEARD = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
COVERAGE_SQL = """
    SELECT device_id, max(least(covered / %(seconds)s, 1.0)) FROM (
        SELECT p.device_id, sum(r.covered) AS covered
        FROM devices_point p
        JOIN devices_rollup r ON r.point_id = p.id
        WHERE p.device_id = ANY(%(devices)s) AND r.resolution = %(level)s
          AND r.bucket >= %(since)s AND r.bucket < %(until)s
        GROUP BY p.device_id, p.id
    ) AS of_point GROUP BY device_id
"""


@dataclass
class Health:
    """How a fleet is: devices by contact, those heard of within a time, open alarms."""

    fleet: Fleet
    total: int = 0
    online: int = 0
    offline: int = 0
    silent: int = 0
    heard: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, int] = field(default_factory=dict)

    @property
    def share_online(self) -> int | None:
        """Return how many of a hundred devices are online; None if there are none."""
        return round(100 * self.online / self.total) if self.total else None

    @property
    def bar(self) -> list[dict[str, Any]]:
        """Return the parts of the whole, in hundredths from the left."""
        parts, x = [], 0.0
        for name in ("online", "offline", "silent"):
            width = round(100 * getattr(self, name) / self.total, 3) if self.total else 0.0
            parts.append({"name": name, "x": f"{x:.3f}", "width": f"{width:.3f}"})
            x += width
        return parts

    @property
    def open_alarms(self) -> int:
        """Return how many alarms are open."""
        return sum(self.alarms.values())


def health_of(fleets: Collection[Fleet], *, principal: Principal, now: datetime) -> list[Health]:
    """Return the health of each fleet, in their order; two queries."""
    found = {fleet.pk: Health(fleet) for fleet in fleets}
    heard = {name: now - ago for name, ago in HEARD.items()}
    visible = Device.objects.visible_to(principal).filter(fleet__in=found)
    counts = {
        **{status.value: Count("pk", filter=Q(status=status)) for status in ContactStatus},
        **{f"in_{name}": Count("pk", filter=Q(last_seen_at__gte=at)) for name, at in heard.items()},
    }
    rows = visible.order_by().values("fleet").annotate(total=Count("pk"), **counts)
    for row in rows:
        one = found[row["fleet"]]
        one.total, one.online = row["total"], row[ContactStatus.ONLINE]
        one.offline, one.silent = row[ContactStatus.OFFLINE], row[ContactStatus.UNKNOWN]
        one.heard = {name: row[f"in_{name}"] for name in HEARD}
    for row in _alarms_of(principal, fleets=found):
        found[row["node__as_device__fleet"]].alarms[row["severity"]] = row["count"]
    return list(found.values())


def _alarms_of(principal: Principal, *, fleets: Iterable[UUID]) -> Any:
    is_open = Alarm.objects.visible_to(principal).open()
    of_devices = is_open.filter(node__as_device__fleet__in=fleets).order_by()
    return of_devices.values("node__as_device__fleet", "severity").annotate(count=Count("pk"))


def alarmed_in(fleet: Fleet, *, principal: Principal) -> list[UUID]:
    """Return the devices of the fleet that have an open alarm, so many at most; one query."""
    is_open: Any = Alarm.objects.visible_to(principal).open()
    nodes = is_open.filter(node__as_device__fleet=fleet).order_by("node").values_list("node")
    return [key for (key,) in nodes.distinct()[:MOST_ALARMED]]


def alarms_by_device(
    devices: Collection[Device], *, principal: Principal
) -> dict[UUID, dict[str, int]]:
    """Return the open alarms of each device by severity; one query."""
    found: dict[UUID, dict[str, int]] = {device.pk: {} for device in devices}
    is_open: Any = Alarm.objects.visible_to(principal).open().filter(node__in=found).order_by()
    for row in is_open.values("node", "severity").annotate(count=Count("pk")):
        found[row["node"]][row["severity"]] = row["count"]
    return found


def coverage_of(devices: Collection[Device], *, now: datetime) -> dict[UUID, float]:
    """Return the share of the last 24 whole hours that the readings of each device speak for: of
    its best point. A device that said nothing is left out; one query.
    """
    until = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    values: dict[str, Any] = {
        "devices": [device.pk for device in devices],
        "level": Level.QUARTER,
        "since": until - COVERED_OVER,
        "until": until,
        "seconds": COVERED_OVER.total_seconds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(COVERAGE_SQL, values)
        return {device: share for device, share in cursor.fetchall() if share is not None}
