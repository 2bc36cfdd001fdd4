"""What the past costs: reads with ``?at=`` beside those of now, and the move of a large subtree.

``python -m tests.benchmarks.history [spaces]``: makes that many spaces (100,000 unless given) in
buildings of 5,000, each with three versions beside the one of now, and drops all of it afterwards.
"""

import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Organisation
from accounts.principals import Principal
from config.lib.past import as_of, journey
from tests import factories
from tests.benchmarks import scratch
from tests.twin import factories as twin
from twin.models import Site, Space
from twin.selectors.trees import tree_of
from twin.services.spaces import change_space

SPACES, PER_SITE, PER_FLOOR = 100_000, 5_000, 100
ROUNDS, RATIO_LIMIT, MOVE_LIMIT_MS, MOVED = 30, 3.0, 150.0, 500
THEN = datetime(2025, 2, 15, tzinfo=UTC)
# A building has wings of five floors (the subtrees that are moved) of a hundred rooms each.
SPACES_SQL = """
    CREATE TEMPORARY TABLE made AS
    SELECT next_id() AS id, NULL::uuid AS parent, NULL::text AS above, 'wing' AS kind, n
    FROM generate_series(1, %(wings)s) n;
    INSERT INTO made SELECT next_id(), id, replace(id::text, '-', ''), 'floor', f
    FROM made, generate_series(1, 5) f;
    INSERT INTO made SELECT next_id(), id, above || '.' || replace(id::text, '-', ''),
        'room', r FROM made, generate_series(1, %(rooms)s) r WHERE kind = 'floor';
    INSERT INTO twin_node (id, kind, organisation_id, site_id)
    SELECT id, 'space', %(organisation)s, %(site)s FROM made;
    INSERT INTO twin_space (id, created_at, updated_at, site_id, organisation_id, parent_id,
        position, path, kind, name, properties, template_key)
    SELECT id, '2025-01-01', '2025-01-01', %(site)s, %(organisation)s, parent, n - 1,
        (coalesce(above || '.', '') || replace(id::text, '-', ''))::ltree, kind, kind || ' ' || n,
        '{}', '' FROM made;
    DROP TABLE made;
"""
VERSION_SQL = """
    SELECT set_config('atrium.moment', %(at)s, true);
    UPDATE twin_space SET name = name || '.';
"""


def execute(sql: str, **values: Any) -> None:
    """Run the statements as one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for statement in filter(str.strip, sql.split(";")):
            cursor.execute(statement, values)
        cursor.execute("COMMIT")


def fill(organisation: Organisation, *, spaces: int) -> None:
    """Make the buildings, and let every space be renamed three times."""
    for _ in range(max(1, spaces // PER_SITE)):
        site = twin.make_site(organisation)
        Site.objects.filter(pk=site.pk).update(created_at=datetime(2025, 1, 1, tzinfo=UTC))
        wings = PER_SITE // (5 * PER_FLOOR)
        where = {"site": site.pk, "organisation": organisation.pk}
        execute(SPACES_SQL, wings=wings, rooms=PER_FLOOR - 1, **where)
    for month in (2, 3, 4):
        execute(VERSION_SQL, at=f"2025-{month:02}-01T00:00:00Z")
    execute("ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE twin_space, twin_space_version")


def compare(name: str, read: Callable[[], int], principal: Principal) -> None:
    """Print the medians of a read of now and of then, and how many times the one the other is."""

    def then() -> int:
        with journey(principal, THEN):
            return read()

    if read() != then():
        raise SystemExit(f"{name}: {read()} now, {then()} then")
    now_s, then_s = (scratch.median_s(deed, times=ROUNDS) for deed in (read, then))
    figures = f"{now_s * 1e3:.2f} ms now, {then_s * 1e3:.2f} ms then"
    scratch.say(f"{name}: {figures}, {then_s / now_s:.2f} times (< {RATIO_LIMIT})")


def page(spaces: QuerySet[Space]) -> int:
    """Read a page as the API does."""
    return len(spaces.order_by("pk")[:51])


def subtree(principal: Principal, top: Space) -> QuerySet[Space]:
    """Return a floor with its rooms as the API asks for it."""
    return Space.objects.visible_to(principal).filter(path__within=[top.path])


def report_reads(principal: Principal) -> None:
    """Compare the reads of the API."""
    visible = partial(Space.objects.visible_to, principal)
    site = Site.objects.order_by("pk")[3 % Site.objects.count()]
    floor = Space.objects.filter(site=site, kind="floor")[0]
    compare("a page of spaces", lambda: page(visible()), principal)
    compare("a page of one site", lambda: page(visible().filter(site=site)), principal)
    compare("a floor of 100", lambda: len(subtree(principal, floor)), principal)
    compare("one space", lambda: len(visible().filter(pk=floor.pk)), principal)
    compare("children", lambda: len(visible().filter(parent=floor)), principal)
    compare("the tree of a site", lambda: len(tree_of(visible().filter(site=site))), principal)
    with as_of(THEN):
        scratch.say(subtree(principal, floor).order_by("pk")[:201].explain(analyze=True))


def measure_moves() -> tuple[float, float]:
    """Return median and 95th percentile, in milliseconds, of hanging a wing of 500 in another."""
    tops = list(Space.objects.filter(kind="wing").order_by("pk")[: 2 * ROUNDS])
    times = []
    for top in tops:
        other = Space.objects.filter(site=top.site_id, kind="wing").exclude(pk=top.pk).first()
        times.append(scratch.timed(partial(change_space, top, parent=other)))
        change_space(Space.objects.get(pk=top.pk), parent=None)
    times.sort()
    return statistics.median(times) * 1e3, times[int(len(times) * 0.95) - 1] * 1e3


def report_moves() -> None:
    """Print what it takes to move subtrees."""
    median, high = measure_moves()
    shown = f"{median:.1f} ms, p95 {high:.1f} ms"
    scratch.say(f"{MOVED} spaces moved: {shown} (< {MOVE_LIMIT_MS:g} ms)")


def main(spaces: int) -> None:
    """Run the benchmark and print the figures."""
    with scratch.database():
        organisation = factories.make_organisation()
        seconds = scratch.timed(partial(fill, organisation, spaces=spaces))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM twin_space_version")
            (versions,) = cursor.fetchone()
        count = Space.objects.count()
        scratch.say(f"{count:,} spaces and {versions:,} past versions made in {seconds:.0f} s")
        report_reads(factories.make_principal(organisation))
        report_moves()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SPACES)
