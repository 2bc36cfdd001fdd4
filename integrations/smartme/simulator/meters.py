"""A simulated meter: deterministic in time, reporting at its own pace.

What it says depends on the time of its last report alone, so any two readers of the same
report see the same values, and a test can work out afterwards what must have been said.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .curves import Curve
from .kinds import KINDS, Kind, Members, Reading

TICKS = 10_000_000  # the cloud counts time in steps of 100 ns


@dataclass
class SimulatedMeter:
    """One device of an account."""

    id: str
    name: str | None
    serial: int
    kind_name: str
    curve: Curve
    base: float = 0.0
    report_every_s: int = 10
    switched_on: bool = True
    # Every switching, in its order: what a test looks at to see that none came twice.
    switchings: list[bool] = field(default_factory=list)
    overrides: Members = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Its numbers and members."""
        return KINDS[self.kind_name]

    def last_report(self, now: float) -> int:
        """Return when the meter last sent data before that time, in ticks since 1970."""
        digest = hashlib.sha256(self.id.encode()).digest()
        # Reports fall on their own offset, with 0 to 7 digits after the second.
        step = int(10 ** (7 - digest[0] % 8))
        every = self.report_every_s * TICKS
        offset = int.from_bytes(digest[1:9], "big") % every // step * step
        return (int(now * TICKS) - offset) // every * every + offset

    def shown(self, ticks: int) -> Reading:
        """Return what the meter shows at that time."""
        time = ticks / TICKS
        counters = self.curve.counters(time)
        scale = 1000 if self.kind.counts == "kWh" else 1
        noise = hashlib.sha256(f"{self.id}:{ticks}".encode()).digest()[0] / 255
        return Reading(
            rate=self.curve.rate(time),
            taken=self.base + counters.taken / scale,
            given=counters.given / scale,
            noise=noise,
            switched_on=self.switched_on,
        )

    def device(self, ticks: int) -> dict[str, Any]:
        """Return the Device object of the cloud for a report of that time."""
        kind = self.kind
        members = {
            "Id": self.id,
            "Name": self.name,
            "Serial": self.serial,
            "DeviceEnergyType": kind.energy,
            "MeterSubType": kind.sub_type,
            "FamilyType": kind.family,
            **kind.members(self.shown(ticks)),
            "ValueDate": time_text(ticks),
            **self.overrides,
        }
        return {member: value for member, value in members.items() if value is not None}


def time_text(ticks: int) -> str:
    """Return a time as the cloud writes it: UTC, with as many digits as it needs, up to 7."""
    seconds, rest = divmod(ticks, TICKS)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest:07d}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
