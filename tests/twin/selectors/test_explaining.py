"""What is explained is what the gates do: compared on constellations drawn by chance."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.choices import OrganisationRole
from accounts.explain import Subject, Verdict, explain, registry
from accounts.models import B2BUser, User
from accounts.principals import Principal
from accounts.scopes import SCOPES
from tests import factories as people
from tests.twin import factories
from twin.choices import GrantRole, NodeKind, SiteRole
from twin.models import Node, Site, SiteMember, Space
from twin.rights import Level
from twin.selectors.explaining import NodeExplainer

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAYS = st.sampled_from([(-9, -1), (-9, 9), (1, 9), (None, None)])
SITES, SPACES, PEOPLE = range(2), range(4), range(3)
RIGHT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["role", "member", "grant", "party", "occupancy"]),
        "who": st.sampled_from(PEOPLE),
        "site": st.sampled_from(SITES),
        "space": st.sampled_from([None, *SPACES]),
        "role": st.integers(0, 3),
        "days": DAYS,
    }
)
LEVELS = {"devices:read": Level.SEE, "devices:control": Level.CONTROL, "sites:write": Level.CHANGE}


def moment(days: int | None) -> Any:
    return None if days is None else NOW + timedelta(days=days)


class Constellation:
    """A building and a home, each with a small tree and a device, and people with some rights."""

    def __init__(self, rights: list[dict[str, Any]]) -> None:
        self.organisation = people.make_organisation()
        self.installers = people.make_organisation()
        self.people = [people.make_user() for _ in PEOPLE]
        self.sites = [factories.make_site(self.organisation), factories.make_site()]
        self.spaces = [self._tree(site) for site in self.sites]
        for site in self.sites:
            factories.make_node(site, NodeKind.DEVICE)
        for right in rights:
            with transaction.atomic():
                self._give(**right)

    @staticmethod
    def _tree(site: Site) -> list[Space]:
        house = factories.make_space(site)
        flat = factories.make_space(site, house)
        return [house, flat, factories.make_space(site, flat), factories.make_space(site, house)]

    def _give(
        self, *, kind: str, who: int, site: int, space: int | None, role: int, days: Any
    ) -> None:
        user, place = self.people[who], self.sites[site]
        on = place if space is None else self.spaces[site][space]
        since, until = (moment(day) for day in days)
        times = {"starts_at": since, "ends_at": until}
        match kind:
            case "role" | "party":
                organisation = self.organisation if kind == "role" else self.installers
                if not B2BUser.objects.filter(user=user, organisation=organisation).exists():
                    rank = ("viewer", "operator", "admin", "owner")[role]
                    organisation.b2b_users.create(user=user, role=rank, **times)
                if kind == "party":
                    factories.make_grant(on, organisation, role=GrantRole.values[role % 2])
            case "member":
                if not SiteMember.objects.filter(user=user, site=place).exists():
                    rank = SiteRole.values[role % 3]
                    factories.make_site_member(place, user, role=rank, **times)
            case "grant":
                factories.make_grant(on, user, role=GrantRole.values[role % 2], **times)
            case "occupancy" if isinstance(on, Space) and not on.occupancies.filter(user=user):
                since = since or NOW - timedelta(days=9)
                factories.make_occupancy(on, user, since=since, until=until)


def principal_of(user: User) -> Principal:
    rows = B2BUser.objects.current().filter(user=user)
    roles = {row.organisation_id: OrganisationRole(row.role) for row in rows}
    return Principal(frozenset(SCOPES), user.pk, organisation_roles=roles)


def verdict_on(user: User, node: Node, scope: str) -> Verdict:
    return explain(
        Subject(user.pk),
        explainer=NodeExplainer(),
        thing=node.pk,
        scope=scope,
        at=timezone.now(),
    )


def gate_says(principal: Principal, node: Node, scope: str) -> bool:
    """Say what the gate says that an API call would pass."""
    if scope == "sites:read":
        return Site.objects.visible_to(principal).filter(pk=node.pk).exists()
    nodes = Node.objects.all()
    return nodes.filter(nodes.reached(principal, LEVELS[scope]), pk=node.pk).exists()


QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(rights=st.lists(RIGHT, max_size=7), who=st.sampled_from(PEOPLE))
def test_explanation_agrees_with_the_gates_for_any_constellation(
    rights: list[dict[str, Any]], who: int
) -> None:
    with transaction.atomic():
        user = Constellation(rights).people[who]
        for node, scope in product(Node.objects.all(), (*LEVELS, "sites:read")):
            if scope == "sites:read" and node.kind != NodeKind.SITE:
                continue
            verdict = verdict_on(user, node, scope)
            assert verdict.allowed == gate_says(principal_of(user), node, scope)
            assert verdict.allowed == bool(verdict.paths)
            assert verdict.allowed != bool(verdict.missing)
        transaction.set_rollback(True)


@QUICK
@given(rights=st.lists(RIGHT, max_size=7))
def test_who_sees_a_node_are_exactly_those_whom_the_gate_lets_see_it(
    rights: list[dict[str, Any]],
) -> None:
    with transaction.atomic():
        world = Constellation(rights)
        for node in Node.objects.all():
            parties = NodeExplainer().who(node.pk, at=timezone.now())
            scope = "sites:read" if node.kind == NodeKind.SITE else "devices:read"
            seeing = {u.pk for u in world.people if gate_says(principal_of(u), node, scope)}
            assert {party.user for party in parties if party.user} == seeing
        transaction.set_rollback(True)


def test_nodes_are_explained_by_twin() -> None:
    assert any(isinstance(explainer, NodeExplainer) for explainer in registry.explainers)
