"""Many spaces at once: the rules of one, with a constant number of statements."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organisation
from config.lib.errors import InvalidInput
from tests.twin import factories
from twin.models import Site, Space
from twin.services.sites import build_site
from twin.services.space_creation import SpaceDraft, create_space, create_spaces

Counted = Callable[..., Any]


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return factories.make_site(organisation)


def room(site: Site, name: str, parent: Space | None = None) -> SpaceDraft:
    return SpaceDraft(site, "room", name, parent=parent)


def names(site: Site, parent: Space | None = None) -> list[str]:
    found = Space.objects.filter(site=site, parent=parent).in_order()
    return list(found.values_list("name", flat=True))


def test_spaces_stand_in_the_order_given_behind_those_there(site: Site) -> None:
    create_space(site=site, kind="room", name="First")

    create_spaces([room(site, "Second"), room(site, "Third")])

    assert names(site) == ["First", "Second", "Third"]


def test_paths_lead_from_the_root(site: Site) -> None:
    house = create_space(site=site, kind="house", name="House")

    (hall,) = create_spaces([room(site, "Hall", house)])

    assert list(Space.objects.within(house).order_by("path")) == [house, hall]


def test_several_sites_are_filled_at_once(site: Site, organisation: Organisation) -> None:
    other = factories.make_site(organisation)

    create_spaces([room(site, "Here"), room(other, "There"), room(site, "Here too")])

    assert names(site) == ["Here", "Here too"]
    assert names(other) == ["There"]


def test_statements_do_not_grow_with_the_spaces(
    site: Site, django_assert_max_num_queries: Counted
) -> None:
    house = create_space(site=site, kind="house", name="House")
    drafts = [room(site, f"Room {number}", house) for number in range(50)]

    with django_assert_max_num_queries(8):
        create_spaces(drafts)


def test_parent_of_another_site_refuses_all(site: Site, organisation: Organisation) -> None:
    elsewhere = create_space(site=factories.make_site(organisation), kind="house", name="House")

    with pytest.raises(InvalidInput):
        create_spaces([room(site, "Hall"), room(site, "Loft", elsewhere)])

    assert names(site) == []


def test_batch_itself_counts_towards_the_cardinality(
    shipped: None, organisation: Organisation
) -> None:
    site, _ = build_site(
        organisation=organisation.pk,
        name="Les Tilleuls",
        template="collective-housing@1",
        parameters={"floors": 1, "flats_per_floor": 1},
    )
    building = Space.objects.get(site=site, kind="building")
    most = [SpaceDraft(site, "exterior", f"Yard {number}", parent=building) for number in range(11)]

    with pytest.raises(InvalidInput) as refused:
        create_spaces(most)

    assert refused.value.findings[0].code == "cardinality"


def test_nothing_asked_is_nothing_done(db: None) -> None:
    assert create_spaces([]) == []
