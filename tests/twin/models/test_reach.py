"""Partial rights: grants, occupancies and consents open a part of a building and nothing beside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from accounts.principals import Principal
from tests.factories import make_member, make_organisation, make_principal
from tests.twin import factories
from twin.choices import GrantRole, NodeKind
from twin.models import Grant, Node, Occupancy, Relationship, Site, SiteMember, Space, View

pytestmark = pytest.mark.django_db
PAST = datetime(2021, 1, 1, tzinfo=UTC)


class Block:
    """A building with two flats of one room each, an edge inside and one between the flats."""

    def __init__(self, organisation: Organisation) -> None:
        self.site = factories.make_site(organisation)
        self.house = factories.make_space(self.site, name="House")
        self.flat = factories.make_space(self.site, self.house, name="Flat 1")
        self.room = factories.make_space(self.site, self.flat, name="Room 1")
        self.other = factories.make_space(self.site, self.house, name="Flat 2")
        factories.make_space(self.site, self.other, name="Room 2")
        self.inner = factories.make_relationship(self.room, self.flat)
        factories.make_relationship(self.flat, self.other)
        factories.make_view(self.site, self.flat, self.other)


@pytest.fixture
def block(organisation: Organisation) -> Block:
    return Block(organisation)


def spaces(principal: Principal) -> set[str]:
    return set(Space.objects.visible_to(principal).values_list("name", flat=True))


def test_occupant_sees_the_flat_and_the_site_by_name(block: Block, dora: User) -> None:
    factories.make_occupancy(block.flat, dora)

    principal = make_principal(user=dora)

    assert spaces(principal) == {"Flat 1", "Room 1"}
    assert list(Site.objects.visible_to(principal)) == [block.site]
    assert list(Relationship.objects.visible_to(principal)) == [block.inner]
    assert set(Node.objects.visible_to(principal).values_list("pk", flat=True)) == {
        block.flat.pk,
        block.room.pk,
    }
    assert not View.objects.visible_to(principal).exists()


def test_occupant_operates_but_changes_nothing(block: Block, dora: User) -> None:
    factories.make_occupancy(block.flat, dora)

    principal = make_principal(user=dora)

    assert Space.objects.all().controllable_by(principal).count() == 2
    assert not Space.objects.changeable_by(principal).exists()
    assert not Site.objects.changeable_by(principal).exists()


def test_past_occupant_sees_only_that_they_were(block: Block, dora: User) -> None:
    factories.make_occupancy(block.flat, dora, until=PAST)

    principal = make_principal(user=dora)

    assert spaces(principal) == set()
    assert not Site.objects.visible_to(principal).exists()
    assert Occupancy.objects.visible_to(principal).count() == 1


def test_coming_occupant_sees_nothing_yet(block: Block, dora: User) -> None:
    factories.make_occupancy(block.flat, dora, since=timezone.now() + timedelta(days=1))

    assert spaces(make_principal(user=dora)) == set()


def test_grant_is_inherited_down_the_tree(block: Block, charlie: User) -> None:
    factories.make_grant(block.house, charlie)

    assert spaces(make_principal(user=charlie)) == {
        "House",
        "Flat 1",
        "Room 1",
        "Flat 2",
        "Room 2",
    }
    assert not Space.objects.changeable_by(make_principal(user=charlie)).exists()


def test_grant_on_a_site_opens_the_whole_site(block: Block, charlie: User) -> None:
    factories.make_grant(block.site, charlie, role=GrantRole.OPERATOR)

    principal = make_principal(user=charlie)

    assert View.objects.visible_to(principal).exists()
    assert Site.objects.changeable_by(principal).exists()


def test_grant_on_one_node_opens_that_node(block: Block, charlie: User) -> None:
    meter = factories.make_node(block.site, NodeKind.DEVICE)
    factories.make_grant(meter, charlie)

    principal = make_principal(user=charlie)

    assert list(Node.objects.visible_to(principal)) == [meter]
    assert list(Site.objects.visible_to(principal)) == [block.site]


@pytest.mark.parametrize("days", [(-2, -1), (1, 2)])
def test_grant_opens_nothing_outside_its_time(
    block: Block, charlie: User, days: tuple[int, int]
) -> None:
    starts_at, ends_at = (timezone.now() + timedelta(days=day) for day in days)
    factories.make_grant(block.house, charlie, starts_at=starts_at, ends_at=ends_at)

    assert spaces(make_principal(user=charlie)) == set()


def test_grant_to_an_organisation_gives_no_more_than_the_role_there(block: Block) -> None:
    installers = make_organisation()
    factories.make_grant(block.flat, installers, role=GrantRole.OPERATOR)
    viewer = make_principal(installers, role="viewer")
    operator = make_principal(installers, role="operator")

    assert spaces(viewer) == spaces(operator) == {"Flat 1", "Room 1"}
    assert not Space.objects.changeable_by(viewer).exists()
    assert Space.objects.changeable_by(operator).count() == 2


def test_revoked_grant_opens_nothing_on_the_next_request(block: Block, charlie: User) -> None:
    grant = factories.make_grant(block.house, charlie)
    assert spaces(make_principal(user=charlie))

    grant.delete()

    assert spaces(make_principal(user=charlie)) == set()


def test_moved_flat_leaves_the_grant_of_the_old_staircase(block: Block, charlie: User) -> None:
    factories.make_grant(block.other, charlie)
    block.room.path = [*block.other.path, block.room.pk.hex]
    block.room.parent = block.other
    block.room.save()

    assert spaces(make_principal(user=charlie)) == {"Flat 2", "Room 2", "Room 1"}


def test_access_lists_are_for_keepers_and_for_whom_they_are_about(
    block: Block, organisation: Organisation, dora: User, charlie: User
) -> None:
    factories.make_occupancy(block.flat, dora)
    factories.make_grant(block.site, charlie)
    factories.make_site_member(block.site, dora)
    nouns = (Occupancy, Grant, SiteMember)

    def seen(principal: Principal) -> list[bool]:
        return [noun.objects.visible_to(principal).exists() for noun in nouns]

    assert seen(make_principal(organisation, role="viewer")) == [True, True, True]
    assert seen(make_principal(user=dora)) == [True, False, True]
    assert seen(make_principal(user=charlie)) == [False, True, False]
    assert seen(Principal()) == [False, False, False]


class TestConsentCut:
    """A limited consent covers what was chosen, as far as its user has a right to it."""

    def test_landlords_app_sees_the_chosen_flat_alone(
        self, block: Block, organisation: Organisation
    ) -> None:
        user = make_member(organisation, role="owner")
        whole = make_principal(organisation, role="owner", user=user)

        principal = factories.make_limited_principal(whole, block.flat)

        assert spaces(principal) == {"Flat 1", "Room 1"}
        assert list(Site.objects.visible_to(principal)) == [block.site]
        assert not View.objects.visible_to(principal).exists()
        assert not Site.objects.changeable_by(principal).exists()
        assert not principal.organisations()

    def test_one_of_two_homes_is_one_home(self, dora: User) -> None:
        home, cabin = factories.make_home(dora), factories.make_home(dora, name="Cabin")
        factories.make_space(home, name="Kitchen")
        factories.make_space(cabin, name="Porch")

        principal = factories.make_limited_principal(make_principal(user=dora), home)

        assert list(Site.objects.visible_to(principal)) == [home]
        assert spaces(principal) == {"Kitchen"}

    def test_chosen_node_without_a_right_opens_nothing(self, block: Block, dora: User) -> None:
        principal = factories.make_limited_principal(make_principal(user=dora), block.site)

        assert spaces(principal) == set()
        assert not Site.objects.visible_to(principal).exists()

    def test_consent_whose_nodes_are_gone_covers_nothing(self, dora: User) -> None:
        home = factories.make_home(dora)
        factories.make_space(home)
        principal = factories.make_limited_principal(make_principal(user=dora), home)
        Node.objects.filter(pk=home.pk).delete()
        factories.make_home(dora)

        assert not Site.objects.visible_to(replace(principal, memo={})).exists()


def test_reach_takes_one_query_for_any_number_of_gates(
    block: Block, dora: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    factories.make_occupancy(block.flat, dora)
    principal = make_principal(user=dora)

    with django_assert_num_queries(4):
        for noun in (Site, Space, Relationship):
            list(noun.objects.visible_to(principal))
