"""What Atrium holds in the end, against what the simulated cloud told."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from integrations.choices import BackfillMethod, BackfillStatus, SyncOutcome
from integrations.models import Backfill, Connection, Event, MeterLink, RealtimePost, SyncRun
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.meters import TICKS
from tests.proofs.smartme.books import (
    POINTS,
    Books,
    Key,
    Told,
    Truth,
    is_told,
    quarters,
    reports,
)

RECORDED = """
SELECT l.meter_id, t.key, r.time, r.value FROM devices_reading r
  JOIN devices_point p ON p.id = r.point_id JOIN devices_pointtype t ON t.id = p.type_id
  JOIN integrations_meterlink l ON l.device_id = p.device_id WHERE t.key = ANY(%s)"""
OF_DEVICES = """
SELECT l.meter_id, array_agg(t.key) FROM integrations_meterlink l
  JOIN devices_point p ON p.device_id = l.device_id JOIN devices_pointtype t ON t.id = p.type_id
 GROUP BY 1"""
# An answer is written down a moment after it went out.
MOMENT = timedelta(minutes=2)


class Check:
    """Compares, and lists what is wrong."""

    def __init__(self, cloud: SmartMeCloud, books: Books, *, began: datetime) -> None:
        self.cloud, self.books, self.began = cloud, books, began
        with connection.cursor() as cursor:
            cursor.execute(OF_DEVICES)
            self.truth = Truth({str(meter): frozenset(keys) for meter, keys in cursor})
            cursor.execute(RECORDED, [POINTS])
            self.recorded: dict[Key, float] = {
                (str(meter), point, time): value for meter, point, time, value in cursor
            }
        self.meters = {meter.id: meter for one in cloud.accounts.values() for meter in one.meters}

    def everything(self, outages: Iterable[tuple[datetime, datetime]]) -> list[str]:
        """Return what is lost, made up, or under a wrong time or unit; at best nothing."""
        posts = self.books.posts()
        began = self.began.timestamp() * TICKS
        taken = self.truth.of_posts(p for p in posts if p["taken"] and p["ticks"] >= began)
        past = self._past()
        lists = [self.truth.of_list(devices) for *_, devices in self.books.lists]
        told: Told = {}
        for part in (self.truth.of_posts(posts), past, self._single(), *lists):
            for key, values in part.items():
                told[key] = told.get(key, set()) | values
        return [
            *(f"lost of a post: {key}" for key in taken.keys() - self.recorded.keys()),
            *self._lost_of_runs(),
            *self._lost_of_past(past),
            *(f"lost in an outage: {key}" for key in self._silent(past, outages)),
            *self._wrong(told),
            *self._unwell(),
        ]

    def _wrong(self, told: Told) -> list[str]:
        return [
            f"made up: {key} is {value}"
            if key not in told
            else f"wrong: {key} is {value}, told was {sorted(told[key])}"
            for key, value in self.recorded.items()
            if key not in told or not is_told(value, told[key])
        ]

    def _past(self) -> Told:
        """Return every quarter hour that could have been asked for."""
        found: Told = {}
        for meter in self.meters.values():
            found |= self.truth.of_past(meter, quarters(self.asked_from, self._now()))
        return found

    def _single(self) -> Told:
        """Return what meters said last before some time, of accounts without history."""
        rows = Backfill.objects.filter(method=BackfillMethod.MONTHLY)
        found: Told = {}
        for key in rows.values_list("meter__meter_id", flat=True).distinct():
            meter = self.meters[str(key)]
            times = reports(meter, self.asked_from, self._now())
            found |= self.truth.of_past(meter, times)
        return found

    @property
    def asked_from(self) -> datetime:
        """Return from when on anything is asked for."""
        return self.began - timedelta(hours=1)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.cloud.clock.now(), self.began.tzinfo)

    def _lost_of_runs(self) -> list[str]:
        """Return the syncs that went well, of whose answers none is here wholly."""
        found = []
        names = dict(Connection.objects.values_list("pk", "name"))
        for run in SyncRun.objects.filter(outcome=SyncOutcome.OK, started_at__gte=self.began):
            until = (run.finished_at or run.started_at) + MOMENT
            answers = [
                devices
                for account, at, devices in self.books.lists
                if account == names[run.connection_id] and run.started_at <= at <= until
            ]
            missing = [self._missing(devices) for devices in answers]
            if all(missing):
                least = min(missing, key=len, default=["every answer"])
                found.append(f"lost of the sync of {names[run.connection_id]}: {least}")
        return found

    def _missing(self, devices: list[dict[str, Any]]) -> list[Key]:
        return sorted(self.truth.of_list(devices).keys() - self.recorded.keys())

    def _lost_of_past(self, past: Mapping[Key, Any]) -> list[str]:
        rows = Backfill.objects.filter(status=BackfillStatus.DONE, method=BackfillMethod.DENSE)
        spans = [(str(row.meter.meter_id), row.since, row.until) for row in rows]
        wanted = {
            key
            for key in past
            for meter, since, until in spans
            if key[0] == meter and since <= key[2] < until
        }
        return [f"lost of the past: {key}" for key in wanted - self.recorded.keys()]

    def _silent(
        self, past: Mapping[Key, Any], outages: Iterable[tuple[datetime, datetime]]
    ) -> list[Key]:
        """Return the quarter hours of outages that are not here, of accounts with history."""
        having = {
            meter.id
            for account in self.cloud.accounts.values()
            if account.licence == "professional"
            for meter in account.meters
        }
        spans = list(outages)
        return [
            key
            for key in past.keys() - self.recorded.keys()
            if key[0] in having and any(since <= key[2] < until for since, until in spans)
        ]

    def _unwell(self) -> list[str]:
        """Return what has not recovered or is there twice."""
        found = [f"{one}: {one.status}, {one.problem}" for one in Connection.objects.all()]
        found = [text for text in found if ": ok," not in text]
        links = MeterLink.objects.filter(meter_id__in=self.meters)
        found += [f"vanished: {link}" for link in links.exclude(vanished_at=None)]
        devices = list(links.exclude(device=None).values_list("device", flat=True))
        if len(devices) != len(set(devices)) or links.count() != len(self.meters):
            found.append(
                f"{len(self.meters)} meters, {links.count()} links, {len(devices)} devices"
            )
        if RealtimePost.objects.exists():
            found.append(f"{RealtimePost.objects.count()} posts were never taken over")
        waiting = Backfill.objects.filter(status=BackfillStatus.WAITING)
        found += [f"never finished: {row}, {row.problem}" for row in waiting]
        return found + self._out_of_turn()

    def _out_of_turn(self) -> list[str]:
        """Return connections that were told of as degraded or recovered other than in turns."""
        found = []
        for one in Connection.objects.all():
            rows = Event.objects.filter(subject__endswith=str(one.pk))
            types = list(rows.order_by("xid", "pk").values_list("type", flat=True))
            turns = ["connection.degraded", "connection.recovered"] * (len(types) // 2)
            if types != turns:
                found.append(f"{one} was told of as {types}")
        return found
