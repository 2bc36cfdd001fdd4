"""Rules are compared with their own meaning: sets of spaces and devices, worked out in Python."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation
from devices.models import Device
from tests.devices import factories as devices
from tests.twin import factories
from twin.choices import NodeKind
from twin.definitions.live_rules import rule_findings
from twin.models import Node, Site, Space, View
from twin.selectors.view_contents import contents_of
from twin.selectors.why_in_view import why_in_view

pytestmark = pytest.mark.django_db
KINDS = ["house", "flat", "room", "cellar"]
CATEGORIES = ["heat-meter", "light", "plug"]


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """Two houses with flats and rooms, and devices in some of them and in none."""
    site = factories.make_site(organisation)
    types = [devices.make_type(key=key, category=key) for key in CATEGORIES]
    devices.make_device(organisation, type=types[0], site=site, tags={"a": "1"})
    for number in range(2):
        house = factories.make_space(site, kind="house", template_key=f"house-{number}")
        flat = factories.make_space(site, house, kind="flat", properties={"let": bool(number)})
        room = factories.make_space(site, flat, kind="room", properties={"let": True, "area": 9})
        for place, kind in zip((house, flat, room), types, strict=True):
            tags = {"a": str(number), "b": place.kind}
            devices.make_device(organisation, type=kind, site=site, space=place, tags=tags)
    return site


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


PLACES = st.one_of(
    st.fixed_dictionaries({"kinds": some(KINDS)}),
    st.fixed_dictionaries({"keys": some(["house-0", "house-1", "house-2"])}),
    st.fixed_dictionaries({"kinds": some(KINDS), "keys": some(["house-0"])}),
)
LEAVES = st.one_of(
    st.fixed_dictionaries({"kinds": some(KINDS)}),
    st.fixed_dictionaries({"categories": some(CATEGORIES)}),
    st.fixed_dictionaries({"types": some(CATEGORIES)}),
    st.fixed_dictionaries({"status": some(["online", "unknown"])}),
    st.fixed_dictionaries({"tags": st.sampled_from([{"a": "1"}, {"a": "1", "b": "flat"}])}),
    st.fixed_dictionaries({"properties": st.sampled_from([{"let": True}, {"area": 9}])}),
    st.fixed_dictionaries({"inside": PLACES}),
    st.fixed_dictionaries({"outside": PLACES}),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


def stands_in(thing: Space | Device, places: Mapping[str, list[str]]) -> bool:
    """Say whether the thing is at or below one of the places."""
    space = thing if isinstance(thing, Space) else thing.space
    above = Space.objects.filter(pk__in=[str(label) for label in space.path]) if space else ()
    return any(
        one.kind in places.get("kinds", ()) or one.template_key in places.get("keys", ())
        for one in above
    )


def holds(rule: dict[str, Any], thing: Space | Device) -> bool:
    """Say whether the rule holds, as docs/topology.md tells it."""
    ((condition, value),) = rule.items()
    combine = {"all": all, "any": any}
    if condition in combine:
        return combine[condition](holds(part, thing) for part in value)
    if condition == "not":
        return not holds(value, thing)
    if condition in {"inside", "outside"}:
        return stands_in(thing, value) == (condition == "inside")
    if isinstance(thing, Space):
        meanings = {"kinds": lambda: thing.kind in value}
        meanings["properties"] = lambda: value.items() <= thing.properties.items()
    else:
        meanings = {"categories": lambda: thing.type.category in value}
        meanings["types"] = lambda: thing.type.key in value
        meanings["status"] = lambda: thing.status in value
        meanings["tags"] = lambda: value.items() <= thing.tags.items()
    return meanings.get(condition, lambda: False)()


def things() -> list[Space | Device]:
    return [*Space.objects.all(), *Device.objects.select_related("type", "space")]


def found(view: View) -> set[Any]:
    kinds: list[tuple[Any, NodeKind]] = [(Space, NodeKind.SPACE), (Device, NodeKind.DEVICE)]
    rows = (one.objects.filter(contents_of(view, kind)) for one, kind in kinds)
    return {row.pk for row in chain.from_iterable(rows)}


@pytest.mark.parametrize("most_places", [0, 200])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=RULES)
def test_rule_finds_exactly_what_it_means(
    site: Site, most_places: int, monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any]
) -> None:
    monkeypatch.setattr("twin.selectors.rule_conditions.MAX_PLACES", most_places)
    view = factories.make_view(site, rule=rule)

    assert rule_findings(rule, definition=None) == []
    assert found(view) == {thing.pk for thing in things() if holds(rule, thing)}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=RULES)
def test_explanation_never_contradicts_the_list(site: Site, rule: dict[str, Any]) -> None:
    view = factories.make_view(site, rule=rule)
    inside = found(view)

    for node in Node.objects.filter(kind__in=["space", "device"]):
        (part,) = why_in_view(view, node)
        assert part.is_found == (node.pk in inside)
