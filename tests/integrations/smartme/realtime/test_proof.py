"""An hour of the cloud with every fault at random and workers that die: nothing lost or doubled.

Two minutes here; `make proof-smartme` runs the hour. REALTIME_PROOF_SEED chooses another course.
"""

import os
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Organisation
from devices.services.catalogue import load_catalogue
from integrations.models import Connection, MeterLink, RealtimePost
from integrations.smartme.realtime import processing
from integrations.smartme.realtime.receiving import Arrival, Verdict, receive
from integrations.smartme.realtime.registration import settle_registration
from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.realtime import Sender
from integrations.smartme.simulator.registrations import Registration
from integrations.smartme.simulator.wire import LEVELS, Style
from tests.devices.factories import make_fleet
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import make_connection, sync
from tests.integrations.smartme.realtime.ledgers import differences

MINUTES = int(os.environ.get("REALTIME_PROOF_MINUTES", "2"))
SEED = int(os.environ.get("REALTIME_PROOF_SEED", "20260601"))
START = 1_780_300_800.0
STEP_S = 10
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "post-drop", "share": 0.05},
    {"kind": "post-late", "share": 0.2, "seconds": 120},
    {"kind": "post-duplicate", "share": 0.1},
    {"kind": "post-foreign", "share": 0.1},
    {"kind": "post-garbage", "share": 0.1},
)


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


class Play:
    """The cloud's sender on a fast clock, and our side, which now and then dies in the middle."""

    def __init__(self, connection: Connection, cloud: Cloud, dice: Random) -> None:
        self.connection = connection
        self.cloud = cloud.inner
        self.dice = dice
        self.kills = 0
        self.cloud.sender = Sender(self.cloud, deliver=self._deliver, seed=SEED)
        self.cloud.sender.retries = 3

    def _deliver(self, to: Registration, body: bytes) -> int:
        """Take a post as the web server does; one in twenty dies before, one after keeping it."""
        fate = self.dice.random()
        if fate < 0.05:
            return 0
        pair = Arrival(to.url.rstrip("/").rpartition("/")[2], basic(to), body)
        (verdict,) = receive([pair])
        return 0 if fate > 0.95 else 200 if verdict is Verdict.KEPT else 503

    def step(self) -> None:
        """Let time pass, posts come, a worker work, and perhaps die at one of its steps."""
        self.cloud.sender.style = Style(
            level=self.dice.choice(LEVELS), omit_zero=self.dice.random() < 0.5
        )
        self.cloud.clock.change(advance_s=STEP_S)
        self.cloud.sender.turn()
        if self.dice.random() < 0.4:
            self._work_until_killed(self.dice.choice(("record_readings", "note", "_map")))
        processing.take_over_posts(limit=self.dice.choice((1, 7, 1_000)))

    def _work_until_killed(self, step: str) -> None:
        original: Callable[..., Any] = getattr(processing, step)

        def dying(*args: Any, **kwargs: Any) -> Any:
            original(*args, **kwargs)
            raise Killed

        setattr(processing, step, dying)
        try:
            with transaction.atomic():
                processing.take_over_posts()
        except Killed:
            self.kills += 1
        finally:
            setattr(processing, step, original)

    def settle(self) -> None:
        """Switch all faults off, let everything held back arrive, and take it over."""
        self.cloud.faults.switch_off()
        for _ in range(2):
            self.cloud.clock.change(advance_s=60)
            self.cloud.sender.turn()
        while processing.take_over_posts():
            pass


def basic(to: Registration) -> str:
    return "Basic " + b64encode(f"{to.username}:{to.password}".encode()).decode()


@pytest.mark.django_db
def test_readings_equal_the_ledger_of_the_cloud(organisation: Organisation, cloud: Cloud) -> None:
    load_catalogue()
    cloud.inner.clock = SimulatedClock(start=START, speed=0)
    connection = make_connection(make_fleet(organisation), realtime=True)
    play = Play(connection, cloud, Random(SEED))
    sync(connection)
    settle_registration(connection.pk)
    for fault in FAULTS:
        cloud.inner.faults.switch_on(fault)

    for minute in range(MINUTES):
        for _ in range(60 // STEP_S):
            play.step()
        if minute % 3 == 0:
            sync(connection)
    play.settle()

    known = {str(key) for key in MeterLink.objects.values_list("meter_id", flat=True)}
    assert differences(cloud.inner.ledger, known=known) == []
    assert not RealtimePost.objects.exists()
    assert len(cloud.inner.ledger.posts()) > 15 * MINUTES * 0.8
    assert play.kills > 0
    channel = connection.channel
    channel.refresh_from_db()
    assert channel.reports_foreign > 0
    assert channel.reports_unreadable > 0
