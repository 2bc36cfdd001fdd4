"""Why somebody may do something to a node, and who may: answered from reach and the gates."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from accounts.choices import OrganisationRole
from accounts.explain import Limit, Missing, Party, Path, Verdict
from accounts.principals import Principal
from twin.choices import NodeKind, OccupiedView
from twin.models import Node, Occupancy, PolicyChange, Site
from twin.models.reach import MEMO, Reach, work_out_reach
from twin.rights import Area, Level, Right, Way
from twin.selectors.places import Standing, standing_of
from twin.selectors.visitors import parties_of

# What the last word of a scope asks of a right; giving access needs the highest.
NEEDED_BY_VERB = {"read": Level.SEE, "control": Level.CONTROL, "write": Level.CHANGE}
NEEDED_BY_SCOPE = {"members:write": Level.MANAGE}
GRANTABLE = {Level.SEE: "viewer", Level.CONTROL: "operator", Level.CHANGE: "operator"}
# A gateway records readings of what is behind it, though it may change nothing there.
RECORDING = "readings:write"
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
        if principal.is_gateway and scope == RECORDING:
            level = Level.SEE
        reach = principal.memo[MEMO] = work_out_reach(principal, at=at, as_recorded=True)
        covering = [
            right
            for right in reach.rights
            if right.is_current and covers(right.area, standing, level)
        ]
        enough = [right for right in covering if right.level >= level]
        allowed = self._passes(principal, thing, level=level)
        missing = (
            ()
            if allowed
            else tuple(_missing(reach, covering, enough=enough, standing=standing, level=level))
        )
        limits = tuple(limits_of(standing, reach=reach, principal=principal, at=at))
        return Verdict(allowed, tuple(path_of(right) for right in enough), missing, limits)

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
    on = area.organisation or area.node or area.gateway or area.space or area.site
    level = right.level.name.lower()
    return Path(right.way, level, on, right.source, right.since, right.until)


def limits_of(
    standing: Standing, *, reach: Reach, principal: Principal, at: datetime
) -> Iterator[Limit]:
    """Return what leaves less of the node's series: the consent; the policy of an occupied flat.

    The policy binds all but those who live in the flat. Two queries.
    """
    terms = principal.terms
    if terms is not None and principal.is_cut:
        nodes = None if reach.cut is None else tuple(_chosen(area) for area in reach.cut)
        yield Limit("consent", terms.resolution, terms.history_from, terms.id, nodes)
    view = occupied_view_at(standing, at)
    is_at_home = any(
        right.way is Way.OCCUPANCY and right.is_current and covers(right.area, standing, Level.SEE)
        for right in reach.rights
    )
    if view is not None and not is_at_home:
        yield Limit("policy", view, given_by=standing.place.site)


def _chosen(area: Area) -> UUID:
    """Return the node that a consent was limited to."""
    return area.node or area.space or area.site or UUID(int=0)


def occupied_view_at(standing: Standing, at: datetime) -> str | None:
    """Return what the site's policy left of an occupied flat at a time; None if none lived there.

    Of a moment counts the tightest of all that was in force since.
    """
    spaces = list(standing.place.spaces)
    if not Occupancy.objects.filter(space__in=spaces, period__contains=at).exists():
        return None
    since = PolicyChange.objects.filter(site=standing.place.site, at__gt=at)
    views = {view for pair in since.values_list("before", "after") for view in pair}
    views.add(Site.objects.values_list("occupied_view", flat=True).get(pk=standing.place.site))
    return max(map(OccupiedView, views), key=lambda view: view.tightness).value


def _missing(
    reach: Reach, covering: list[Right], *, enough: list[Right], standing: Standing, level: Level
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
