"""What the simulated cloud told, and what Atrium must therefore hold: worked out by tables of its
own, so that a mistake of the product does not hide in the proof.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.ledger import Ledger
from integrations.smartme.simulator.meters import TICKS, SimulatedMeter
from integrations.smartme.simulator.obis import counter_values
from tests.proofs.smartme.world import IN_SMALL_UNITS, SMALL

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER_S = 900
Key = tuple[str, str, datetime]
# Of each point at a time every value that was told: a meter may say another at the same time.
Told = dict[Key, set[float]]

ENERGY = {"Wh": 1e-3, "kWh": 1.0, "MWh": 1e3}
POWER = {"W": 1.0, "kW": 1e3}
VOLUME, FLOW = {"m3": 1.0}, {"m3/h": 1.0}
# What a member of an entry becomes in a medium, if its unit is one of these.
Row = tuple[str, str, str, Mapping[str, float]]
RATE, COUNTER = "ActivePowerUnit", "CounterReadingUnit"
ELECTRIC: tuple[Row, ...] = (
    ("CounterReading", "active_energy_net", COUNTER, ENERGY),
    ("CounterReadingImport", "active_energy_import", COUNTER, ENERGY),
    ("CounterReadingExport", "active_energy_export", COUNTER, ENERGY),
    ("ActivePower", "active_power", RATE, POWER),
    *((f"ActivePowerL{n}", f"active_power_l{n}", RATE, POWER) for n in (1, 2, 3)),
)
COUNTED: tuple[Row, ...] = (
    ("CounterReading", "volume", COUNTER, VOLUME),
    ("CounterReadingImport", "volume", COUNTER, VOLUME),
)
FLOWING: tuple[Row, ...] = (("ActivePower", "flow_rate", RATE, FLOW),)


def _thermal(word: str) -> tuple[Row, ...]:
    return (
        ("ActivePower", f"{word}_power", RATE, POWER),
        ("CounterReading", f"{word}_energy", COUNTER, ENERGY),
        ("CounterReadingImport", f"{word}_energy", COUNTER, ENERGY),
        *FLOWING,
        *COUNTED,
    )


MEDIA: Mapping[int, tuple[Row, ...]] = {
    **dict.fromkeys((1, 12, 13), ELECTRIC),
    **dict.fromkeys((2, 3, 11), FLOWING + COUNTED),
    4: _thermal("heat"),
}
COLD = _thermal("cooling")
# Of a medium that nobody knows.
OTHER: tuple[Row, ...] = (
    ("ActivePower", "active_power", RATE, POWER),
    *FLOWING,
    COUNTED[0],
)
PLAIN = {
    **{word.replace("_", ""): word for word in ("voltage", "current", "power_factor")},
    **{
        f"{word.replace('_', '')}l{phase}": f"{word}_l{phase}"
        for word in ("voltage", "current", "power_factor")
        for phase in (1, 2, 3)
    },
    "temperature": "temperature",
    "switchon": "switch_on",
    "digitaloutput2": "digital_output_2",
}
CODES = {
    "1-0:1.8.0*255": (("active_energy_import",), 1e-3),
    "1-0:2.8.0*255": (("active_energy_export",), 1e-3),
    "6-0:1.0.0*255": (("heat_energy",), 1e-3),
    "5-0:1.0.0*255": (("cooling_energy",), 1e-3),
    "1-0:1.7.0*255": (("active_power",), 1.0),
    "6-0:8.0.0*255": (("heat_power",), 1.0),
    "5-0:8.0.0*255": (("cooling_power",), 1.0),
    **{f"{a}-0:1.0.0*255": (("volume",), 1.0) for a in (8, 9)},
    **dict.fromkeys(("7-0:3.0.0*255", "17-0:129.128.0*255"), (("volume",), 1.0)),
    **{f"{a}-0:2.0.0*255": (("flow_rate",), 1.0) for a in (8, 9)},
    **dict.fromkeys(("7-0:43.15.0*255", "17-0:140.128.0*255"), (("flow_rate",), 1.0)),
    **{
        f"1-0:{number + 20 * phase}.7.0*255": (
            (f"{word}_l{phase + 1}", *([word] if phase == 0 and number > 21 else [])),
            1.0,
        )
        for word, number in (
            ("active_power", 21),
            ("voltage", 32),
            ("current", 31),
            ("power_factor", 33),
        )
        for phase in range(3)
    },
}
COUNTERS = frozenset(
    {"active_energy_import", "active_energy_export", "volume", "heat_energy", "cooling_energy"}
)
POINTS = sorted(
    {point for rows in (*MEDIA.values(), COLD, OTHER) for _, point, *_ in rows}
    | {name for names, _ in CODES.values() for name in names}
    | set(PLAIN.values())
)


class Books(Ledger):
    """The ledger, which also keeps each whole list of devices with the moment it went out."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        super().__init__()

    def forget(self) -> None:
        """Start anew."""
        super().forget()
        self.lists: list[tuple[str, datetime, list[dict[str, Any]]]] = []

    def note_reports(self, account: str, devices: list[dict[str, Any]]) -> None:
        """Remember a list that went out."""
        at = datetime.fromtimestamp(self.clock.now(), UTC)
        meters = [one for one in devices if {"ValueDate", "valueDate"} & one.keys()]
        if len(meters) > 1:
            self.lists.append((account, at, meters))


