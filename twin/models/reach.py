"""Reach: all that a principal's rights and consent leave open, worked out once per request.

This is the one place that decides it. Every gate and every read of series asks here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.auditing.past import moment, rows_then
from accounts.principals import Principal
from twin.choices import NodeKind, SiteRole
from twin.rights import LEVELS, Area, AreaSet, Level, Place, Right, Way, area_set

MEMO = "twin.reach"
# What a gateway's token reaches, which the app that knows gateways says.
gateway_rights: list[Callable[[Principal], Iterable[Right]]] = []
CONSENT = "consent"

# One query, whatever the principal: each part goes by an index and most find nothing. Times decide
# here; what is over grants nothing, except that a past occupancy keeps its own period's readings:
# for the person, and for applications to which they have said yes since they moved out.
ROWS_SQL = """
    SELECT 'membership', m.id, m.role, NULL::uuid, 'site', m.site_id, m.site_id, m.organisation_id,
           NULL::text, m.starts_at, m.ends_at
    FROM twin_sitemember m
    WHERE m.user_id = %(user)s AND coalesce(m.starts_at <= %(now)s, true)
      AND coalesce(m.ends_at > %(now)s, true)
    UNION ALL
    SELECT 'grant', g.id, g.role, g.party_organisation_id, n.kind, n.id, n.site_id,
           n.organisation_id, s.path::text, g.starts_at, g.ends_at
    FROM twin_grant g JOIN twin_node n ON n.id = g.node_id LEFT JOIN twin_space s ON s.id = n.id
    WHERE (g.user_id = %(user)s OR g.party_organisation_id = ANY(%(organisations)s))
      AND coalesce(g.starts_at <= %(now)s, true) AND coalesce(g.ends_at > %(now)s, true)
    UNION ALL
    SELECT 'occupancy', o.id, 'resident', NULL, 'space', o.space_id, s.site_id, s.organisation_id,
           s.path::text, lower(o.period), upper(o.period)
    FROM twin_occupancy o JOIN twin_space s ON s.id = o.space_id
    LEFT JOIN accounts_consent c ON c.id = %(consent)s
    WHERE o.user_id = %(user)s AND lower(o.period) <= %(now)s
      AND (coalesce(upper(o.period) > %(now)s, true) OR c.id IS NULL
           OR coalesce(c.confirmed_at, c.granted_at) > o.sealed_at)
    UNION ALL
    SELECT 'consent', c.id, '', NULL, n.kind, n.id, n.site_id, n.organisation_id, s.path::text,
           NULL, NULL
    FROM twin_consentnode c JOIN twin_node n ON n.id = c.node_id
    LEFT JOIN twin_space s ON s.id = n.id
    WHERE c.consent_id = %(consent)s
"""
# The same question about the past: each table stands for what it held then.
ABOUT_USER = "e.subject_id = %(user)s"
ABOUT_PARTY = "(e.subject_id IS NULL OR e.subject_id = %(user)s)"
TABLES_THEN = (
    ("twin_sitemember", "site_member", ABOUT_USER),
    ("twin_grant", "grant", ABOUT_PARTY),
    ("twin_occupancy", "occupancy", ABOUT_USER),
    ("twin_consentnode", "consent_node", ABOUT_USER),
    ("accounts_consent", "consent", ABOUT_USER),
)
THEN_SQL = "WITH " + ", ".join(
    f"{table} AS ({rows_then(table, noun=noun, about=about)})" for table, noun, about in TABLES_THEN
)


class Row(NamedTuple):
    """A row of ROWS_SQL."""

    way: str
    source: UUID
    role: str
    party: UUID | None
    kind: str
    node: UUID
    site: UUID | None
    organisation: UUID | None
    path: str | None
    since: datetime | None
    until: datetime | None

    @property
    def area(self) -> Area:
        """Return what the row's node stands for."""
        if self.kind == NodeKind.SITE:
            return Area(site=self.node)
        if self.kind == NodeKind.SPACE:
            return Area(site=self.site, space=self.node, path=self.path or "")
        return Area(site=self.site, node=self.node)


