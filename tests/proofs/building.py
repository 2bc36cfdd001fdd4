"""The building of the proof of metering: its meters, and what they send when."""

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

from devices.models import DeviceType, MeteringPoint
from devices.services.formulas import Term
from tests import factories
from tests.devices.factories import make_assignment, make_device, make_metering_point, make_type
from tests.proofs.crew import Batch, Batches, chunks
from tests.proofs.year import WIDTH, ZONE, Fitted, Sent, arrivals, build
from tests.twin.factories import make_site

SWAPS = 12
POINT = "active_energy_import"
# So many points send at the same time, and a number no lot has as many batches as.
LOT, MANY = 5, 100_000


class Building:
    """A site, its metering points with their meters, their sum, and one that is a difference."""

    def __init__(self, points: int) -> None:
        self.points = points
        self.devices: list[list[str]] = []
        self.swaps = 0
        organisation = factories.make_organisation(name="Tilleuls Gestion")
        site = make_site(organisation, time_zone=ZONE.key)
        counter = {"key": POINT, "unit": "kW.h", "nature": "counter", "counter_width": float(WIDTH)}
        kind = make_type(points=(counter,))
        self.metered = [self._fit(number, site, kind) for number in range(points)]
        self.total = make_metering_point(site=site, formula=[Term(source=p) for p in self.metered])
        flats = [Term(source=flat, weight=-1) for flat in self.metered[:-1]]
        self.rest = make_metering_point(site=site, formula=[Term(source=self.total), *flats])

    def _fit(self, number: int, site: Any, kind: DeviceType) -> MeteringPoint:
        point, before, devices = make_metering_point(site=site), None, []
        for meter in self.meters(number):
            device = make_device(site.organisation, site=site, type=kind)
            given = {
                "start_counter": meter.start,
                "factor": meter.factor,
                "previous_end_counter": before.end if before else None,
            }
            counters = {name: float(value) for name, value in given.items() if value is not None}
            make_assignment(point, device, since=meter.since, **counters)
            devices.append(str(device.pk))
            before = meter
        self.devices.append(devices)
        self.swaps += len(devices) - 1
        return point

    def meters(self, number: int) -> list[Fitted]:
        """Return the meters of a metering point, the same each time."""
        swaps = SWAPS // self.points + (number < SWAPS % self.points)
        return build(number, swaps=swaps)

    def sent(self, number: int, meters: Sequence[Fitted]) -> list[Sent]:
        """Return what these meters send; two of the building's send a wrong value first."""
        return [
            arrivals(
                100 * number + place,
                meter,
                is_corrected=number in {0, self.points - 1} and place == 0,
            )
            for place, meter in enumerate(meters)
        ]

    def batches(self, *, is_late: bool, size: int) -> Batches:
        """Return what is sent at once, or what comes late, from a confirmed batch on."""

        def after(confirmed: int) -> Iterator[tuple[int, Batch]]:
            for lot in range(confirmed // MANY, -(-self.points // LOT)):
                rows = self._rows(lot, is_late=is_late)
                for place, batch in enumerate(chunks(rows, size), start=1):
                    if (number := lot * MANY + place) > confirmed:
                        yield number, batch

        return after

    def _rows(self, lot: int, *, is_late: bool) -> Iterator[dict[str, Any]]:
        """Yield what a lot of metering points sends, in turns."""
        streams = []
        for number in range(lot * LOT, min((lot + 1) * LOT, self.points)):
            sent = self.sent(number, self.meters(number))
            for device, one in zip(self.devices[number], sent, strict=True):
                rows = one.late if is_late else one.first
                streams.append([(device, *row) for row in rows])
        for row in chain.from_iterable(zip_longest(*streams)):
            if row is not None:
                device, at, value = row
                yield {"device": device, "point": POINT, "time": at, "value": float(value)}
