"""A worker of the platform: what beat asks for, and the tasks that follow, in a process that may
be killed at any moment. Its queue dies with it.
"""

import os
import time
from collections import deque
from functools import partialmethod
from inspect import unwrap
from typing import Any, NamedTuple
from unittest.mock import patch

from celery.app.task import Task
from django.conf import settings
from django.db import DatabaseError, connection

from config.lib.errors import DatabaseUnavailable
from integrations.smartme import tasks
from integrations.smartme.client import SmartMeClient
from integrations.smartme.gates import open_account
from integrations.smartme.realtime import tasks as realtime
from tests.proofs.smartme.times import Pin

# Real seconds: the cloud answers at once or not at all, and an hour is over in minutes.
CALL_S = 1.5
PACE = (600_000.0, 10_000)
OURS = "integrations.smartme."
PAUSE_S = 0.03


class Place(NamedTuple):
    """Where a worker works."""

    pin: Pin
    database: dict[str, Any]
    cloud_url: str
    public_url: str


class Queue:
    """Tasks that were asked for, in their order; those of other apps are left out."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Any, tuple[Any, ...]]] = deque()

    def put(self, task: Any, args: Any) -> None:
        """Queue a task, if it is one of ours."""
        if task.name.startswith(OURS):
            self._waiting.append((task, tuple(args or ())))

    def work(self) -> None:
        """Do what waits, and what that asks for."""
        while self._waiting:
            task, args = self._waiting.popleft()
            task(*args)


def work(place: Place, name: str) -> None:
    """Work until killed."""
    settle_in(place, name)
    queue = Queue()
    patch.object(Task, "apply_async", partialmethod(_put, queue)).start()
    while True:
        try:
            turn(queue)
        except (DatabaseUnavailable, DatabaseError):
            connection.close()
            time.sleep(PAUSE_S)


def _put(task: Any, queue: Queue, args: Any = None, kwargs: Any = None, **options: Any) -> None:
    """Take the place of ``Task.apply_async``."""
    queue.put(task, args)


def settle_in(place: Place, name: str) -> None:
    """Tell the fast time, and find database and cloud."""
    os.environ["PGAPPNAME"] = name
    place.pin.rule_process()
    connection.settings_dict.update(place.database)
    settings.SMARTME_API_URL, settings.PUBLIC_URL = place.cloud_url, place.public_url
    settings.SMARTME_PACES = dict.fromkeys(settings.SMARTME_PACES, PACE)
    unwrap(open_account).__kwdefaults__["total_s"] = CALL_S
    unwrap(SmartMeClient.__init__).__kwdefaults__.update(read_s=CALL_S, connect_s=CALL_S)


def turn(queue: Queue) -> None:
    """Do what beat's schedule of the integration asks for, once."""
    for deed in (
        tasks.claim_due_connections,
        realtime.claim_due_registrations,
        tasks.claim_due_backfills,
    ):
        deed()
        queue.work()
    for share in (0, 1):
        realtime.take_over_realtime_posts(share)
    realtime.retry_posts_set_aside()
    time.sleep(PAUSE_S)
