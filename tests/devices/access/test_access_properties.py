"""No sequence of grants, moves, occupancies and consents shows what the written rules forbid."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib.errors import InvalidInput
from devices.models import Device
from devices.windows import Window
from tests.devices.access.world import PEOPLE, READERS, World
from twin.models import Site, Space

pytestmark = pytest.mark.django_db
TIMES = [datetime(2025, month, 1, tzinfo=UTC) for month in (1, 3, 5, 7, 9)]
SAMPLES = [
    datetime(2024, 6, 1, tzinfo=UTC),
    *TIMES,
    datetime(2025, 4, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
]
SPACES = ["house", "stairs-a", "stairs-b", "flat-1", "flat-2", "flat-3", "room-1"]
SITES = ["block", "home"]
DEVICES = ["boiler", "meter-1", "meter-2", "spare", "plug"]
FLATS = ["flat-1", "flat-2", "flat-3", "stairs-b"]
NODES = [*SPACES, "kitchen", *SITES, *DEVICES]
person = st.sampled_from(PEOPLE)
step = st.one_of(
    st.tuples(st.just("grant"), st.sampled_from(NODES), st.sampled_from([*PEOPLE, "installers"])),
    st.tuples(st.just("revoke"), st.integers(0, 5)),
    st.tuples(
        st.just("move_in"),
        st.sampled_from(FLATS),
        person,
        st.sampled_from(TIMES),
        st.none() | st.sampled_from(TIMES),
    ),
    st.tuples(st.just("move_out"), st.integers(0, 5), st.sampled_from(TIMES)),
    st.tuples(st.just("move_space"), st.sampled_from(SPACES[3:]), st.sampled_from(SPACES[:6])),
    st.tuples(
        st.just("move_device"),
        st.sampled_from(DEVICES[:4]),
        st.none() | st.sampled_from([*SPACES, "block"]),
    ),
    st.tuples(st.just("join"), person, st.sampled_from(SITES)),
    st.tuples(st.just("leave"), person, st.sampled_from(SITES)),
    st.tuples(st.just("limit"), person, st.sets(st.sampled_from(NODES), max_size=3)),
    st.tuples(st.just("unlimit"), person),
    st.tuples(
        st.just("cut"),
        person,
        st.none() | st.sampled_from(TIMES),
        st.sampled_from(["raw", "15m", "1d", "1mo"]),
    ),
    st.tuples(st.just("hand_over"), person),
    st.tuples(
        st.just("policy"), st.sampled_from(SITES), st.sampled_from(["none", "1mo", "1h", "raw"])
    ),
)

news = st.tuples(
    st.just("tell"),
    st.sampled_from(DEVICES),
    st.sampled_from(["device.state.changed", "device.updated"]),
    st.sampled_from(SAMPLES),
)


class Undone(Exception):
    """Ends an example and takes back what it has written."""


@pytest.fixture
def world(db: None) -> World:
    return World()


def examples(world: World) -> Iterator[None]:
    """Yield once, within a savepoint that is always taken back."""
    try:
        with transaction.atomic():
            world.begin()
            yield
            raise Undone
    except Undone:
        return


def carry_out(world: World, steps: list[tuple[Any, ...]]) -> None:
    for name, *values in steps:
        deed: Callable[..., None] = getattr(world, name)
        try:
            with transaction.atomic():
                deed(*values)
        except InvalidInput:
            continue


def finest(windows: tuple[Window, ...], moment: datetime) -> str | None:
    """Return how finely the moment may be read."""
    holding = [one for one in windows if one.since <= moment < one.until]
    return holding[0].resolution.value if holding else None


def checked(most: int) -> Callable[[Any], Any]:
    allowed = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=most, deadline=None, suppress_health_check=allowed)


@checked(30)
@given(steps=st.lists(step, min_size=1, max_size=12))
def test_what_is_visible_is_what_the_rules_allow(
    world: World, steps: list[tuple[Any, ...]]
) -> None:
    for _ in examples(world):
        carry_out(world, steps)
        now = timezone.now()
        for who in READERS:
            principal = world.principal(who)
            shown = [
                world.names(noun.objects.visible_to(principal)) for noun in (Space, Device, Site)
            ]

            rules = world.rules
            assert shown == [
                {one for one in [*SPACES, "kitchen"] if rules.sees(who, one, now)},
                {one for one in DEVICES if rules.sees(who, one, now)},
                {one for one in SITES if rules.sees_site(who, one, now)},
            ], who


@checked(30)
@given(steps=st.lists(step, min_size=1, max_size=12))
def test_what_is_readable_is_what_the_rules_allow(
    world: World, steps: list[tuple[Any, ...]]
) -> None:
    for _ in examples(world):
        carry_out(world, steps)
        for who in READERS:
            for name in DEVICES:
                windows = world.windows(who, name)
                shown = {at: finest(windows, at) for at in SAMPLES}
                ruled = {at: world.rules.finest(who, name, at, world.began) for at in SAMPLES}

                assert shown == ruled, (who, name)
                if any(shown.values()):
                    assert world.is_readable(who, name), (who, name)
                elif not windows and not world.rules.sees(who, name, timezone.now()):
                    assert not world.is_readable(who, name), (who, name)


@checked(30)
@given(steps=st.lists(st.one_of(step, news), min_size=1, max_size=14))
def test_events_are_seen_as_the_rules_allow(world: World, steps: list[tuple[Any, ...]]) -> None:
    for _ in examples(world):
        carry_out(world, steps)
        for who in READERS:
            ruled = {
                key
                for key, event in world.told.items()
                if world.rules.hears(who, event, world.began)
            }

            assert world.hears(who) == ruled, who
