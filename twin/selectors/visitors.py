"""Everybody who sees a node: the rules of reach, asked from the other end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from accounts.auditing.past import CURRENT, find_then
from accounts.choices import ApplicationKind, GrantType, OrganisationRole
from accounts.explain import Party, Path
from accounts.models import Application, B2BUser, User
from twin.choices import NodeKind, SiteRole
from twin.models import Grant, Occupancy, SiteMember
from twin.rights import LEVELS, Level, Way
from twin.selectors.places import Standing

Row = TypeVar("Row", bound=Model)
Found = Iterator[tuple[User, Path, UUID | None]]
OF_SITE = "e.site_id = %(site)s"
# A right on a node that stands in no site, such as an asset or a device in store.
ANYWHERE = "e.site_id IS NULL"
# A right on the node or above it; of a site, any part tells of it.
ON = "(r.{column} = ANY(%(nodes)s) OR r.site_id = %(whole)s)"


def parties_of(standing: Standing, *, at: datetime) -> Iterator[Party]:
    """Return everybody who saw the node at that time, one entry for each reason.

    Twelve queries at most, whatever the number of people.
    """
    then = _Then(standing, at)
    found: Iterable[Found] = (
        _by_role(then),
        _by_membership(then),
        _by_grant(then),
        _by_occupancy(then),
    )
    for reasons in found:
        for user, path, organisation in reasons:
            if user.is_active:
                yield Party(path, user.pk, None, organisation, user.name, user.email)
    yield from _applications(standing)


@dataclass(frozen=True, slots=True)
class _Then:
    """Rows of access about a node, as they stood at a time."""

    standing: Standing
    at: datetime

    def rows(self, model: type[Row], noun: str, where: str) -> list[Row]:
        """Return the rows of the node's site for which the condition holds."""
        place, node = self.standing.place, self.standing.node
        values = {
            "site": place.site,
            "nodes": [node, *place.spaces, *([place.site] if place.site else [])],
            "whole": node if self.standing.kind == NodeKind.SITE else None,
        }
        about = OF_SITE if place.site else ANYWHERE
        return find_then(model, noun=noun, about=about, where=where, at=self.at, values=values)

    def people_of(self, organisations: Iterable[UUID]) -> list[B2BUser]:
        """Return who acted in the organisations."""
        wanted = list(organisations)
        if not wanted:
            return []
        return find_then(
            B2BUser,
            noun="b2b_user",
            about="e.organisation_id = ANY(%(organisations)s)",
            where=f"r.organisation_id = ANY(%(organisations)s) AND {CURRENT}",
            at=self.at,
            values={"organisations": wanted},
        )


def _path(way: Way, level: Level, *, on: UUID | None, row: Any) -> Path:
    return Path(way, level.name.lower(), on, row.pk, row.starts_at, row.ends_at)


def _by_role(then: _Then) -> Found:
    home = then.standing.place.organisation
    for row in then.people_of([home] if home else []):
        level = LEVELS[Way.ORGANISATION, OrganisationRole(row.role)]
        yield row.user, _path(Way.ORGANISATION, level, on=home, row=row), home


def _by_membership(then: _Then) -> Found:
    is_site = then.standing.kind == NodeKind.SITE
    for row in then.rows(SiteMember, "site_member", f"r.site_id = %(site)s AND {CURRENT}"):
        is_home = row.organisation_id is None
        level = LEVELS[Way.MEMBERSHIP, SiteRole(row.role)] if is_home else Level.NAME
        if level > Level.NAME or is_site:
            yield row.user, _path(Way.MEMBERSHIP, level, on=row.site_id, row=row), None


def _by_grant(then: _Then) -> Found:
    grants = then.rows(Grant, "grant", f"{ON.format(column='node_id')} AND {CURRENT}")
    parties = {grant.party_organisation_id for grant in grants if grant.party_organisation_id}
    people = then.people_of(parties)
    for grant in grants:
        level = LEVELS[Way.GRANT, grant.role]
        if grant.user is not None:
            yield grant.user, _path(Way.GRANT, level, on=grant.node_id, row=grant), None
        for row in people:
            if row.organisation_id == grant.party_organisation_id:
                own = min(level, LEVELS[Way.ORGANISATION, OrganisationRole(row.role)])
                yield (
                    row.user,
                    _path(Way.GRANT, own, on=grant.node_id, row=grant),
                    row.organisation_id,
                )


def _by_occupancy(then: _Then) -> Found:
    where = f"{ON.format(column='space_id')} AND r.period @> %(at)s::timestamptz"
    for row in then.rows(Occupancy, "occupancy", where):
        level = LEVELS[Way.OCCUPANCY, SiteRole.RESIDENT]
        yield row.user, _path(Way.OCCUPANCY, level, on=row.space_id, row=row), None


def _applications(standing: Standing) -> Iterator[Party]:
    """Return the applications that act for the organisation by themselves."""
    home = standing.place.organisation
    rows = Application.objects.filter(
        organisation=home or UUID(int=0),
        grant_types__contains=[GrantType.CLIENT_CREDENTIALS],
        kind=ApplicationKind.CLIENT,
    )
    for row in rows.order_by("pk"):
        path = Path(Way.ORGANISATION, Level.MANAGE.name.lower(), home)
        yield Party(path, None, row.pk, home, row.name)
