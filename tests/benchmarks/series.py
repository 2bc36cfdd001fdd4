"""Series of intervals as clients ask for them: days of many meters, a year of hours, a site.

``python -m tests.benchmarks.series [meters]``: a year of quarter hours for so many meters (20
unless given; 2,850 make 100 million readings), and the days of a year for a site of 1,000 meters;
each beside the bare statement that finds the same sums, in the same run.
"""

import statistics
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from config.lib.memory import settle
from devices.choices import Aggregate
from devices.models import Device, Point, Rollup
from devices.series.answers import Range, interval_series, parts_of, wanted_of
from devices.series.buckets import Level
from devices.series.scopes import scope_of_site
from devices.series.sums import read_buckets
from devices.series.timelines import timelines_of
from devices.series.totals import read_totals
from devices.series_access import series_access_of_all
from devices.services.rollups import mark_rollups, refresh_rollups
from tests import factories
from tests.benchmarks import scratch
from tests.benchmarks.year import END, START, ZONE, make_year
from tests.twin.factories import make_site
from twin.models import Site

METERS, AT_SITE, ASKED, ROUNDS = 20, 1_000, 50, 60
BARE = """
SELECT point_id, extract(epoch FROM bucket)::float8, delta, covered, flags FROM devices_rollup
WHERE point_id = ANY(%(points)s) AND resolution = {level}
  AND bucket >= %(start)s AND bucket < %(end)s ORDER BY point_id, bucket"""
DAYS, HOURS = BARE.format(level=Level.DAY.value), BARE.format(level=Level.HOUR.value)
TOTAL = """
SELECT bucket, sum(delta), count(*) FROM devices_rollup
WHERE point_id = ANY(%(points)s) AND resolution = 1440
  AND bucket >= %(start)s AND bucket < %(end)s GROUP BY bucket ORDER BY bucket"""
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


def percentiles(deed: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the 95th percentile of the deed's time, in milliseconds."""
    times = sorted(1_000 * scratch.timed(deed) for _ in range(ROUNDS))
    return statistics.median(times), times[int(0.95 * ROUNDS)]


def report(name: str, deed: Callable[[], object], bare: str, **parameters: Any) -> None:
    """Print what a read takes, and what the bare statement does."""

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(bare, {"start": START, "end": END, **parameters})
            cursor.fetchall()

    (median, late), (theirs, _) = percentiles(deed), percentiles(ask)
    used = 100 * scratch.busy(lambda: [deed() for _ in range(10)])
    scratch.say(
        f"{name}  median {median:6.1f} ms  p95 {late:6.1f} ms  ({used:.0f} ms of processor time)"
        f"  bare {theirs:6.1f} ms, {median / theirs:.1f} times"
    )


def read_days(devices: list[Device], principal: Principal) -> int:
    """Read a month of quarter hours as local days, for many meters at once."""
    asked = Range("1d", START, START + timedelta(days=31), timezone.now())
    access = series_access_of_all(devices, principal)
    clocks = timelines_of([device.pk for device in devices])
    points = Point.objects.filter(device__in=devices).select_related("type")
    wanted = [
        wanted_of(point, clocks[point.device_id], parts=parts_of(access[point.device_id], asked))
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


def is_as_product_makes_it(point: Point) -> bool:
    """Say whether the sums of a meter are those that come out when it is summed up anew."""
    sums = Rollup.objects.filter(point_id=point.pk, bucket__gte=START, bucket__lt=END)
    before = list(sums.order_by("resolution", "bucket").values_list())
    mark_rollups([point.pk], start=START, end=END)
    refresh_rollups()
    return before == list(sums.order_by("resolution", "bucket").values_list())


def points_of(devices: list[Device]) -> list[int]:
    """Return the numbers of the devices' points."""
    return list(Point.objects.filter(device__in=devices).values_list("pk", flat=True))


def make_site_of(placed: list[Device]) -> tuple[Site, Principal]:
    """Let the devices stand at a site; return it, and somebody who sees it."""
    organisation = placed[0].organisation
    assert organisation is not None
    site = make_site(organisation, time_zone=ZONE)
    place(placed, site)
    return site, factories.make_principal(organisation, role=OrganisationRole.VIEWER)


def report_all(devices: list[Device]) -> None:
    """Print how long each read takes; the first devices are read one by one."""
    site, viewer = make_site_of(devices[:AT_SITE])
    placed, keeper = devices[:AT_SITE], viewer
    if len(placed) < AT_SITE:
        placed = make_year(meters=AT_SITE, levels=[Level.DAY])
        site, keeper = make_site_of(placed)
    if not is_as_product_makes_it(Point.objects.get(device=devices[0])):
        raise RuntimeError("the sums are not those that the product makes")
    some = devices[:ASKED]
    until = {"end": START + timedelta(days=31)}
    name = f"month of days, {len(some):5} meters"
    report(name, lambda: read_days(some, viewer), DAYS, points=points_of(some), **until)
    (point,) = points_of(some[:1])
    name = "year of hours, one point   "
    report(name, lambda: read_hours(some[0], viewer), HOURS, points=[point])
    name = f"year of days, {len(placed):,} meters "
    report(name, lambda: read_site(site, keeper), TOTAL, points=points_of(placed))


def main(meters: int) -> None:
    """Fill a database, and print how long each read takes."""
    with scratch.database():
        took = scratch.timed(partial(make_year, meters=meters))
        scratch.say(f"{35_041 * meters:,} readings and their sums made in {took:.0f} s")
        settle()  # As the web server does.
        report_all(list(Device.objects.select_related("organisation").order_by("pk")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else METERS)
