"""Why somebody may do something to a node, and who may: answered from reach and the gates."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from accounts.choices import OrganisationRole
from accounts.explain import Missing, Party, Path, Verdict
from accounts.principals import Principal
from twin.choices import NodeKind
from twin.models import Node, Site
from twin.models.reach import MEMO, Reach, work_out_reach
from twin.rights import Area, Level, Right
from twin.selectors.places import Standing, standing_of
from twin.selectors.visitors import parties_of

# What the last word of a scope asks of a right; giving access needs the highest.
NEEDED_BY_VERB = {"read": Level.SEE, "control": Level.CONTROL, "write": Level.CHANGE}
NEEDED_BY_SCOPE = {"members:write": Level.MANAGE}
GRANTABLE = {Level.SEE: "viewer", Level.CONTROL: "operator", Level.CHANGE: "operator"}
WAYS_TO_MANAGE = "Only an admin of the organisation or the owner of the home may do this."


def needed_level(scope: str, standing: Standing) -> Level:
    """Return the level that a deed of that scope asks for; a site's name is the least."""
    if scope == "sites:read" and standing.kind == NodeKind.SITE:
        return Level.NAME
    return NEEDED_BY_SCOPE.get(scope, NEEDED_BY_VERB.get(scope.rpartition(":")[2], Level.SEE))


def covers(area: Area, standing: Standing, level: Level) -> bool:
    """Say whether the node is in the area; a site's name is known by any part of it."""
    if level is Level.NAME and area.site == standing.node:
        return True
    return area.covers(standing.place, standing.node)


class NodeExplainer:
    """Explains everything that is a node: sites, spaces, views, gateways, devices, assets."""

    def is_administered(self, principal: Principal, thing: UUID) -> bool:
        """Say whether the caller may give and take access to the node."""
        mine = Node.objects.changeable_by(principal, at_least=OrganisationRole.ADMIN)
        return bool(mine.filter(pk=thing).exists())

    def explain(self, principal: Principal, *, thing: UUID, scope: str, at: datetime) -> Verdict:
        """Ask the gate itself, as of that time, and name the rights that open it."""
        standing = standing_of(thing)
        level = needed_level(scope, standing)
        reach = principal.memo[MEMO] = work_out_reach(principal, at=at)
        covering = [
            right
            for right in reach.rights
            if right.is_current and covers(right.area, standing, level)
        ]
        enough = [right for right in covering if right.level >= level]
        allowed = self._passes(principal, thing, level=level)
        missing = () if allowed else tuple(_missing(reach, covering, enough, standing, level))
        return Verdict(allowed, tuple(path_of(right) for right in enough), missing)

    def who(self, thing: UUID, *, at: datetime) -> Iterator[Party]:
        """Return everybody who sees the node at that time."""
        yield from parties_of(standing_of(thing), at=at)

    @staticmethod
    def _passes(principal: Principal, thing: UUID, *, level: Level) -> bool:
        if level is Level.NAME:
            return bool(Site.objects.visible_to(principal).filter(pk=thing).exists())
        nodes = Node.objects.all()
        return bool(nodes.filter(nodes.reached(principal, level), pk=thing).exists())


def path_of(right: Right) -> Path:
    """Return a right as an explanation shows it."""
    area = right.area
    on = area.organisation or area.node or area.space or area.site
    level = right.level.name.lower()
    return Path(right.way, level, on, right.source, right.since, right.until)


def _missing(
    reach: Reach, covering: list[Right], enough: list[Right], standing: Standing, level: Level
) -> Iterator[Missing]:
    if not enough and covering:
        best = max(covering, key=lambda right: right.level)
        has, needs = best.level.name.lower(), level.name.lower()
        text = f"By {best.way} they may {has} here, but this needs the right to {needs}."
        yield Missing("role", needs, text, path_of(best).on)
    elif not enough:
        yield _missing_grant(standing, level)
    if reach.cut is not None and not any(covers(area, standing, level) for area in reach.cut):
        text = "The user's consent to this application does not cover this."
        yield Missing("consent-node", standing.kind, text, standing.nearest)


def _missing_grant(standing: Standing, level: Level) -> Missing:
    if level is Level.MANAGE:
        return Missing("role", "manage", WAYS_TO_MANAGE, standing.place.organisation)
    role = GRANTABLE.get(level, "viewer")
    text = f"Nothing leads here. The nearest that would: a grant as {role} on this node."
    return Missing("grant", role, text, standing.nearest)
