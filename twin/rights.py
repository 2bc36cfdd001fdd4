"""The words of access: levels, areas and rights, and the table of what each role may do.

docs/access.md shows the same table to people. Nothing here asks the database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from accounts.choices import OrganisationRole
from twin.choices import GrantRole, SiteRole


class Level(IntEnum):
    """What a right lets its holder do; each level includes those below."""

    NAME = 1  # know the site, nothing of its inside
    SEE = 2  # see what is there and read its series
    CONTROL = 3  # operate devices
    CHANGE = 4  # change the building and its devices, see people in and out of flats
    MANAGE = 5  # give and take access


class Way(StrEnum):
    """How somebody came by a right."""

    ORGANISATION = "organisation"
    MEMBERSHIP = "membership"
    GRANT = "grant"
    OCCUPANCY = "occupancy"
    GATEWAY = "gateway"


# By a grant or an occupancy one sees a place, not who else has access to it, and deletes nothing.
KEEPERS: Final = (Way.ORGANISATION, Way.MEMBERSHIP)

LEVELS: Final[Mapping[tuple[Way, str], Level]] = MappingProxyType(
    {
        (Way.ORGANISATION, OrganisationRole.VIEWER): Level.SEE,
        (Way.ORGANISATION, OrganisationRole.OPERATOR): Level.CHANGE,
        (Way.ORGANISATION, OrganisationRole.ADMIN): Level.MANAGE,
        (Way.ORGANISATION, OrganisationRole.OWNER): Level.MANAGE,
        # Of a private home. At a site of an organisation a membership tells the name alone.
        (Way.MEMBERSHIP, SiteRole.GUEST): Level.SEE,
        (Way.MEMBERSHIP, SiteRole.RESIDENT): Level.CONTROL,
        (Way.MEMBERSHIP, SiteRole.OWNER): Level.MANAGE,
        (Way.GRANT, GrantRole.VIEWER): Level.SEE,
        (Way.GRANT, GrantRole.OPERATOR): Level.CHANGE,
        (Way.OCCUPANCY, SiteRole.RESIDENT): Level.CONTROL,
    }
)
NEEDED: Final[Mapping[OrganisationRole, Level]] = MappingProxyType(
    {
        OrganisationRole.VIEWER: Level.SEE,
        OrganisationRole.OPERATOR: Level.CHANGE,
        OrganisationRole.ADMIN: Level.MANAGE,
        OrganisationRole.OWNER: Level.MANAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands: its organisation, site, and the spaces from the root to its own; and
    the gateway that it is behind.
    """

    organisation: UUID | None = None
    site: UUID | None = None
    spaces: frozenset[UUID] = frozenset()
    gateway: UUID | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the graph: an organisation's all, a site, a subtree of spaces, one node, or a
    gateway with the devices behind it.

    At most one of ``organisation``, ``space``, ``node`` and ``gateway`` is given, none for a site.
    ``path`` is the space's, as the database writes it.
    """

    organisation: UUID | None = None
    site: UUID | None = None
    space: UUID | None = None
    path: str = ""
    node: UUID | None = None
    gateway: UUID | None = None

    def covers(self, place: Place, node: UUID | None = None) -> bool:
        """Say whether a thing that stands there (or is that node) is in the area."""
        if self.organisation is not None:
            return place.organisation == self.organisation
        if self.node is not None:
            return node == self.node
        if self.space is not None:
            return self.space in place.spaces
        if self.gateway is not None:
            return self.gateway in {node, place.gateway}
        return self.site is not None and place.site == self.site


@dataclass(frozen=True, slots=True)
class Right:
    """One reason why somebody may do something: how they came by it, what, where and from when
    until when. An occupancy opens the readings of that time alone.

    ``source`` is the row that says so: membership, grant or occupancy.
    """

    way: Way
    level: Level
    area: Area
    source: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class AreaSet:
    """Areas sorted by kind, as queries ask for them."""

    organisations: tuple[UUID, ...] = ()
    sites: tuple[UUID, ...] = ()
    # The sites that hold the subtrees: found by index before any path is compared.
    partial_sites: tuple[UUID, ...] = ()
    paths: tuple[str, ...] = ()
    spaces: tuple[UUID, ...] = ()
    nodes: tuple[UUID, ...] = ()
    # The sites that hold the single nodes.
    node_sites: tuple[UUID, ...] = ()
    gateways: tuple[UUID, ...] = ()

    @property
    def touched_sites(self) -> tuple[UUID, ...]:
        """Return the sites of which the areas hold anything."""
        return tuple({*self.sites, *self.partial_sites, *self.node_sites})


def area_set(areas: Iterable[Area]) -> AreaSet:
    """Sort areas by kind."""
    found = set(areas)
    subtrees = [area for area in found if area.space]
    nodes = [area for area in found if area.node]
    parts = {*subtrees, *nodes, *(area for area in found if area.organisation or area.gateway)}
    whole = found - parts
    return AreaSet(
        organisations=tuple(area.organisation for area in found if area.organisation),
        sites=tuple(area.site for area in whole if area.site),
        partial_sites=tuple({area.site for area in subtrees if area.site}),
        paths=tuple(area.path for area in subtrees),
        spaces=tuple(area.space for area in subtrees if area.space),
        nodes=tuple(area.node for area in nodes if area.node),
        node_sites=tuple({area.site for area in nodes if area.site}),
        gateways=tuple(area.gateway for area in found if area.gateway),
    )
