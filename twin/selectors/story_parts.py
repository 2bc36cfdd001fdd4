"""Which part of a site's story somebody reads: of what they see, from when they could see it.

The rules are those of ``?at=``: a right that rests on living somewhere opens nothing from before
moving in, and a device is told of while it stood in reach. Source: docs/access.md, "The past".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.principals import Principal
from config.lib.ids import first_id_at
from twin.models import Node, Site
from twin.models.gates import NodeQuerySet
from twin.models.reach import Reach, reach_of
from twin.rights import KEEPERS, AreaSet, Level, Way, area_set

LASTING = tuple(way for way in Way if way is not Way.OCCUPANCY)
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
GONE_SQL = """
SELECT DISTINCT v.id FROM twin_space_version v WHERE v.site_id = ANY(%s) AND v.path <@ %s::ltree[]
AND NOT EXISTS (SELECT FROM twin_space s WHERE s.id = v.id)
"""
# Where things stood, from when until when; the row itself is the last of them.
STAYS_SQL = """
SELECT id, space_id, valid_from, valid_until FROM {table}_version WHERE id = ANY(%(ids)s)
UNION ALL
SELECT id, space_id, (SELECT max(v.valid_until) FROM {table}_version v WHERE v.id = t.id), NULL
FROM {table} t WHERE id = ANY(%(ids)s)
"""
_placed_tables: list[str] = []


class Stay(NamedTuple):
    """A thing is told of from one key of changes until before another."""

    id: UUID
    since: UUID = FIRST
    until: UUID = LAST


@dataclass(frozen=True, slots=True)
class StoryPart:
    """What is told: ``always`` of these, of the others while they stay."""

    always: frozenset[UUID] = frozenset()
    stays: Sequence[Stay] = field(default_factory=list)

    @property
    def known(self) -> frozenset[str]:
        """Return the ids of all that is told of."""
        return frozenset(str(key) for key in {*self.always, *(stay.id for stay in self.stays)})


def register_placed_table(table: str) -> None:
    """Let things of another app be told of while they stood in reach, by their ``space_id``."""
    if table not in _placed_tables:
        _placed_tables.append(table)


def sees_whole(site: Site, principal: Principal) -> bool:
    """Say whether a right keeps the whole site, and the consent covers it."""
    return _covers(site, reach_of(principal), ways=KEEPERS)


def part_for(site: Site, principal: Principal) -> StoryPart | None:
    """Return what the caller may be told of the site; None is all of it.

    Five queries and four for each flat that they live in, however much there is.
    """
    reach = reach_of(principal)
    if _covers(site, reach, ways=KEEPERS):
        return None
    nodes = Node.objects.filter(site=site)
    lasting = reach.areas(Level.SEE, ways=LASTING)
    seen = _seen(
        nodes.filter(nodes.reached(principal, Level.SEE, ways=LASTING)), reach, areas=lasting
    )
    if _covers(site, reach, ways=LASTING):
        return StoryPart(frozenset(seen))
    named = seen & {*lasting.nodes}
    part = _told(seen - named, since=None)
    always, stays = {*part.always, *named}, [*part.stays]
    for right in reach.rights:
        if right.way is Way.OCCUPANCY and right.is_current and right.area.site == site.pk:
            home = area_set([right.area])
            inside = nodes.filter(nodes.inside(home), _within_cut(nodes, reach))
            stays += _told(_seen(inside, reach, areas=home) - always, since=right.since).stays
    return StoryPart(frozenset(always), stays)


def _seen(nodes: NodeQuerySet, reach: Reach, *, areas: AreaSet) -> set[UUID]:
    """Return the nodes, and the spaces of the areas that have gone since."""
    return {*nodes.values_list("pk", flat=True), *_gone(reach, areas)}


def _within_cut(nodes: NodeQuerySet, reach: Reach) -> Q:
    cut = reach.cut_areas()
    return Q() if cut is None else nodes.inside(cut)


def _gone(reach: Reach, areas: AreaSet) -> set[UUID]:
    """Return the spaces that stood in the areas, and in what the consent covers, once."""
    paths, cut = [*areas.paths], reach.cut_areas()
    if cut is not None and not {*areas.partial_sites} <= {*cut.sites}:
        paths = [path for path in paths if _is_covered(path, cut.paths)]
    with connection.cursor() as cursor:
        cursor.execute(GONE_SQL, [list(areas.partial_sites), paths])
        return {row[0] for row in cursor.fetchall()}


def _is_covered(path: str, tops: Sequence[str]) -> bool:
    above = path.split(".")
    return any(top.split(".") == above[: top.count(".") + 1] for top in tops)


def _told(seen: set[UUID], *, since: datetime | None) -> StoryPart:
    """Return when the seen are told of: spaces from that time on, things as long as they stood
    in one of the spaces too.
    """
    bottom = first_id_at(since) if since else FIRST
    stays, placed = [], set()
    for key, space, came, went in _stood(seen):
        placed.add(key)
        if space in seen:
            came_at = first_id_at(came) if came else FIRST
            stays.append(Stay(key, max(bottom, came_at), first_id_at(went) if went else LAST))
    if since is None:
        return StoryPart(frozenset(seen - placed), stays)
    return StoryPart(stays=[*stays, *(Stay(key, bottom) for key in seen - placed)])


def _stood(keys: set[UUID]) -> Iterator[tuple[Any, ...]]:
    union = " UNION ALL ".join(STAYS_SQL.format(table=table) for table in _placed_tables)
    if not union:
        return
    with connection.cursor() as cursor:
        cursor.execute(union, {"ids": list(keys)})
        yield from cursor.fetchall()


def _covers(site: Site, reach: Reach, *, ways: Iterable[Way]) -> bool:
    """Say whether a right of these ways covers the whole site, and the consent does."""
    sites = Site.objects.filter(pk=site.pk)
    found = sites.filter(sites.inside(reach.areas(Level.SEE, ways=tuple(ways))))
    cut = reach.cut_areas()
    return found.exists() if cut is None else found.filter(sites.inside(cut)).exists()
