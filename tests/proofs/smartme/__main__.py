"""The proof of the smart-me integration: an hour of four accounts, with every fault of the
reference by chance, while web server, workers and database are killed again and again; in the end
the readings are what the cloud's own ledger says, and a good-bye leaves nothing behind.

``python -m tests.proofs.smartme [MINUTES] [--speed N] [--seed N] [--like CONNECTION]``: an hour at
20 times the speed unless given, in a PostgreSQL of its own; its tables are those of another
database, or made by the migrations. It ends with 1 and says why if anything is wrong.
"""

import argparse
import random
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from celery.app.task import Task
from django.db import connection, transaction

from integrations.models import Backfill, Connection, MeterLink, RealtimeEndpoint, RealtimePost
from integrations.smartme.connections import delete_connection
from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from tests.proofs.server import Server
from tests.proofs.smartme.books import Books
from tests.proofs.smartme.checks import Check
from tests.proofs.smartme.crew import DATABASE, WEB, WORKER, Crew
from tests.proofs.smartme.times import Pin
from tests.proofs.smartme.weather import Weather
from tests.proofs.smartme.world import KINDS, build_accounts, connect

# Of the cloud's time.
CHANGES_EVERY_S, STRIKES_EVERY_S = 20, 60
OUTAGE_S, FAREWELL_S = 2_400.0, 4_200.0
SHORT = 10.0
VICTIMS = (WEB, WORKER, DATABASE, WORKER)
METERS = sum(len(kinds) for kinds in KINDS.values())
SETTLED = """
SELECT (SELECT count(*) FROM integrations_connection
         WHERE status = 'ok' AND failures = 0 AND last_success_at > %s) = 4
   AND (SELECT count(*) FROM integrations_meterlink WHERE linked_at IS NOT NULL) >= %s
   AND (SELECT count(*) FROM integrations_realtimechannel WHERE status = 'listening') = 4
   AND (SELECT count(*) FROM integrations_backfill WHERE status = 'waiting') = 0
   AND (SELECT count(*) FROM integrations_realtimepost) < 20"""
# Every meter that counts by code was heard after it was polled: its units are known.
CALIBRATED = """
SELECT count(*) = 0 FROM integrations_meterlink l
 WHERE device_id IS NOT NULL AND calibrations = '{}' AND device_type_key <> 'smartme-temperature'"""
STATE = """
SELECT c.name, c.status, c.failures, c.problem, c.last_success_at, h.status, h.problem,
       (SELECT array_agg(DISTINCT status || problem) FROM integrations_backfill b
         WHERE b.connection_id = c.id)
  FROM integrations_connection c JOIN integrations_realtimechannel h ON h.connection_id = c.id"""
