"""The past of smart-me meters: how long it takes to fetch, and how much of that the cloud takes.

``python -m tests.benchmarks.smartme_backfill [meters] [days]``: a year of quarter hours of 50
meters unless given, that is 1.75 million moments with two counters each, of one account in a
simulated cloud in a process of its own. One worker fetches them, as one does of an account; the
pace of the licence is left out. Waiting is all time within calls to the cloud.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from inspect import unwrap
from typing import Any
from unittest.mock import patch

import httpx
from django.conf import settings
from django.utils import timezone

from devices.services.catalogue import load_catalogue
from integrations.models import Backfill, Connection
from integrations.smartme.client import SmartMeClient
from integrations.smartme.history.claims import claim_backfills
from integrations.smartme.history.planning import request_past
from integrations.smartme.history.work import work_on
from tests.benchmarks import scratch
from tests.benchmarks.smartme_sweep import Clock, cloud, make_accounts, memory_mib

METERS, DAYS = 50, 365
UNPACED = (1_000_000.0, 100_000)
QUARTERS_A_DAY = 96


class Waiting:
    """Adds up the time within calls to the cloud."""

    seconds = 0.0

    def measured(self) -> Callable[..., bytes]:
        """Return the client's call, measured."""
        ask = unwrap(SmartMeClient._ask)

        def measuring(*args: Any, **given: Any) -> bytes:
            began = time.perf_counter()
            try:
                return bytes(ask(*args, **given))
            finally:
                self.seconds += time.perf_counter() - began

        return measuring


def fetch() -> None:
    """Work until nothing waits."""
    while claimed := claim_backfills():
        for one in claimed:
            work_on(one)


def main(meters: int, days: int) -> None:
    """Fetch the past and print who took how long."""
    with scratch.database(), cloud(1, meters, days=days) as url:
        settings.SMARTME_API_URL = url
        settings.SMARTME_PACES = dict.fromkeys(settings.SMARTME_PACES, UNPACED)
        load_catalogue()
        with httpx.Client(base_url=url, trust_env=False, timeout=600) as http:
            make_accounts(http, 1)
        connection, now = Connection.objects.get(), timezone.now()
        Connection.objects.update(status="ok")
        request_past(connection, since=now - timedelta(days=days), until=now)
        waiting = Waiting()
        with patch.object(SmartMeClient, "_ask", waiting.measured()), Clock() as clock:
            fetch()
        rows = Backfill.objects.all()
        values, share = sum(rows.values_list("values", flat=True)), waiting.seconds / clock.took
        scratch.say(f"{values:,} values in {clock.took:.0f} s, {values / clock.took:,.0f} a second")
        scratch.say(f"waiting for the cloud: {waiting.seconds:.0f} s, {share:.0%}")
        scratch.say(f"processor of the worker: {clock.used:.0f} s, memory {memory_mib():.0f} MiB")
        left = rows.exclude(status="done").count()
        if left or values < 2 * meters * (days - 1) * QUARTERS_A_DAY:
            raise RuntimeError(f"{left} backfills are not done, {values:,} values came")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3])) if sys.argv[2:] else main(METERS, DAYS)
