"""The proof: a year of many meters, late, twice, out of order, swapped and corrected, is what a
naive computation makes of the raw rows, day by day and month by month.

`make proof-metering` runs it for 200 metering points.
"""

import os
from datetime import date, datetime
from decimal import Decimal

import pytest

from accounts.models import Organisation
from devices.metering.consumption import Consumption, read_consumption
from devices.models import Device, DeviceType, MeteringPoint
from devices.series.answers import Range
from devices.services.formulas import Term
from devices.services.readings import MAX_BATCH, record_readings
from devices.services.rollups import refresh_rollups
from tests.devices.factories import make_assignment, make_device, make_metering_point, make_type
from tests.devices.metering.year import BEGIN, END, WIDTH, ZONE, Fitted, arrivals, build, naive
from tests.twin import factories as twin
from twin.models import Site

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(7_200)]
POINTS = int(os.environ.get("METERING_POINTS", "2"))
SWAPS = 12
TOLERANCE = 1e-6
LIMIT = 1_000_000
POINT = "active_energy_import"
Sums = dict[date, Decimal]
Row = tuple[str, datetime, Decimal]


class Building:
    """A site with its flats and common parts, each a metering point, and what its meters send.

    Rows are forgotten as soon as the naive sums are known, so that 200 points fit into memory.
    """

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.site: Site = twin.make_site(organisation, time_zone=ZONE.key)
        width = {"counter_width": float(WIDTH)}
        counter = {"key": POINT, "unit": "kW.h", "nature": "counter", **width}
        self.kind: DeviceType = make_type(points=(counter,))
        self.points: list[MeteringPoint] = []
        self.sums: list[tuple[Sums, Sums]] = []
        self.late: list[Row] = []
        self.swaps = 0

    def live(self) -> None:
        """Let the year pass: what arrives at once, its sums, what is late, two corrections."""
        for number in range(POINTS):
            meters = build(number, swaps=SWAPS // POINTS + (number < SWAPS % POINTS))
            self.points.append(self._pass_year(number, meters))
            self.sums.append(naive(meters))
            self.swaps += len(meters) - 1
        refresh_rollups()
        send(self.late)
        refresh_rollups()

    def _pass_year(self, number: int, meters: list[Fitted]) -> MeteringPoint:
        point, before = make_metering_point(site=self.site), None
        for place, meter in enumerate(meters):
            device = make_device(self.organisation, site=self.site, type=self.kind)
            given = {
                "start_counter": meter.start,
                "factor": meter.factor,
                "previous_end_counter": before.end if before else None,
            }
            counters = {name: float(value) for name, value in given.items() if value is not None}
            make_assignment(point, device, since=meter.since, **counters)
            is_corrected = number in {0, POINTS - 1} and place == 0
            sent = arrivals(100 * number + place, meter, is_corrected=is_corrected)
            send([(str(device.pk), *row) for row in sent.first])
            self.late += [(str(device.pk), *row) for row in sent.late]
            before = meter
        return point


def send(rows: list[Row]) -> None:
    """Send rows in batches."""
    for first in range(0, len(rows), MAX_BATCH):
        batch = [
            {"device": key, "point": POINT, "time": at, "value": float(value)}
            for key, at, value in rows[first : first + MAX_BATCH]
        ]
        assert not record_readings(batch, devices=Device.objects.all()).rejected


def told(found: Consumption) -> dict[date, float]:
    return {
        time.astimezone(ZONE).date(): value
        for time, value in zip(found.times, found.values, strict=True)
    }


def read(points: list[MeteringPoint], interval: str) -> list[dict[date, float]]:
    asked = Range(interval, BEGIN, END, END)
    rows = MeteringPoint.objects.select_related("site").in_bulk([point.pk for point in points])
    ordered = [rows[point.pk] for point in points]
    return [
        told(one) for one in read_consumption(ordered, asked=asked, principal=None, limit=LIMIT)
    ]


def summed(sums: list[Sums]) -> Sums:
    keys = {key for one in sums for key in one}
    return {key: sum((one.get(key, Decimal(0)) for one in sums), Decimal(0)) for key in keys}


def assert_same(found: dict[date, float], wanted: Sums) -> None:
    assert set(found) == set(wanted)
    far = {key for key in wanted if abs(found[key] - float(wanted[key])) > TOLERANCE}
    assert not {key: (found[key], wanted[key]) for key in far}


def test_every_day_and_month_of_a_year_is_what_the_raw_rows_say(
    organisation: Organisation,
) -> None:
    building = Building(organisation)
    building.live()
    total = make_metering_point(
        site=building.site, formula=[Term(source=point) for point in building.points]
    )

    for number, interval in enumerate(("1d", "1mo")):
        wanted = [one[number] for one in building.sums]
        found = read([*building.points, total], interval)
        for one, expected in zip(found, [*wanted, summed(wanted)], strict=True):
            assert_same(one, expected)
    assert building.swaps == SWAPS
