"""Whole sites in one answer over HTTP: the tree of 1,000 spaces, the graph of 500 devices, and the
state of 100 devices with five points each.

``python -m tests.benchmarks.whole_sites``: each beside its own statements run bare by psycopg and
their rows written as JSON, in the same run.
"""

import statistics
from collections.abc import Callable
from functools import partial

import httpx
import orjson
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Organisation
from devices.models import Point
from tests.benchmarks import scratch, series
from tests.benchmarks.server import serving
from tests.benchmarks.views import World
from tests.factories import make_access_token, make_application
from tests.twin.factories import make_site
from twin.models import Site

SPACES, DEVICES, MEASURING, POINTS, ROUNDS = 1_000, 500, 100, 5, 60
LIMITS_MS = {"tree": 60, "graph": 150, "state": 30, "bodies and state": 30}


def ask(client: httpx.Client, path: str) -> None:
    """Ask for the whole."""
    response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(response.text[:500])


def statements_of(client: APIClient, path: str) -> list[str]:
    """Return what the database is asked for one answer, once all is warm."""
    client.get(f"/api/v1/{path}")
    with CaptureQueriesContext(connection) as captured:
        client.get(f"/api/v1/{path}")
        return [str(one["sql"]) for one in captured.captured_queries]


def bare(statements: list[str]) -> None:
    """Run the statements and write their rows as JSON."""
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        orjson.dumps(rows, default=str)


def spread(deed: Callable[[], None]) -> tuple[float, float]:
    """Return median and 95th percentile of the deed, in milliseconds."""
    for _ in range(5):
        deed()
    times = sorted(scratch.timed(deed) * 1e3 for _ in range(ROUNDS))
    return statistics.median(times), times[int(len(times) * 0.95) - 1]


def report(name: str, client: httpx.Client, path: str, statements: list[str]) -> None:
    """Print what one of them costs."""
    mine, theirs = spread(partial(ask, client, path)), spread(partial(bare, statements))
    shown = f"{mine[0]:.1f} ms, p95 {mine[1]:.1f} ms (< {LIMITS_MS[name]})"
    yardstick = f"{theirs[0]:.1f} ms bare, {mine[0] / theirs[0]:.1f} times"
    scratch.say(f"{name}: {shown}, {len(statements)} queries; {yardstick}")


def make_measuring_site(organisation: Organisation) -> Site:
    """Make a site whose devices have told a value of each of their points."""
    site, kind = make_site(organisation), scratch.make_type(points=POINTS)
    devices = scratch.make_devices(organisation, count=MEASURING, kind=kind)
    series.place(devices, site)
    told = {"last_value": 1.5, "last_time": timezone.now(), "last_quality": 0}
    Point.objects.filter(device__in=devices).update(**told)
    return site


def main() -> None:
    """Fill three sites and print the figures."""
    with scratch.database():
        world = World()
        tree, graph = world.add(count=SPACES), world.add(count=DEVICES)
        state = make_measuring_site(world.organisation)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE twin_node, twin_space, devices_asset, devices_device")
            cursor.execute("VACUUM ANALYZE devices_point, devices_placement")
        measured = f"devices/?site={state.pk}&limit=500&expand=state"
        paths = {
            "tree": f"sites/{tree.pk}/tree/",
            "graph": f"sites/{graph.pk}/graph/",
            "state": f"{measured}&fields=id,state",
            "bodies and state": measured,
        }
        application = make_application(world.organisation)
        token = make_access_token(application)
        inside = APIClient(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"})
        with serving(application) as client:
            for name, path in paths.items():
                report(name, client, path, statements_of(inside, path))


if __name__ == "__main__":
    main()
