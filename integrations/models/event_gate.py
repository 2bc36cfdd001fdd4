"""Who sees which event: the rules of series, asked of a log instead of a device.

An event belongs to the place where its subject stood at its time. Source: docs/access.md, "Events".
"""

from datetime import datetime
from typing import Any, Final, Self

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import BooleanField, F, Q
from django.db.models.expressions import RawSQL

from accounts.choices import Resolution
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from integrations.choices import ACCESS_EVENTS, ALARM_EVENTS, MEASURED_EVENTS
from twin.models.gates import NOTHING
from twin.models.reach import Reach, reach_of
from twin.rights import KEEPERS, AreaSet, Level, Right, Way, area_set

# From when until when the event tells of: its own moment, unless it is of a batch of readings.
TOLD = "coalesce(integrations_event.about, tstzrange(time, time, '[]'))"
# Somebody lived there then; or nobody knows any more, since the place has gone.
CLOSED_SQL = """EXISTS (
    SELECT 1 FROM twin_occupancy o WHERE o.space_id = ANY(integrations_event.spaces)
    AND tstzrange(lower(o.period), coalesce(o.closed_until, upper(o.period))) && TOLD
) OR EXISTS (
    SELECT 1 FROM unnest(integrations_event.spaces) gone
    WHERE NOT EXISTS (SELECT 1 FROM twin_space s WHERE s.id = gone)
)""".replace("TOLD", TOLD)
# The site has shown everything of occupied flats ever since.
OPENED_SQL = """EXISTS (
    SELECT 1 FROM twin_site t WHERE t.id = integrations_event.site AND t.occupied_view = 'raw'
    AND NOT EXISTS (SELECT 1 FROM twin_policychange c
        WHERE c.site_id = t.id AND c.before <> 'raw' AND c.at > lower(TOLD))
)""".replace("TOLD", TOLD)


MEASURED: Final = Q(type__in=MEASURED_EVENTS) | Q(
    type__in=ALARM_EVENTS, data__contains={"is_measured": True}
)


def _told() -> Any:
    return RawSQL(TOLD, (), output_field=DateTimeRangeField())  # noqa: S611 (no value in it)


def _is(sql: str) -> Q:
    return Q(RawSQL(sql, (), output_field=BooleanField()))  # noqa: S611 (no value in it)


class EventGate(TenantQuerySet):
    """The gate of events; its conditions name the table, so it is asked of the log itself."""

    def visible_to(self, principal: Principal) -> Self:
        """Return the events of what the caller sees, as far as series of then are open to them."""
        reach = reach_of(principal)
        visible = self._by_lasting_rights(reach) | self._of_sites(reach)
        for right in reach.rights:
            if right.way is Way.OCCUPANCY:
                visible |= self._at_home(right)
        return self.alias(told=_told()).filter(visible, self._consented(reach, principal))

    def inside(self, areas: AreaSet) -> Q:
        """Return the condition that the subject is in one of the areas, or stood there."""
        condition = Q(organisation__in=areas.organisations) | Q(site__in=areas.sites)
        condition |= Q(node__in=(*areas.nodes, *areas.gateways))
        return condition | Q(spaces__overlap=list(areas.spaces)) if areas.spaces else condition

    def _by_lasting_rights(self, reach: Reach) -> Q:
        """Return what organisation, home and grants open: of occupied flats, no measurement."""
        kept = self.inside(reach.areas(Level.SEE, ways=KEEPERS))
        granted = self.inside(reach.areas(Level.SEE, ways={Way.GRANT, Way.GATEWAY}))
        seen = kept | (granted & ~Q(type__in=ACCESS_EVENTS))
        is_known = Q(spaces__isnull=False) | Q(site__isnull=True)
        is_open = is_known & ~_is(CLOSED_SQL) | _is(OPENED_SQL)
        return seen & (~MEASURED | is_open)

    def _at_home(self, right: Right) -> Q:
        """Return what an occupancy opens: all of the flat that tells of its own period."""
        return Q(
            spaces__overlap=[right.area.space],
            told__contained_by=_period(right.since, right.until),
        )

    def _of_sites(self, reach: Reach) -> Q:
        """Return the events of the site itself, for those who know it by name; for an occupant,
        those of their own time.
        """
        lasting = area_set(one.area for one in reach.rights if one.way is not Way.OCCUPANCY)
        news = Q(site__in=lasting.touched_sites)
        for right in reach.rights:
            if right.way is Way.OCCUPANCY:
                period = _period(right.since, right.until)
                news |= Q(site=right.area.site, told__contained_by=period)
        return Q(node=F("site")) & news

    def _consented(self, reach: Reach, principal: Principal) -> Q:
        """Return what the consent leaves: its places, its past, and measurements if it is fine
        enough to show each.
        """
        condition, cut, terms = Q(), reach.cut_areas(), principal.terms
        if cut is not None:
            condition &= self.inside(cut) | Q(node=F("site"), site__in=cut.touched_sites)
        if terms and terms.history_from:
            condition &= Q(told__startswith__gte=terms.history_from)
        if terms and terms.resolution != Resolution.RAW:
            condition &= ~MEASURED
        return condition

    def changeable_by(self, principal: Principal, **_: Any) -> Self:
        """Return nothing: what has happened stays."""
        return self.filter(NOTHING)


def _period(since: datetime | None, until: datetime | None) -> DateTimeTZRange:
    return DateTimeTZRange(since, until)
