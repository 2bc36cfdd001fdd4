"""Subtrees, views and moves in a large database, beside the same in one of a tenth of its size.

``python -m tests.benchmarks.scale [small] [large]``: thousands of spaces, and as many devices, in
the two states of one database, 100 and 1,000 unless given. A view of 100 and a floor of 100 are
listed over HTTP; a wing of 500 spaces in a building of 5,000 is hung in another and back.
"""

import statistics
import sys
from collections.abc import Callable
from functools import partial

import httpx

from tests.benchmarks import history, scratch
from tests.benchmarks.server import serving
from tests.benchmarks.views import RARE, ROUNDS, World
from tests.factories import make_application
from tests.twin import factories as twin

LIMITS_MS = {"subtree of 100": 50, "view of 100 by rule": 50, "move of 500": 150}
RATIO_LIMIT = 2.0
Figures = dict[str, tuple[float, float]]


def ask(client: httpx.Client, path: str) -> None:
    """List a page of about 100."""
    response = client.get(path, params={"limit": RARE})
    if len(response.json()["results"]) < RARE * 0.9:
        raise SystemExit(response.text[:500])


def spread(deed: Callable[[], None]) -> tuple[float, float]:
    """Return median and 95th percentile of the deed, in milliseconds."""
    for _ in range(5):
        deed()
    times = sorted(scratch.timed(deed) * 1e3 for _ in range(ROUNDS))
    return statistics.median(times), times[int(len(times) * 0.95) - 1]


def measure(client: httpx.Client, paths: dict[str, str]) -> Figures:
    """Return the figures of the database as it stands."""
    found = {name: spread(partial(ask, client, path)) for name, path in paths.items()}
    return {**found, "move of 500": history.measure_moves()}


def main(small: int, large: int) -> None:
    """Fill, measure, fill on, measure again, and print the figures."""
    with scratch.database():
        world = World()
        where = {"site": twin.make_site(world.organisation).pk}
        size = {"wings": 10, "rooms": history.PER_FLOOR - 1}
        history.execute(history.SPACES_SQL, organisation=world.organisation.pk, **where, **size)
        with serving(make_application(world.organisation)) as client:
            world.grow(small)
            view = world.view({"categories": ["scarce"]})
            paths = {
                "subtree of 100": f"spaces/?within={world.floor()}",
                "view of 100 by rule": f"views/{view.pk}/devices/",
            }
            before = measure(client, paths)
            world.grow(large)
            after = measure(client, paths)
    scratch.say(f"{small},000 spaces and devices → {large},000")
    for name, limit in LIMITS_MS.items():
        (was, was_high), (median, high) = before[name], after[name]
        figures = f"{was:.1f} → {median:.1f} ms, p95 {was_high:.1f} → {high:.1f} ms (< {limit})"
        scratch.say(f"{name}: {figures}, ratio {median / was:.2f} (< {RATIO_LIMIT})")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:3]] or [100, 1_000]
    main(numbers[0], numbers[-1])
