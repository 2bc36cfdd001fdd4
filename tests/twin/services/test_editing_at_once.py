"""Deeds upon one building at the same moment: each is done whole, or told that it came late."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.factories import make_organisation
from tests.twin.planning.buildings import make_park, named
from tests.twin.trees import assert_whole
from twin.errors import EditOvertaken
from twin.models import Site, Space
from twin.selectors.revisions import revision_of
from twin.services.deeds import Add, Deed, Move, Rename
from twin.services.editing import Edit, edit_site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def garage(transactional_db: None) -> Site:
    return make_park(make_organisation())


def at_once(site: Site, deeds: Iterable[Deed]) -> list[Any]:
    """Do deeds at the same moment, all by people who saw the same state."""
    asked = list(deeds)
    seen, start = revision_of(site.pk), Barrier(len(asked))

    def one(deed: Deed) -> Any:
        start.wait()
        try:
            return edit_site(site, deed, seen=seen)
        except EditOvertaken as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(one, asked))


def test_of_several_who_rename_one_space_the_first_wins(garage: Site) -> None:
    deck = named(garage, "Deck 1")

    answers = at_once(garage, (Rename(deck.pk, f"Deck {letter}") for letter in "abcd"))

    done = [one for one in answers if isinstance(one, Edit)]
    late = [one for one in answers if isinstance(one, EditOvertaken)]
    assert (len(done), len(late)) == (1, 3)
    name = Space.objects.get(pk=deck.pk).name
    assert all(f"renamed Deck 1 to {name}" in one.data["news"][-1] for one in late)


def test_deeds_in_different_places_are_all_done(garage: Site) -> None:
    one, two = named(garage, "Deck 1"), named(garage, "Deck 2")
    deeds = [
        Rename(named(garage, "Bay 2.02").pk, "Mine"),
        Add("bay", "New", one.pk),
        Move(named(garage, "Bay 1.01").pk, two.pk),
        Move(named(garage, "Bay 2.03").pk, one.pk, named(garage, "Bay 1.03").pk),
    ]

    answers = at_once(garage, deeds)

    assert all(isinstance(answer, Edit) for answer in answers)
    assert_whole(garage)
    assert Space.objects.filter(parent=one).count() == 4
    assert Space.objects.filter(parent=two).count() == 3
