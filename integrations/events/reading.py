"""Read the log for somebody: what they may see of it, page by page, from any cursor on.

Whoever passes events on (REST, streams, webhooks, MQTT) reads here, so that all are cut alike.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts.principals import Principal
from integrations.models import Cursor, Event
from twin.models.reach import reach_of
from twin.rights import Area, Level, area_set

# How many events one page looks through. Those that the reader may not see are passed over here, in
# the order of an index, so that a page costs the same however few of them are left.
LOOKED_THROUGH = 1_000
START = Cursor(0, UUID(int=0))
NEXT_SQL = """
SELECT found.xid, found.id FROM (
    SELECT e.xid, e.id FROM unnest(%(organisations)s::uuid[]) whose CROSS JOIN LATERAL (
        SELECT xid, id FROM integrations_event
        WHERE organisation = whose AND (xid, id) > (%(xid)s::xid8, %(id)s::uuid)
          AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, id LIMIT %(most)s) e
    UNION
    SELECT e.xid, e.id FROM unnest(%(sites)s::uuid[]) place CROSS JOIN LATERAL (
        SELECT xid, id FROM integrations_event
        WHERE site = place AND (xid, id) > (%(xid)s::xid8, %(id)s::uuid)
          AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, id LIMIT %(most)s) e
) found ORDER BY found.xid, found.id LIMIT %(most)s
"""


class Page(NamedTuple):
    """Events in their order; ``reached`` is how far the log was read for them, ``has_more`` whether
    there may be more behind. A page may hold fewer than asked for, or none, and still have more.
    """

    events: Sequence[Event]
    reached: Cursor | None
    has_more: bool


def read_page(
    principal: Principal, *, after: Cursor | None, limit: int, kind: str | None = None
) -> Page:
    """Return the next events behind the cursor that the principal may see, of one type if given.

    Two queries and the reach; go on at ``reached``, which also passes what was not to be seen.
    """
    next_ones = _look(principal, after or START)
    visible = Event.objects.visible_to(principal).filter(id__any=[one.id for one in next_ones])
    if kind:
        visible = visible.filter(type=kind)
    found = list(visible.order_by("xid", "pk")[: limit + 1])
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].cursor, has_more=True)
    reached = next_ones[-1] if next_ones else after
    return Page(found, reached, has_more=len(next_ones) == LOOKED_THROUGH)


def _look(principal: Principal, after: Cursor) -> list[Cursor]:
    """Return the places in the log of the next events that are somewhere in the caller's reach."""
    reach = reach_of(principal)
    areas: Sequence[Area] = [one.area for one in reach.rights] if reach.cut is None else reach.cut
    where = area_set(areas)
    whole = reach.areas(Level.SEE).organisations if reach.cut is None else ()
    values: dict[str, Any] = {
        "organisations": list(whole),
        "sites": list(where.touched_sites),
        "xid": str(after.xid),
        "id": after.id,
        "most": LOOKED_THROUGH,
    }
    with connection.cursor() as cursor:
        cursor.execute(NEXT_SQL, values)
        return [Cursor(int(xid), key) for xid, key in cursor.fetchall()]
