"""Buildings of 10,000 spaces over HTTP, and subtrees of 100 in databases of 10,000 to 1,000,000.

``python -m tests.benchmarks.topology [sites]``: builds that many sites (100 unless given) with
about 10,000 spaces each, over HTTP, and lists subtrees as a client does.
"""

import statistics
import sys
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
from django.db import connection
from django.db.models import QuerySet

from tests.benchmarks import scratch
from tests.benchmarks.server import serving
from tests.factories import make_application, make_organisation
from twin.models import Space
from twin.services.catalogue import load_shipped_templates

SITES = 100
BODY: dict[str, Any] = {
    "name": "Tower",
    "template": "collective-housing@1",
    "parameters": {"floors": 100, "flats_per_floor": 20, "rooms_per_flat": 4},
}
BUILD_LIMIT_S, RATIO_LIMIT = 2.0, 2.0
ROUNDS = 60


def build(client: httpx.Client) -> str:
    """Build one site and return its id."""
    response = client.post("sites/", json=BODY)
    if response.status_code != HTTPStatus.CREATED:
        raise SystemExit(response.text)
    return str(response.json()["id"])


def fill(client: httpx.Client, *, sites: int) -> float:
    """Build sites until there are so many; return the median time of one."""
    times = [scratch.timed(lambda: build(client)) for _ in range(sites)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE twin_space, twin_node, twin_site")
    return statistics.median(times)


def floors(*, count: int) -> list[UUID]:
    """Return floors spread over the whole database."""
    every = Space.objects.filter(kind="floor").order_by("name", "pk")
    keys = list(every.values_list("pk", flat=True))
    step = max(1, len(keys) // count)
    return keys[::step][:count]


def read_subtrees(client: httpx.Client) -> tuple[float, float]:
    """Return the median and the 95th percentile of listing a floor with its 100 spaces."""
    keys = floors(count=ROUNDS)
    for key in keys[:5]:
        read(client, key)
    times = sorted(scratch.timed(partial(read, client, key)) for key in keys)
    return statistics.median(times), times[int(len(times) * 0.95) - 1]


def read(client: httpx.Client, key: UUID) -> None:
    """List one subtree."""
    response = client.get("spaces/", params={"within": str(key), "limit": 200})
    if len(response.json()["results"]) != 101:
        raise SystemExit(response.text[:500])


def subtree(key: UUID) -> QuerySet[Space]:
    """Return the page of a subtree as the API asks for it."""
    floor = Space.objects.get(pk=key)
    inside = Space.objects.filter(organisation__in=[floor.organisation_id]).within(floor)
    return inside.order_by("pk")[:201]


def query_ms() -> float:
    """Return the median time that the database itself needs for a subtree."""
    plans = (subtree(key).explain(analyze=True) for key in floors(count=ROUNDS))
    return statistics.median(float(plan.split("Execution Time: ")[1][:-3]) for plan in plans)


def main(sites: int) -> None:
    """Run the benchmark and print the figures."""
    with scratch.database():
        load_shipped_templates()
        app = make_application(make_organisation())
        with serving(app) as client:
            built = fill(client, sites=3)
            spaces = Space.objects.count() // 3
            scratch.say(
                f"building of {spaces:,} spaces over HTTP: {built:.2f} s (< {BUILD_LIMIT_S} s)"
            )
            small = measure(client)
            fill(client, sites=sites - 3)
            large = measure(client)
            scratch.say(f"ratio over HTTP: {large / small:.2f} (< {RATIO_LIMIT})")
            scratch.say(subtree(floors(count=2)[1]).explain(analyze=True))


def measure(client: httpx.Client) -> float:
    """Print how subtrees fare in the database as it stands; return the median over HTTP."""
    count, (median, high) = Space.objects.count(), read_subtrees(client)
    over_http = f"{median * 1e3:.1f} ms, p95 {high * 1e3:.1f} ms over HTTP"
    scratch.say(f"subtree of 101 in {count:,}: {over_http}, {query_ms():.2f} ms in the database")
    return median


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SITES)
