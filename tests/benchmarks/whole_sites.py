"""Whole sites in one answer: the tree of 1,000 spaces and the graph of 500 devices.

``python -m tests.benchmarks.whole_sites``: each beside its own statements run bare by psycopg and
their rows written as JSON, in the same run.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import orjson
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.benchmarks import scratch
from tests.benchmarks.views import World
from tests.factories import make_access_token, make_application

SPACES, DEVICES, ROUNDS = 1_000, 500, 40
LIMITS_MS = {"tree": 60, "graph": 150}


def ask(client: APIClient, path: str) -> None:
    """Ask for the whole."""
    response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(response.content[:500])


def bare(statements: list[str]) -> None:
    """Run the statements and write their rows as JSON."""
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        orjson.dumps(rows, default=str)


def spread(deed: Callable[[], None]) -> tuple[float, float, float]:
    """Return median, 95th percentile and processor time of the deed, in milliseconds."""
    deed()
    cpu = time.process_time()
    times = sorted(scratch.timed(deed) * 1e3 for _ in range(ROUNDS))
    used = (time.process_time() - cpu) * 1e3 / ROUNDS
    return statistics.median(times), times[int(len(times) * 0.95) - 1], used


def report(name: str, client: APIClient, path: str) -> None:
    """Print what one of them costs."""
    ask(client, path)
    with CaptureQueriesContext(connection) as captured:
        ask(client, path)
    # The next request clears what was captured.
    statements = [str(one["sql"]) for one in captured.captured_queries]
    mine = spread(partial(ask, client, path))
    theirs = spread(partial(bare, statements))
    shown = f"{mine[0]:.1f} ms, p95 {mine[1]:.1f} ms (< {LIMITS_MS[name]}), {mine[2]:.1f} ms of it"
    yardstick = f"{theirs[0]:.1f} ms bare, {mine[0] / theirs[0]:.1f} times"
    scratch.say(f"{name}: {shown} our processor, {len(statements)} queries; {yardstick}")


def main() -> None:
    """Fill two sites and print the figures."""
    with scratch.database():
        world = World()
        tree, graph = world.add(count=SPACES), world.add(count=DEVICES)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE twin_node, twin_space, devices_asset, devices_device")
        token = make_access_token(make_application(world.organisation))
        client = APIClient(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"})
        report("tree", client, f"/api/v1/sites/{tree.pk}/tree/")
        report("graph", client, f"/api/v1/sites/{graph.pk}/graph/")


if __name__ == "__main__":
    main()
