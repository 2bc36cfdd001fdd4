"""Merging and splitting: what moves along, what is refused, and that nobody's access widens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from config.lib.errors import InvalidInput
from tests import factories
from tests.twin.factories import (
    make_grant,
    make_limited_principal,
    make_occupancy,
    make_relationship,
    make_site,
    make_space,
    make_version,
    make_view,
)
from twin.errors import AccessWouldWiden, SpaceOccupied
from twin.models import Grant, Relationship, Space, View, ViewMember
from twin.services.applying import apply_plan
from twin.services.reshaping_plans import plan_merge
from twin.services.space_merging import merge_spaces, split_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Space:
    return make_space(make_site(factories.make_organisation()), kind="floor")


@pytest.fixture
def flats(floor: Space) -> tuple[Space, Space]:
    one, other = (
        make_space(floor.site, floor, kind="flat", name=name) for name in ("Flat 1", "Flat 2")
    )
    return one, other


Flats = tuple[Space, Space]


def names(parent: Space) -> list[str]:
    return list(Space.objects.filter(parent=parent).in_order().values_list("name", flat=True))


class TestMerging:
    """One space goes up in another."""

    def test_children_follow_those_that_are_there(self, flats: Flats) -> None:
        one, other = flats
        for flat in flats:
            make_space(flat.site, make_space(flat.site, flat, name=f"Hall of {flat}"), name="Niche")

        merge_spaces(one, into=other)

        assert names(other) == ["Hall of Flat 2", "Hall of Flat 1"]
        assert not Space.objects.filter(pk=one.pk).exists()
        assert Space.objects.within(Space.objects.get(pk=other.pk)).count() == 5

    def test_a_space_can_go_up_in_the_one_it_stands_in(self, flats: Flats) -> None:
        inner = make_space(flats[0].site, flats[0], kind="flat", name="Studio")
        make_space(inner.site, inner, name="Bath")

        merge_spaces(inner, into=flats[0])

        assert names(flats[0]) == ["Bath"]

    def test_edges_name_the_space_that_stays_once(self, flats: Flats, floor: Space) -> None:
        one, other = flats
        make_relationship(floor, one, kind="feeds")
        make_relationship(floor, other, kind="feeds")
        make_relationship(one, floor, kind="drains")
        make_relationship(one, other, kind="adjoins")

        merge_spaces(one, into=other)

        edges = set(Relationship.objects.values_list("kind", "source", "target"))
        assert edges == {("feeds", floor.pk, other.pk), ("drains", other.pk, floor.pk)}

    def test_views_hold_the_space_that_stays_once(self, flats: Flats) -> None:
        one, other = flats
        both, first = make_view(one.site, *flats), make_view(one.site, one)
        ruled = make_view(one.site, rule={"inside": {"spaces": [str(one.pk)]}})

        merge_spaces(one, into=other)

        members = set(ViewMember.objects.values_list("view", "node"))
        assert members == {(both.pk, other.pk), (first.pk, other.pk)}
        rule = View.objects.get(pk=ruled.pk).rule
        assert rule == {"inside": {"spaces": [str(other.pk)]}}

    def test_grants_on_the_space_that_goes_end_with_it(self, flats: Flats, dora: User) -> None:
        make_grant(flats[0], dora)

        merge_spaces(flats[0], into=flats[1])

        assert not Grant.objects.exists()
        assert not Space.objects.visible_to(factories.make_principal(user=dora)).exists()

    def test_rights_to_what_holds_both_stay(self, flats: Flats, floor: Space, dora: User) -> None:
        make_grant(floor, dora)
        make_occupancy(floor, dora)

        merge_spaces(flats[0], into=flats[1])

        assert Space.objects.visible_to(factories.make_principal(user=dora)).count() == 2

    def test_a_grant_on_the_space_that_stays_would_widen(self, flats: Flats, dora: User) -> None:
        make_grant(flats[1], dora)

        with pytest.raises(AccessWouldWiden) as refused:
            merge_spaces(flats[0], into=flats[1])

        assert refused.value.data == {"rights": 1}

    def test_people_in_the_space_that_stays_would_see_more(self, flats: Flats, dora: User) -> None:
        make_occupancy(flats[1], dora)

        with pytest.raises(AccessWouldWiden):
            merge_spaces(flats[0], into=flats[1])

    @pytest.mark.parametrize("is_planned", [False, True])
    def test_a_consent_to_the_space_that_stays_keeps_what_stood_there(
        self, flats: Flats, floor: Space, dora: User, is_planned: bool
    ) -> None:
        make_grant(floor, dora)
        _, own = (make_space(flat.site, flat) for flat in flats)
        inner = make_space(own.site, own)
        app = make_limited_principal(factories.make_principal(user=dora), flats[1])

        if is_planned:
            apply_plan(plan_merge(floor.site, flats[0].pk, into=flats[1].pk))
        else:
            merge_spaces(flats[0], into=flats[1])

        assert set(Space.objects.visible_to(replace(app, memo={}))) == {own, inner}

    def test_what_is_over_stands_in_nobodys_way(self, flats: Flats, dora: User) -> None:
        yesterday = timezone.now() - timedelta(days=1)
        make_grant(flats[1], dora, ends_at=yesterday)
        make_occupancy(flats[1], dora, until=yesterday)

        merge_spaces(flats[0], into=flats[1])

    def test_people_in_the_space_that_goes_are_not_overrun(self, flats: Flats, dora: User) -> None:
        make_occupancy(flats[0], dora)

        with pytest.raises(SpaceOccupied) as refused:
            merge_spaces(flats[0], into=flats[1])

        assert refused.value.data == {"devices": 0, "people": 1}

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ("itself", "same-space"),
            ("below", "inside-itself"),
            ("kind", "other-kind"),
            ("site", "other-site"),
        ],
    )
    def test_what_cannot_be_one_is_refused(
        self, flats: Flats, floor: Space, wrong: str, code: str
    ) -> None:
        targets = {
            "itself": flats[0],
            "below": make_space(floor.site, flats[0], kind="flat"),
            "kind": floor,
            "site": make_space(make_site(floor.organisation), kind="flat"),
        }

        with pytest.raises(InvalidInput) as refused:
            merge_spaces(flats[0], into=targets[wrong])

        assert [(f.pointer, f.code) for f in refused.value.findings] == [("#/into", code)]


class TestSplitting:
    """One space becomes two."""

    def test_the_new_one_stands_behind_with_what_was_named(self, flats: Flats) -> None:
        one, _ = flats
        hall, bath, attic = (make_space(one.site, one, name=name) for name in "HBA")
        make_space(one.site, bath, name="Shower")

        made = split_space(one, name="Flat 1b", children=[attic.pk, bath.pk])

        assert (made.kind, names(one.parent or one)) == ("flat", ["Flat 1", "Flat 1b", "Flat 2"])
        assert (names(one), names(made)) == (["H"], ["A", "B"])
        assert Space.objects.within(made).count() == 4
        assert hall.name in names(one)

    def test_rights_to_the_space_do_not_open_the_new_one(self, flats: Flats, dora: User) -> None:
        make_grant(flats[0], dora)

        made = split_space(flats[0], name="Half")

        seen = Space.objects.visible_to(factories.make_principal(user=dora))
        assert not seen.filter(pk=made.pk).exists()

    def test_what_stands_elsewhere_is_refused_at_its_place(self, flats: Flats) -> None:
        inside = make_space(flats[0].site, flats[0])

        with pytest.raises(InvalidInput) as refused:
            split_space(flats[0], name="Half", children=[inside.pk, flats[1].pk])

        assert [finding.pointer for finding in refused.value.findings] == ["#/children/1"]
        assert Space.objects.filter(name="Half").count() == 0


def test_a_merge_keeps_to_what_the_template_lets_stand_there() -> None:
    site = make_site(None, template_version=make_version())  # A garage holds at most 9 decks.
    one, other = make_space(site, kind="garage"), make_space(site, kind="garage")
    for place, count in ((one, 5), (other, 5)):
        for _ in range(count):
            make_space(site, place, kind="deck")

    with pytest.raises(InvalidInput) as refused:
        merge_spaces(one, into=other)

    assert refused.value.findings[0].code == "cardinality"
    assert Space.objects.filter(parent=one).count() == 5


def test_a_split_keeps_to_what_the_template_lets_stand_there() -> None:
    site = make_site(None, template_version=make_version())
    garage = make_space(site, kind="garage")
    decks = [make_space(site, garage, kind="deck") for _ in range(9)]

    with pytest.raises(InvalidInput) as refused:
        split_space(decks[0], name="Tenth")

    assert refused.value.findings[0].code == "cardinality"
