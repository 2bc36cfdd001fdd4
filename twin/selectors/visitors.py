"""Everybody who sees a node: the rules of reach, asked from the other end."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.choices import GrantType, OrganisationRole
from accounts.explain import Party, Path
from accounts.models import Application, B2BUser, User
from twin.choices import NodeKind, SiteRole
from twin.models import Grant, Occupancy, SiteMember
from twin.rights import LEVELS, Level, Way
from twin.selectors.places import Standing

Found = Iterator[tuple[User, Path, UUID | None]]


def parties_of(standing: Standing, *, at: datetime) -> Iterator[Party]:
    """Return everybody who sees the node at that time, one entry for each reason.

    Six queries at most, whatever the number of people.
    """
    found: Iterable[Found] = (
        _by_role(standing, at),
        _by_membership(standing, at),
        _by_grant(standing, at),
        _by_occupancy(standing, at),
    )
    for reasons in found:
        for user, path, organisation in reasons:
            if user.is_active:
                yield Party(path, user.pk, None, organisation, user.name, user.email)
    yield from _applications(standing)


def _people_of(organisations: Iterable[UUID], at: datetime) -> Iterable[B2BUser]:
    rows = B2BUser.objects.current(at).filter(organisation__in=organisations)
    return rows.select_related("user").order_by("pk")


def _path(way: Way, level: Level, on: UUID | None, source: UUID) -> Path:
    return Path(way, level.name.lower(), on, source)


def _by_role(standing: Standing, at: datetime) -> Found:
    home = standing.place.organisation
    for row in _people_of([home] if home else [], at):
        level = LEVELS[Way.ORGANISATION, OrganisationRole(row.role)]
        yield row.user, _path(Way.ORGANISATION, level, home, row.pk), home


def _by_membership(standing: Standing, at: datetime) -> Found:
    rows = SiteMember.objects.current(at).filter(site=standing.place.site or UUID(int=0))
    for row in rows.select_related("user").order_by("pk"):
        is_home = row.organisation_id is None
        level = LEVELS[Way.MEMBERSHIP, SiteRole(row.role)] if is_home else Level.NAME
        if level > Level.NAME or standing.kind == NodeKind.SITE:
            yield row.user, _path(Way.MEMBERSHIP, level, row.site_id, row.pk), None


def _is_on(standing: Standing, field: str) -> Q:
    """Return the condition that a row's node covers this one; of a site, any part tells of it."""
    place = standing.place
    nodes = {standing.node, *place.spaces, *([place.site] if place.site else [])}
    condition = Q(**{f"{field}__in": nodes})
    return condition | Q(site=standing.node) if standing.kind == NodeKind.SITE else condition


def _by_grant(standing: Standing, at: datetime) -> Found:
    rows = Grant.objects.current(at).filter(_is_on(standing, "node"))
    grants = list(rows.select_related("user").order_by("pk"))
    parties = {grant.party_organisation_id for grant in grants if grant.party_organisation_id}
    people = list(_people_of(parties, at))
    for grant in grants:
        level = LEVELS[Way.GRANT, grant.role]
        if grant.user is not None:
            yield grant.user, _path(Way.GRANT, level, grant.node_id, grant.pk), None
        for row in people:
            if row.organisation_id == grant.party_organisation_id:
                own = min(level, LEVELS[Way.ORGANISATION, OrganisationRole(row.role)])
                path = _path(Way.GRANT, own, grant.node_id, grant.pk)
                yield row.user, path, row.organisation_id


def _by_occupancy(standing: Standing, at: datetime) -> Found:
    rows = Occupancy.objects.current(at).filter(_is_on(standing, "space"))
    for row in rows.select_related("user").order_by("pk"):
        level = LEVELS[Way.OCCUPANCY, SiteRole.RESIDENT]
        path = Path(
            Way.OCCUPANCY, level.name.lower(), row.space_id, row.pk, row.starts_at, row.ends_at
        )
        yield row.user, path, None


def _applications(standing: Standing) -> Iterator[Party]:
    """Return the applications that act for the organisation by themselves."""
    home = standing.place.organisation
    rows = Application.objects.filter(
        organisation=home or UUID(int=0), grant_types__contains=[GrantType.CLIENT_CREDENTIALS]
    )
    for row in rows.order_by("pk"):
        path = Path(Way.ORGANISATION, Level.MANAGE.name.lower(), home)
        yield Party(path, None, row.pk, home, row.name)