EMPTY = "SELECT count(*) = 0 FROM integrations_realtimepost"
GONE = "SELECT count(*) = 0 FROM integrations_connection"


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass
class Play:
    """The cloud, its weather, and the crew of the platform."""

    cloud: SmartMeCloud
    books: Books
    crew: Crew
    weather: Weather
    dice: random.Random
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the cloud's time."""
        return datetime.fromtimestamp(self.cloud.clock.now(), UTC)

    def prelude(self) -> None:
        """Let everything be found, registered and calibrated before anything goes wrong."""
        self.weather.be_fair()
        self.crew.start()
        self._settle("nothing was found or registered")
        self.crew.wait(lambda: self._holds(CALIBRATED), "nothing was posted")
        self.began = self.now()

    def hour(self, minutes: float) -> None:
        """Let time pass in bad weather, and strike; of a long one nobody is alive in the midst."""
        self._pass(60 * minutes / 2)
        if minutes > SHORT:
            self._fall_silent(OUTAGE_S)
        self._pass(60 * minutes / 2)
        self._fall_silent(FAREWELL_S)

    def _pass(self, seconds: float) -> None:
        self.weather.turn_bad()
        now = change_at = strike_at = self.cloud.clock.now()
        ends_at, strikes_every_s = now + seconds, min(STRIKES_EVERY_S, seconds / len(VICTIMS) * 2)
        while (now := self.cloud.clock.now()) < ends_at:
            self.crew.keep_alive()
            if now >= change_at:
                self.weather.change()
                change_at += CHANGES_EVERY_S
            if now >= strike_at:
                self.crew.strike(VICTIMS[self.crew.kills.total() % len(VICTIMS)])
                strike_at += strikes_every_s
            time.sleep(0.02)
        self.weather.be_fair()

    def _fall_silent(self, seconds: float) -> None:
        """Let time pass with nobody alive, and wait until everything is as it should be."""
        since = self.now()
        self.crew.fall_silent(seconds)
        self.outages.append((since, self.now()))
        self._settle("it did not recover from an outage")

    def finish(self) -> None:
        """Take no more posts, and let those that were taken become readings."""
        self.crew.close_web()
        self.crew.wait(lambda: self._holds(EMPTY), "posts wait")
        self.crew.stop()

    def _settle(self, what: str) -> None:
        """Wait until all accounts were synced from now on, and nothing waits for its turn."""
        asked_at = self.now()
        self.crew.wait(
            lambda: self._holds(SETTLED, asked_at, METERS),
            lambda: f"{what}: {self.crew.ask(STATE)}",
        )

    def disconnect(self) -> list[str]:
        """Delete the connections; return what is left of them, here or there."""
        Pin.of(self.cloud.clock).rule_process()
        for one in Connection.objects.all():
            delete_connection(connection=one)
        self.crew.start()
        self.crew.wait(lambda: self._holds(GONE), "a good-bye was never said")
        self.crew.stop()
        left = [f"registered at the cloud: {one.url}" for one in self.cloud.registrations.listed()]
        models = (Connection, MeterLink, Backfill, RealtimeEndpoint, RealtimePost)
        left += [f"left here: {model.__name__}" for model in models if model.objects.exists()]
        return left

    def _holds(self, sql: str, *parameters: object) -> bool:
        return bool(self.crew.ask(sql, *parameters)[0][0])


def run(minutes: float, *, speed: float, seed: int, server: Server) -> list[str]:
    """Let the hour pass, and return what is wrong."""
    clock = SimulatedClock(speed=speed)
    began = datetime.fromtimestamp(clock.now(), UTC)
    cloud = SmartMeCloud(build_accounts(since=began - timedelta(days=40)), clock=clock)
    cloud.ledger = books = Books(clock)
    Pin.of(clock).rule_process()
    with transaction.atomic():
        connect()
    dice, started = random.Random(seed), time.monotonic()
    with Simulator(cloud) as simulator:
        crew = Crew(server, clock, simulator.url, seed)
        play = Play(cloud, books, crew, Weather(cloud, dice), dice)
        try:
            play.prelude()
            say(f"{METERS} meters found and heard after {time.monotonic() - started:.0f} s")
            play.hour(minutes)
            play.finish()
            say(f"faults: {dict(sorted(play.weather.seen.items()))}")
            say(f"killed: {dict(crew.kills)}, and everybody {len(play.outages)} times")
            found = compare(play) + play.disconnect()
        finally:
            crew.stop()
    say(f"{time.monotonic() - started:.0f} s")
    return found


def compare(play: Play) -> list[str]:
    """Return what the readings have other than the ledger."""
    check = Check(play.cloud, play.books, began=play.began)
    say(
        f"{len(check.recorded):,} readings of {len(play.books.lists):,} lists and "
        f"{len(play.books.posts()):,} reports posted"
    )
    return check.everything(play.outages)


def _leave_to_the_crew(*args: object, **given: object) -> None:
    """Queue nothing: what is asked for here follows at the next turn of beat's tasks."""


def main() -> int:
    """Run the proof and say what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", type=float, nargs="?", default=60.0)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=20260601)
    parser.add_argument("--like", default="")
    given = parser.parse_args()
    patch.object(Task, "apply_async", _leave_to_the_crew).start()
    server = Server()
    try:
        server.fill(given.like)
        found = run(given.minutes, speed=given.speed, seed=given.seed, server=server)
    finally:
        connection.close()
        server.remove()
    say("\n".join(found[:30]) or "the readings are what the cloud told")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
