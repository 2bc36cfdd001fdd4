"""Whatever is done to a tree, in any order and at once, it stays a tree."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib.errors import DomainError, InvalidInput
from tests.factories import make_organisation
from tests.twin.factories import make_site
from twin.models import Site, Space
from twin.services.spaces import change_space, create_space, delete_space

DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["create", "move", "reorder", "delete"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=14,
)


def assert_whole(site: Site) -> None:
    """Assert that paths follow from parents and that siblings are numbered without gaps."""
    spaces = {space.pk: space for space in Space.objects.filter(site=site)}
    places: dict[Any, list[int]] = {}
    for space in spaces.values():
        above = list(spaces[space.parent_id].path) if space.parent_id else []
        assert list(space.path) == [*above, space.pk.hex]
        places.setdefault(space.parent_id, []).append(space.position)
    for positions in places.values():
        assert sorted(positions) == list(range(len(positions)))


def do(site: Site, deed: tuple[str, int, int]) -> None:
    """Do one deed to spaces chosen by number; what the rules refuse is refused."""
    name, one, other = deed
    spaces = list(Space.objects.filter(site=site).order_by("pk"))
    space = spaces[one % len(spaces)] if spaces else None
    target = spaces[other % len(spaces)] if spaces and other % 5 else None
    if name == "create":
        create_space(site=site, kind="room", name="Room", parent=space, position=other)
    elif space and name == "move":
        change_space(space, parent=target)
    elif space and name == "reorder":
        change_space(space, position=other)
    elif space:
        delete_space(space)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=DEEDS)
def test_any_sequence_of_deeds_leaves_a_tree(deeds: list[tuple[str, int, int]]) -> None:
    site = make_site(make_organisation())

    for deed in deeds:
        with suppress(InvalidInput):
            do(site, deed)

    assert_whole(site)


def together(*deeds: Callable[[], object]) -> list[Exception]:
    """Do the deeds at the same moment, each over its own connection; return what was refused."""
    barrier, refused = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], object]) -> None:
        try:
            barrier.wait()
            deed()
        except DomainError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(refused)


@pytest.mark.django_db(transaction=True)
def test_two_moves_into_each_other_leave_a_tree() -> None:
    site = make_site(make_organisation())
    one, other = (create_space(site=site, kind="wing", name=name) for name in ("A", "B"))

    refused = together(
        lambda: change_space(one, parent=other), lambda: change_space(other, parent=one)
    )

    assert len(refused) == 1
    assert_whole(site)


@pytest.mark.django_db(transaction=True)
def test_adding_at_once_numbers_each_once() -> None:
    site = make_site(make_organisation())

    refused = together(
        *[lambda: create_space(site=site, kind="room", name="Room") for _ in range(6)]
    )

    assert refused == []
    assert_whole(site)