def moment_of(text: str) -> datetime:
    """Return a time of the API, cut to microseconds."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    micros = int(fraction[:6].ljust(6, "0"))
    return datetime.fromisoformat(f"{whole}+00:00") + timedelta(microseconds=micros)


def moment_at(ticks: int) -> datetime:
    """Return a time in ticks, cut to microseconds."""
    return EPOCH + timedelta(microseconds=ticks // 10)


def listed(device: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the points and values of an entry of a list, as it was told; absent is none."""
    said = {name.lower(): value for name, value in device.items() if value is not None}
    medium = _medium(said)
    for member, point, unit, factors in medium:
        value, factor = said.get(member.lower()), factors.get(str(said.get(unit.lower())))
        if isinstance(value, float) and factor is not None:
            yield point, value * factor
    if medium is not ELECTRIC and "flowrate" in said:
        yield "flow_rate", said["flowrate"]
    for member, point in PLAIN.items():
        if member in said:
            yield point, float(said[member])


def _medium(said: Mapping[str, Any]) -> tuple[Row, ...]:
    energy = said.get("deviceenergytype", 0)
    is_cold = energy == 4 and said.get("metersubtype") == 1
    return COLD if is_cold else MEDIA.get(energy, OTHER)


class Truth:
    """What must be here and what may, of the meters that Atrium knows with these points."""

    def __init__(self, points: Mapping[str, frozenset[str]]) -> None:
        self.points = points

    def of_list(self, devices: Iterable[Mapping[str, Any]]) -> Told:
        """Return what a list of devices told."""
        found: Told = defaultdict(set)
        for device in devices:
            said = {name.lower(): value for name, value in device.items()}
            meter, time = str(said["id"]), moment_of(said["valuedate"])
            own = self.points.get(meter, frozenset())
            # Of two members for one point the later counts.
            for point, value in dict(listed(device)).items():
                if point in own:
                    found[meter, point, time].add(value)
        return found

    def of_posts(self, posts: Iterable[Mapping[str, Any]]) -> Told:
        """Return what posts told, in the units of their accounts."""
        found: Told = defaultdict(set)
        for post in posts:
            small = post["account"] == IN_SMALL_UNITS
            time = moment_at(post["ticks"])
            for point, value in self._values(post["meter"], post["values"], small=small):
                found[post["meter"], point, time].add(value)
        return found

    def of_past(self, meter: SimulatedMeter, times: Iterable[int]) -> Told:
        """Return what a meter counted at those times, in ticks."""
        found: Told = defaultdict(set)
        for ticks in times:
            for point, value in self._values(meter.id, counter_values(meter, ticks), small=False):
                found[meter.id, point, moment_at(ticks)].add(value)
        return found

    def _values(
        self, meter: str, values: Mapping[str, float], *, small: bool
    ) -> Iterator[tuple[str, float]]:
        own = self.points.get(meter, frozenset())
        for code, value in values.items():
            names, factor = CODES[code]
            point = next((name for name in names if name in own), None)
            if point is not None:
                is_small = small and point in COUNTERS
                yield point, value * factor / (SMALL if is_small else 1.0)


def quarters(since: datetime, until: datetime) -> Iterator[int]:
    """Yield the quarter hours from one time to before another, in ticks."""
    first = -int(-since.timestamp() // QUARTER_S) * QUARTER_S
    yield from range(first * TICKS, int(until.timestamp()) * TICKS, QUARTER_S * TICKS)


def reports(meter: SimulatedMeter, since: datetime, until: datetime) -> Iterator[int]:
    """Yield when a meter sent something of itself, in ticks, the latest first."""
    step = meter.report_every_s * TICKS
    yield from range(meter.last_report(until.timestamp()), int(since.timestamp()) * TICKS, -step)


def is_told(value: float, told: Iterable[float]) -> bool:
    """Say whether a value is one of those told, but for the noise of binary numbers."""
    return any(abs(value - one) <= 1e-9 * max(1.0, abs(one)) for one in told)
