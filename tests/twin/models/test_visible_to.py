"""The gates: who sees and who may change sites and what is in them."""

from datetime import UTC, datetime

import pytest

from accounts.models import Organisation, User
from accounts.principals import Principal
from tests.factories import make_organisation, make_principal
from tests.twin import factories
from twin.choices import SiteRole
from twin.models import Relationship, Site, SiteMember, Space, TopologyTemplate, View

pytestmark = pytest.mark.django_db
NOUNS = (Site, Space, View, Relationship, SiteMember)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def furnish(site: Site) -> None:
    """Put a space, a view and an edge into the site."""
    room, hall = factories.make_space(site), factories.make_space(site)
    factories.make_view(site, room)
    factories.make_relationship(room, hall)


def seen(principal: Principal) -> set[str]:
    """Return the names of the nouns of which the principal sees anything."""
    return {noun.__name__ for noun in NOUNS if noun.objects.visible_to(principal).exists()}


def test_organisation_sees_its_sites_and_their_inside(organisation: Organisation) -> None:
    furnish(factories.make_site(organisation))

    assert seen(make_principal(organisation)) == {"Site", "Space", "View", "Relationship"}


def test_stranger_sees_nothing(organisation: Organisation, dora: User) -> None:
    furnish(factories.make_site(organisation))
    furnish(factories.make_home(dora))

    assert seen(make_principal(make_organisation())) == set()
    assert seen(Principal()) == set()


def test_resident_of_a_block_sees_the_site_but_no_neighbour(
    organisation: Organisation, dora: User
) -> None:
    site = factories.make_site(organisation)
    furnish(site)
    factories.make_site_member(site, dora)

    assert seen(make_principal(user=dora)) == {"Site", "SiteMember"}


@pytest.mark.parametrize("role", SiteRole.values)
def test_member_of_a_private_home_sees_it_whole(role: str, dora: User) -> None:
    home = factories.make_site()
    factories.make_site_member(home, dora, role=role)
    furnish(home)

    assert seen(make_principal(user=dora)) == {noun.__name__ for noun in NOUNS}


def test_past_member_sees_nothing_but_that_they_were(dora: User) -> None:
    home = factories.make_site()
    factories.make_site_member(home, dora, ends_at=LONG_AGO)
    furnish(home)

    assert seen(make_principal(user=dora)) == {"SiteMember"}


def test_site_is_listed_once_for_a_member_who_also_works_there(
    organisation: Organisation, dora: User
) -> None:
    site = factories.make_site(organisation)
    factories.make_site_member(site, dora)

    principal = make_principal(organisation, user=dora)

    assert Site.objects.visible_to(principal).count() == 1


@pytest.mark.parametrize(
    ("role", "allowed"), [("viewer", False), ("operator", True), ("owner", True)]
)
def test_role_decides_who_changes(organisation: Organisation, role: str, allowed: bool) -> None:
    furnish(factories.make_site(organisation))
    principal = make_principal(organisation, role=role)

    changeable = [noun.objects.changeable_by(principal).exists() for noun in (Site, Space, View)]

    assert changeable == [allowed] * 3


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(SiteRole.OWNER, True), (SiteRole.RESIDENT, False), (SiteRole.GUEST, False)],
)
def test_only_the_owner_changes_a_home(dora: User, role: SiteRole, allowed: bool) -> None:
    home = factories.make_site()
    factories.make_site_member(home, dora, role=role)
    furnish(home)
    principal = make_principal(user=dora)

    changeable = [noun.objects.changeable_by(principal).exists() for noun in (Site, Space, View)]

    assert changeable == [allowed] * 3


def test_owning_a_flat_does_not_change_the_block(organisation: Organisation, dora: User) -> None:
    site = factories.make_site(organisation)
    factories.make_site_member(site, dora, role=SiteRole.OWNER)

    assert not Site.objects.changeable_by(make_principal(user=dora)).exists()


def test_shipped_templates_are_seen_by_all_and_changed_by_none(organisation: Organisation) -> None:
    factories.make_version()
    own = factories.make_version(organisation, key="our-park").template
    elsewhere = make_principal(make_organisation())
    templates = TopologyTemplate.objects

    assert {one.key for one in templates.visible_to(elsewhere)} == {"car-park"}
    assert list(templates.changeable_by(make_principal(organisation))) == [own]
    assert not templates.changeable_by(elsewhere).exists()
