"""Series of intervals as clients ask for them: days of many meters, a year of hours, a site.

``python -m tests.benchmarks.series [meters]``: a year of quarter hours for so many meters (20
unless given; 2,850 make 100 million readings), and the sums of a year for a site of 1,000 meters.
"""

import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.models import Organisation
from accounts.principals import Principal
from devices.choices import Aggregate
from devices.models import Device, Point
from devices.series.answers import Range, interval_series, parts_of, wanted_of
from devices.series.scopes import scope_of_site
from devices.series.sums import read_buckets
from devices.series.timelines import timelines_of
from devices.series.totals import read_totals
from devices.series_access import series_access_of_all
from tests import factories
from tests.benchmarks import rollups, scratch
from tests.twin.factories import make_site
from twin.models import Site

METERS, AT_SITE, ASKED, ROUNDS = 20, 1_000, 50, 20
ZONE = "Europe/Zurich"
START, END = datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC)
DAYS = """
INSERT INTO devices_rollup (point_id, resolution, bucket, count, sum, min, max, first, last,
  first_time, last_time, delta, flags, before, covered)
SELECT p.id, 1440, t, 96, 0, 0, 0, 0, 0, t, t + interval '1 day', 24, 0, t, 86400
FROM generate_series(%(start)s, %(end)s, interval '1 day') WITH ORDINALITY AS d(moment, n)
CROSS JOIN LATERAL (SELECT date_trunc('day', moment + interval '2 hours', %(zone)s) AS t) local
CROSS JOIN devices_point p WHERE p.id = ANY(%(points)s) AND moment < %(end)s ORDER BY n, p.id"""
PLACE = """
INSERT INTO devices_placement (id, created_at, updated_at, device_id, site_id, period)
SELECT gen_random_uuid(), now(), now(), id, %(site)s, tstzrange('2020-01-01', NULL)
FROM devices_device WHERE id = ANY(%(devices)s)"""


def place(devices: list[Device], site: Site) -> None:
    """Let the devices stand at the site, set-wise."""
    keys = [device.pk for device in devices]
    Device.objects.filter(pk__in=keys).update(site=site)
    with connection.cursor() as cursor:
        cursor.execute(PLACE, {"site": site.pk, "devices": keys})


def make_site_of_days(organisation: Organisation, site: Site) -> None:
    """Make a site of many meters whose days are summed up already."""
    kind = Device.objects.select_related("type")[0].type
    devices = scratch.make_devices(organisation, count=AT_SITE, kind=kind)
    place(devices, site)
    points = Point.objects.filter(device__in=devices)
    points.update(rollup_zones=ZONE)
    keys = list(points.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"start": START, "end": END, "zone": ZONE, "points": keys}
        cursor.execute(DAYS, parameters)
        cursor.execute("ANALYZE devices_rollup")


def percentiles(deed: Any) -> str:
    """Return the median and the 95th percentile of the deed's time."""
    times = sorted(1_000 * scratch.timed(deed) for _ in range(ROUNDS))
    return f"median {statistics.median(times):6.1f} ms  p95 {times[int(0.95 * ROUNDS)]:6.1f} ms"


def read_days(devices: list[Device], principal: Principal) -> int:
    """Read a month of quarter hours as local days, for many meters at once."""
    asked = Range("1d", START, START + timedelta(days=31), timezone.now())
    access = series_access_of_all(devices, principal)
    clocks = timelines_of([device.pk for device in devices])
    points = Point.objects.filter(device__in=devices).select_related("type")
    wanted = [
        wanted_of(point, clocks[point.device_id], parts_of(access[point.device_id], asked))
        for point in points
    ]
    return len(read_buckets(wanted, asked.question, limit=100_000))


def read_hours(device: Device, principal: Principal) -> int:
    """Read a year of hours of one point."""
    point = Point.objects.select_related("type").get(device=device)
    (column,) = interval_series(
        device,
        [(point, Aggregate.DELTA)],
        access=series_access_of_all([device], principal)[device.pk],
        asked=Range("1h", START, END, timezone.now()),
    )
    return len(column.values)


def read_site(site: Site, principal: Principal) -> int:
    """Read a year of days of all meters of a site as one series."""
    asked = Range("1d", START, END, timezone.now())
    key = "value_0"
    return len(read_totals(scope_of_site(site), key, asked=asked, principal=principal).rows)


def main() -> None:
    """Print how long each read takes."""
    meters = int(sys.argv[1]) if sys.argv[1:] else METERS
    with scratch.database():
        rollups.make_readings(points=meters, start=START, end=END)
        devices = list(Device.objects.order_by("pk"))
        organisation = devices[0].organisation
        assert organisation is not None
        place(devices, make_site(organisation, time_zone=ZONE))
        rollups.catch_up(rollups.mark_all, START, END)
        site = make_site(organisation, time_zone=ZONE)
        make_site_of_days(organisation, site)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE devices_rollup, devices_rollup_dirty")
        principal = factories.make_principal(organisation, role=OrganisationRole.VIEWER)
        some = devices[:ASKED]
        reads: list[tuple[str, Callable[[], object]]] = [
            (f"month of days, {len(some):5} meters", lambda: read_days(some, principal)),
            ("year of hours, one point   ", lambda: read_hours(some[0], principal)),
            (f"year of days, {AT_SITE:,} meters", lambda: read_site(site, principal)),
        ]
        for name, deed in reads:
            scratch.say(f"{name}  {percentiles(deed)}")


if __name__ == "__main__":
    main()
