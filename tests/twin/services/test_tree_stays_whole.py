"""Whatever is done to a tree, in any order and at once, it stays the tree that was asked for."""

from collections.abc import Callable
from itertools import combinations
from uuid import UUID

import pytest
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib.errors import InvalidInput
from tests.factories import make_organisation
from tests.twin.factories import make_site
from tests.twin.trees import NaiveTree, assert_whole, outline_of, together
from twin.errors import SpaceGone
from twin.models import Site, Space, paths
from twin.services.space_creation import create_space
from twin.services.space_merging import merge_spaces, split_space
from twin.services.spaces import change_space, delete_space

NAMES = ["create", "create", "move", "reorder", "delete", "merge", "split"]
DEEDS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 30), st.integers(0, 30)), max_size=16
)


class Pair:
    """A site's tree and its naive twin, changed side by side."""

    def __init__(self) -> None:
        self.site = make_site(make_organisation())
        self.naive = NaiveTree()

    def pick(self, number: int) -> Space | None:
        """Return the space of that number, by age; None while there is none."""
        spaces = list(Space.objects.filter(site=self.site).order_by("pk"))
        return spaces[number % len(spaces)] if spaces else None

    def do(self, name: str, one: int, other: int) -> None:
        """Do one deed to spaces chosen by number, here and there."""
        space, target = self.pick(one), self.pick(other) if other % 5 else None
        if name == "create":
            parent = space if one % 3 else None
            made = create_space(
                site=self.site, kind="room", name="Room", parent=parent, position=other % 4
            )
            self.naive.add(made.pk, parent.pk if parent else None, other % 4)
        elif space is not None:
            getattr(self, name)(space, target, other)

    def move(self, space: Space, target: Space | None, number: int) -> None:
        expected = self.naive.move(space.pk, target.pk if target else None, None)
        self.same(expected, lambda: change_space(space, parent=target))

    def reorder(self, space: Space, target: Space | None, number: int) -> None:
        self.naive.move(space.pk, space.parent_id, number)
        change_space(space, position=number)

    def delete(self, space: Space, target: Space | None, number: int) -> None:
        self.naive.delete(space.pk)
        delete_space(space)

    def merge(self, space: Space, target: Space | None, number: int) -> None:
        if target is None:
            return
        expected = self.naive.merge(space.pk, target.pk)
        self.same(expected, lambda: merge_spaces(space, into=target))

    def split(self, space: Space, target: Space | None, number: int) -> None:
        moved: list[UUID] = self.naive.children.get(space.pk, [])[:: 1 + number % 2]
        made = split_space(space, name="Half", children=moved)
        self.naive.split(space.pk, made.pk, moved)

    @staticmethod
    def same(is_possible: bool, deed: Callable[[], object]) -> None:
        """Assert that the deed is refused exactly if it is impossible."""
        if is_possible:
            deed()
            return
        with pytest.raises(InvalidInput):
            deed()


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=DEEDS)
def test_any_sequence_of_deeds_makes_the_tree_that_was_asked_for(
    deeds: list[tuple[str, int, int]],
) -> None:
    pair = Pair()

    for deed in deeds:
        pair.do(*deed)

    assert outline_of(pair.site) == pair.naive.outline()
    assert_whole(pair.site)
    for space in Space.objects.filter(site=pair.site):
        assert set(pks(Space.objects.within(space))) == pair.naive.below(space.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("most", [paths.MAX_RANGES, 1], ids=["by ranges", "by a filter"])
def test_many_subtrees_are_found_together(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MAX_RANGES", most)
    site = make_site(make_organisation())
    tops = [create_space(site=site, kind="wing", name=name) for name in "ABC"]
    rooms = [create_space(site=site, kind="room", name="Room", parent=top) for top in tops]

    found = Space.objects.filter(path__within=[top.path for top in tops[:2]])
    others = Space.objects.exclude(path__within=[top.path for top in tops[:2]])

    assert set(pks(found)) == {one.pk for one in (*tops[:2], *rooms[:2])}
    assert set(pks(others)) == {tops[2].pk, rooms[2].pk}
    assert not Space.objects.filter(path__within=[]).exists()


def pks(spaces: QuerySet[Space]) -> list[UUID]:
    """Return the ids of spaces."""
    return list(spaces.values_list("pk", flat=True))


@pytest.fixture
def wings(transactional_db: None) -> tuple[Site, Space, Space]:
    """A site with two wings of two rooms each."""
    site = make_site(make_organisation())
    one, other = (create_space(site=site, kind="wing", name=name) for name in ("A", "B"))
    for wing in (one, other):
        for number in range(2):
            create_space(site=site, kind="room", name=f"Room {number}", parent=wing)
    return site, one, other


Wings = tuple[Site, Space, Space]


def test_two_moves_into_each_other_leave_a_tree(wings: Wings) -> None:
    site, one, other = wings

    refused = together(
        lambda: change_space(one, parent=other), lambda: change_space(other, parent=one)
    )

    assert [type(error) for error in refused] == [InvalidInput]
    assert_whole(site)


def test_adding_at_once_numbers_each_once(wings: Wings) -> None:
    site, one, _ = wings

    refused = together(
        *[lambda: create_space(site=site, kind="room", name="Room", parent=one) for _ in range(6)]
    )

    assert refused == []
    assert Space.objects.filter(parent=one).count() == 8
    assert_whole(site)


def test_two_merges_into_each_other_leave_one(wings: Wings) -> None:
    site, one, other = wings

    refused = together(lambda: merge_spaces(one, into=other), lambda: merge_spaces(other, into=one))

    assert len(refused) == 1
    assert Space.objects.filter(site=site, kind="wing").count() == 1
    assert Space.objects.filter(site=site, kind="room").count() == 4
    assert_whole(site)


def test_merge_while_adding_loses_nothing(wings: Wings) -> None:
    site, one, other = wings

    refused = together(
        lambda: merge_spaces(one, into=other),
        *[lambda: create_space(site=site, kind="room", name="New", parent=one) for _ in range(3)],
    )

    # Who came before the merge moved along, who came after heard that the wing is gone.
    made = Space.objects.filter(site=site, name="New", parent=other).count()
    assert made + len(refused) == 3
    assert_whole(site)


def test_deleting_twice_at_once_says_that_it_is_gone(wings: Wings) -> None:
    site, one, _ = wings

    refused = together(lambda: delete_space(one), lambda: delete_space(one))

    assert [type(error) for error in refused] == [SpaceGone]
    assert_whole(site)


@pytest.mark.parametrize("pair", [*combinations(["move", "split", "delete", "merge"], 2)])
def test_any_two_deeds_at_once_leave_a_tree(wings: Wings, pair: tuple[str, str]) -> None:
    site, one, other = wings
    room = Space.objects.filter(parent=one).in_order()[0]
    deeds: dict[str, Callable[[], object]] = {
        "move": lambda: change_space(room, parent=other, position=0),
        "split": lambda: split_space(one, name="Half", children=[room.pk]),
        "delete": lambda: delete_space(one),
        "merge": lambda: merge_spaces(one, into=other),
    }

    together(*(deeds[name] for name in pair))

    assert_whole(site)
