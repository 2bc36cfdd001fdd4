"""The simulated cloud posts what its meters say: as they say it, or with the faults that are on.

By default nothing is tried again: the vendor promises no retry. Source:
docs/integrations/smart-me.md, "Realtime".
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import httpx

from .history import in_unit
from .meters import TICKS, SimulatedMeter
from .obis import counter_values, current_values
from .registrations import Registration
from .wire import USUAL, Style, device_data, post_body

if TYPE_CHECKING:
    from .cloud import SmartMeCloud

TURN_S = 0.05
LINES = 8
WAIT_S = 10.0
GARBAGE_BYTES = 60
Deliver = Callable[[Registration, bytes], int]


@dataclass(frozen=True)
class Said:
    """One report of a meter: when, and its values by OBIS code in base units."""

    account: str
    meter: str
    ticks: int
    values: dict[str, float]


@dataclass
class Parcel:
    """A body on its way to an address, and which reports are in it."""

    to: Registration
    body: bytes
    said: list[Said] = field(default_factory=list)
    due: float = 0.0
    tries: int = 0


def deliver_over_http(to: Registration, body: bytes) -> int:
    """Post a body; return the status, or 0 when no answer came."""
    login = (to.username, to.password) if to.username else None
    headers = {"Content-Type": "application/octet-stream"}
    try:
        answer = httpx.post(
            to.url, content=body, headers=headers, auth=login, timeout=WAIT_S, trust_env=False
        )
    except httpx.HTTPError:
        return 0
    return answer.status_code


class Sender:
    """Posts reports from one moment of the cloud's clock to the next.

    Args: ``retries`` is how often a post without a 2xx answer is sent again (None: until it has
    one); ``seed`` makes the chance of faults repeatable.
    """

    def __init__(
        self, cloud: SmartMeCloud, *, deliver: Deliver = deliver_over_http, seed: int = 0
    ) -> None:
        self._cloud = cloud
        self._deliver = deliver
        self._chance = Random(seed)
        self._until = cloud.clock.now()
        self._waiting: deque[Parcel] = deque()
        self._lock = threading.Lock()
        self.retries: int | None = 0
        self.style: Style = USUAL

    @property
    def waiting(self) -> int:
        """How many parcels are held back or to be sent again."""
        return len(self._waiting)

    def turn(self, pool: ThreadPoolExecutor | None = None) -> int:
        """Post what was said since the last turn and what is due now; return how many parcels."""
        now = self._cloud.clock.now()
        for parcel in self._packed(list(self._said_until(now))):
            self._waiting.append(parcel)
        self._until = now
        with self._lock:
            due = [parcel for parcel in self._waiting if parcel.due <= now]
            self._waiting = deque(parcel for parcel in self._waiting if parcel.due > now)
        if pool is None:
            for parcel in due:
                self._send(parcel)
        else:
            list(pool.map(self._send, due))
        return len(due)

    def run(self, stop: threading.Event) -> None:
        """Take turns until told to stop."""
        with ThreadPoolExecutor(LINES) as pool:
            while not stop.is_set():
                self.turn(pool)
                time.sleep(TURN_S)

    def _said_until(self, now: float) -> Iterator[Said]:
        """Yield what the meters of registered accounts said, in the order of time."""
        accounts = {entry.account for entry in self._cloud.registrations.listed()}
        found = [
            Said(name, meter.id, ticks, self._values(name, meter, ticks))
            for name in sorted(accounts & self._cloud.accounts.keys())
            for meter in self._cloud.accounts[name].meters
            for ticks in _reports(meter, since=self._until, until=now)
        ]
        yield from sorted((said for said in found if said.values), key=lambda said: said.ticks)

    def _values(self, account: str, meter: SimulatedMeter, ticks: int) -> dict[str, float]:
        """Return what a meter says, its counters in the unit of the faults that are on."""
        faults = self._cloud.faults.by_obis(account, "/")
        counted = in_unit(counter_values(meter, ticks), faults)
        return {**current_values(meter, ticks), **counted}

    def _packed(self, reports: list[Said]) -> Iterator[Parcel]:
        """Yield a parcel for each report and address, with the faults that are on."""
        for said in reports:
            faults = {fault.kind: fault.given for fault in self._struck(said.account)}
            for to in self._cloud.registrations.listed(said.account):
                if to.wants(said.account, said.meter):
                    yield from self._parcels(to, said, faults=faults)

    def _struck(self, account: str) -> list[Any]:
        posting = self._cloud.faults.posting(account)
        return [entry for entry in posting if self._chance.random() < entry.given.get("share", 1)]

    def _parcels(
        self, to: Registration, said: Said, *, faults: dict[str, dict[str, Any]]
    ) -> Iterator[Parcel]:
        written = device_data(said.meter, said.ticks, values=said.values, style=self.style)
        if "post-foreign" in faults:
            stranger = str(uuid.UUID(int=self._chance.getrandbits(128)))
            foreign = device_data(stranger, said.ticks, values=said.values, style=self.style)
            yield Parcel(to, post_body([foreign, written]), [said])
        elif "post-garbage" in faults:
            yield Parcel(to, self._chance.randbytes(GARBAGE_BYTES))
            yield Parcel(to, post_body([written]), [said])
        elif "post-drop" not in faults:
            parcel = Parcel(to, post_body([written]), [said])
            late = faults.get("post-late")
            if late is not None:
                wait_s = float(late.get("seconds", 60.0)) * self._chance.random()
                parcel.due = self._cloud.clock.now() + wait_s
            yield parcel
            if "post-duplicate" in faults:
                yield Parcel(to, parcel.body, [said])

    def _send(self, parcel: Parcel) -> None:
        parcel.tries += 1
        for said in parcel.said:
            self._cloud.ledger.note_said(said)
        status = self._deliver(parcel.to, parcel.body)
        is_taken = 200 <= status < 300
        for said in parcel.said:
            self._cloud.ledger.note_answer(said, is_taken=is_taken)
        if not is_taken and (self.retries is None or parcel.tries <= self.retries):
            parcel.due = self._cloud.clock.now() + self._cloud.clock.speed
            with self._lock:
                self._waiting.append(parcel)


def _reports(meter: SimulatedMeter, *, since: float, until: float) -> Iterator[int]:
    """Yield the times, in ticks, at which the meter reported after one moment, up to another."""
    ticks = meter.last_report(until)
    while ticks > since * TICKS:
        yield ticks
        ticks -= meter.report_every_s * TICKS
