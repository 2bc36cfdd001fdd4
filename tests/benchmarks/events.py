"""What a page of the event log costs those who may see little of it.

``python -m tests.benchmarks.events [events]``: makes that many events (50,000 unless given) in an
occupied building of 100 flats, in a database of its own, and drops it afterwards.
"""

import sys
from collections.abc import Callable

from django.db import connection

from accounts.principals import Principal
from integrations.events import reading
from integrations.models import Cursor
from tests import factories
from tests.benchmarks import scratch
from tests.twin import factories as twin

EVENTS, FLATS, ROUNDS = 50_000, 100, 20
# One in twenty tells of a change, the others of a measurement in one of the flats.
FILL_SQL = """
    INSERT INTO integrations_event (id, type, source, subject, time, organisation, site, spaces,
        data)
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - %(count)s + n), 12, '0')
            || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 5, 15))::uuid,
        CASE WHEN n %% 20 = 0 THEN 'device.updated' ELSE 'device.state.changed' END, '', '', now(),
        %(organisation)s, %(site)s, ARRAY[%(house)s, (%(flats)s::uuid[])[1 + n %% %(size)s]], '{}'
    FROM generate_series(1, %(count)s) n
"""


def pages(principal: Principal) -> Callable[[], int]:
    """Return what reads a page from the middle of the log."""

    def read() -> int:
        principal.memo.clear()
        return len(reading.read_page(principal, after=MIDDLE[0], limit=50).events)

    return read


MIDDLE: list[Cursor | None] = [None]


def main(events: int) -> None:
    """Run the benchmark and print the figures and the plan."""
    with scratch.database():
        organisation = factories.make_organisation()
        site = twin.make_site(organisation)
        house = twin.make_space(site)
        flats = [twin.make_space(site, house) for _ in range(FLATS)]
        tenants = [factories.make_user() for _ in flats]
        for flat, tenant in zip(flats, tenants, strict=True):
            twin.make_occupancy(flat, tenant)
        values = {"count": events, "organisation": organisation.pk, "site": site.pk}
        keys = {"house": house.pk, "flats": [flat.pk for flat in flats], "size": FLATS}
        with connection.cursor() as cursor:
            cursor.execute(FILL_SQL, {**values, **keys})
            cursor.execute("ANALYZE integrations_event")
            cursor.execute(
                "SELECT xid, id FROM integrations_event ORDER BY xid, id OFFSET %s LIMIT 1",
                [events // 2],
            )
            xid, key = cursor.fetchone()
        MIDDLE[0] = Cursor(int(xid), key)
        for name, principal in (
            ("the landlord, who sees one in twenty", factories.make_principal(organisation)),
            ("one of 100 tenants", factories.make_principal(user=tenants[0])),
        ):
            read = pages(principal)
            count, median = read(), scratch.median_s(read, times=ROUNDS) * 1000
            scratch.say(f"{events:,} events, {name}: {count} events in {median:.2f} ms")
        with connection.cursor() as cursor:
            asked = {"organisations": [organisation.pk], "sites": [site.pk]}
            place = {"xid": xid, "id": key, "most": reading.LOOKED_THROUGH}
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {reading.NEXT_SQL}", {**asked, **place})
            for (line,) in cursor.fetchall():
                scratch.say(line)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else EVENTS)