@dataclass(frozen=True, slots=True)
class Reach:
    """Rights, and the areas to which a consent cuts them (None: it cuts none)."""

    rights: tuple[Right, ...]
    cut: tuple[Area, ...] | None

    def areas(self, level: Level, *, ways: Collection[Way] = tuple(Way)) -> AreaSet:
        """Return where the principal may do this now, before the consent's cut."""
        return area_set(
            right.area
            for right in self.rights
            if right.is_current and right.level >= level and right.way in ways
        )

    @property
    def is_of_organisations(self) -> bool:
        """Say whether it is that of acting in organisations as a whole, and no other."""
        return self.cut is None and all(one.way is Way.ORGANISATION for one in self.rights)

    def sees(self, place: Place, node: UUID) -> bool:
        """Say whether what stands there is seen, as the gates say it in SQL."""
        is_covered = self.cut is None or any(area.covers(place, node) for area in self.cut)
        return is_covered and any(
            right.is_current and right.level >= Level.SEE and right.area.covers(place, node)
            for right in self.rights
        )

    def cut_areas(self) -> AreaSet | None:
        """Return the areas that the consent covers, None if it covers all."""
        return None if self.cut is None else area_set(self.cut)


def reach_of(principal: Principal) -> Reach:
    """Return what the principal reaches; one query, the first time it is asked."""
    known: Reach | None = principal.memo.get(MEMO)
    if known is None:
        known = principal.memo[MEMO] = work_out_reach(principal, at=timezone.now())
    return known


def forget_reach(principal: Principal) -> None:
    """Let the next question be answered afresh, after the principal's own rights have changed."""
    principal.memo.pop(MEMO, None)


def work_out_reach(principal: Principal, *, at: datetime, as_recorded: bool = False) -> Reach:
    """Return what the principal reaches by the rights in force at that time (one query).

    ``as_recorded`` asks for those that were on record then, also if they are gone since.
    """
    if principal.is_gateway:
        own = (right for source in gateway_rights for right in source(principal))
        return Reach(tuple(own), None)
    rows = _rows(principal, at, sql=f"{THEN_SQL}{ROWS_SQL}" if as_recorded else ROWS_SQL)
    rights = [
        *_by_role(principal),
        *(_right(row, principal, at=at) for row in rows if _is_right(row)),
    ]
    cut = [row.area for row in rows if row.way == CONSENT]
    return Reach(tuple(rights), tuple(cut) if principal.is_limited else None)


def _rows(principal: Principal, at: datetime, *, sql: str) -> list[Row]:
    values: dict[str, Any] = {
        "user": principal.user_id,
        "organisations": list(principal.organisation_roles),
        "consent": principal.consent_id,
        "now": at,
        **moment(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Row(*row) for row in cursor.fetchall()]


def _is_right(row: Row) -> bool:
    return row.way != CONSENT


def _by_role(principal: Principal) -> Iterator[Right]:
    for organisation, role in principal.organisation_roles.items():
        level = LEVELS[Way.ORGANISATION, role]
        yield Right(Way.ORGANISATION, level, Area(organisation=organisation))


def _right(row: Row, principal: Principal, *, at: datetime) -> Right:
    way = Way(row.way)
    level = _level(row, way, principal=principal)
    is_current = row.until is None or row.until > at
    return Right(way, level, row.area, row.source, row.since, row.until, is_current=is_current)


def _level(row: Row, way: Way, *, principal: Principal) -> Level:
    """Return the level of the role, as far as the caller's role in the party goes."""
    if way is Way.MEMBERSHIP and row.organisation is not None:
        return Level.NAME
    level = LEVELS[way, SiteRole.RESIDENT if way is Way.OCCUPANCY else row.role]
    if row.party is None or row.party not in principal.organisation_roles:
        return level
    return min(level, LEVELS[Way.ORGANISATION, principal.organisation_roles[row.party]])
