"""Whatever was edited and whatever the template became: a plan does what it says, and back."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from config.lib.errors import InvalidInput
from tests.factories import make_organisation
from tests.twin.definitions.documents import car_park
from tests.twin.factories import make_version
from tests.twin.planning.buildings import make_park, plan, renamed_bays, state
from tests.twin.services.test_tree_stays_whole import DEEDS
from tests.twin.trees import assert_whole, together
from twin.errors import PlanApplied, PlanNotUndoable, PlanOutdated, SpaceGone
from twin.models import Plan, Site, Space
from twin.services.applying import apply_plan
from twin.services.sites import build_site
from twin.services.space_creation import create_space
from twin.services.space_merging import merge_spaces, split_space
from twin.services.spaces import change_space, delete_space
from twin.services.undoing import undo_plan

VERSIONS = st.fixed_dictionaries(
    {
        "base": st.sampled_from([car_park, renamed_bays]),
        "decks": st.integers(1, 4),
        "bays": st.integers(0, 5),
        "deck_name": st.sampled_from(["Deck {deck}", "Level {deck}"]),
        "level": st.booleans(),
    }
)


def next_version(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return a version 3 of the car park."""
    document: dict[str, Any] = drawn["base"]()
    deck = document["layout"][0]["children"][0]
    deck["name"] = drawn["deck_name"]
    deck["children"][0]["count"] = drawn["bays"]
    if not drawn["level"]:
        del deck["properties"]
    return document


def edit(site: Site, deed: tuple[str, int, int]) -> None:
    """Do one deed to spaces chosen by number; what the template refuses is refused."""
    name, one, other = deed
    spaces = list(Space.objects.filter(site=site).order_by("pk"))
    if not spaces:
        return
    space, target = spaces[one % len(spaces)], spaces[other % len(spaces)]
    if name == "create":
        kind = {"garage": "deck", "deck": "bay"}.get(space.kind, "bay")
        create_space(site=site, kind=kind, name=f"Own {other}", parent=space)
    elif name == "move":
        change_space(space, parent=target)
    elif name == "reorder":
        change_space(space, name=f"Called {other}", position=other)
    else:
        delete_space(space)


def expected(site: Site, made: Plan) -> dict[str, dict[str, Any]]:
    """Return each space as the plan's own lines say it shall be."""
    spaces = {
        str(one.pk): {"name": one.name, "kind": one.kind, "properties": dict(one.properties)}
        | {"parent": str(one.parent_id) if one.parent_id else None}
        for one in Space.objects.filter(site=site)
    }
    for line in made.changes:
        node, after = line["node"], line.get("after", {})
        if line["noun"] != "space":
            continue
        if line["action"] == "create":
            spaces[node] = {**after, "parent": line.get("parent")}
        elif line["action"] == "remove":
            del spaces[node]
        else:
            for field, value in after.items():
                follow(spaces[node], field, value)
    return spaces


def follow(space: dict[str, Any], field: str, value: Any) -> None:
    """Change one field as a line says."""
    part, _, name = field.partition(".")
    if not name:
        space[part] = value
    elif value is None:
        space["properties"].pop(name, None)
    else:
        space["properties"][name] = value


def standing(site: Site) -> dict[str, dict[str, Any]]:
    """Return each space as it stands."""
    return expected(site, Plan(changes=[]))


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=DEEDS, drawn=VERSIONS, choice=st.sampled_from(["keep-local", "take-template"]))
def test_apply_does_what_the_plan_says_and_undo_what_was(
    deeds: list[tuple[str, int, int]], drawn: dict[str, Any], choice: str
) -> None:
    organisation = make_organisation()
    site = make_park(organisation)
    make_version(organisation, definition=next_version(drawn), number=3)
    for deed in deeds:
        with suppress(InvalidInput):
            edit(site, deed)
    before = state(site)

    made = plan(site, "car-park@3", parameters={"decks": drawn["decks"]}, choices=choice)

    event(f"refused: {bool(made.summary.get('refuse'))}")
    if made.summary.get("refuse"):
        return
    shall = expected(site, made)
    apply_plan(made)
    assert standing(site) == shall
    assert_whole(site)
    assert not plan(site, "car-park@3", choices="keep-local").work["create"]
    undo_plan(made)
    assert state(site) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_that_apply_at_once_one_wins() -> None:
    site = make_park(make_organisation())
    one, other = plan(site), plan(site)

    refused = together(lambda: apply_plan(one), lambda: apply_plan(other))

    assert len(refused) == 1
    assert sorted(Plan.objects.values_list("status", flat=True)) == ["applied", "open"]
    assert_whole(site)


@pytest.mark.django_db(transaction=True)
def test_same_plan_applied_twice_at_once_is_applied_once() -> None:
    site = make_park(make_organisation())
    made = plan(site)

    refused = together(lambda: apply_plan(made), lambda: apply_plan(made))

    assert [type(error) for error in refused] == [PlanApplied]
    assert Space.objects.filter(site=site, kind="place").count() == 8


@pytest.mark.django_db(transaction=True)
def test_plan_applied_or_undone_beside_any_deed_leaves_a_tree() -> None:
    organisation = make_organisation()
    deeds: dict[str, Callable[[Space, Space], object]] = {
        "create": lambda one, _: create_space(site=one.site, kind="bay", name="Own", parent=one),
        "move": lambda one, other: change_space(first_in(one), parent=other),
        "split": lambda one, _: split_space(one, name="Half", children=[first_in(one).pk]),
        "merge": lambda one, other: merge_spaces(one, into=other),
        "delete": lambda one, _: delete_space(one),
    }
    make_park(organisation)
    for name, deed in deeds.items():
        for step in (apply_plan, undo_plan):
            site, _ = build_site(organisation=organisation.pk, name=name, template="car-park@1")
            made = plan(site, parameters={"decks": 3})
            if step is undo_plan:
                made = apply_plan(made)
            one, other = (site.spaces.get(name=f"Deck {number}") for number in (1, 2))

            refused = together(partial(step, made), partial(deed, one, other))

            assert_whole(site)
            late = (PlanOutdated, PlanNotUndoable, InvalidInput, SpaceGone)
            assert all(isinstance(error, late) for error in refused), (name, step, refused)


def first_in(space: Space) -> Space:
    """Return the first space in another."""
    found: Space = Space.objects.filter(parent=space).in_order()[0]
    return found
