"""The building editor removes by plans: shown first, applied whole, undone exactly."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from devices.models import Device
from tests.devices.factories import make_device
from tests.twin.admin.editing import ALL_SPACES, Editor, make_staff
from tests.twin.factories import make_occupancy, make_site, make_space, make_view
from tests.twin.planning.buildings import named, state
from twin.models import Occupancy, Plan, Site, Space

pytestmark = pytest.mark.django_db


def planned(editor: Editor, **body: Any) -> dict[str, Any]:
    response = editor.post("removals/", {key: str(one.pk) for key, one in body.items()})
    assert response.status_code == HTTPStatus.OK, response.content
    plan: dict[str, Any] = response.json()
    return plan


def do(editor: Editor, plan: dict[str, Any], deed: str) -> Any:
    return editor.post(f"plans/{plan['plan']}/{deed}/")


def test_plan_says_what_goes_and_writes_nothing(editor: Editor, garage: Site) -> None:
    before = state(garage)

    plan = planned(editor, space=named(garage, "Deck 1"))

    assert plan["changes"] == ["remove deck “Deck 1” with 3 spaces inside"]
    assert plan["totals"] == "4 to remove."
    assert plan["can_apply"]
    assert state(garage) == before


def test_removal_is_applied_and_undone_exactly(editor: Editor, garage: Site) -> None:
    deck = named(garage, "Deck 1")
    make_view(garage, deck, named(garage, "Bay 1.01"))
    before = state(garage)
    plan = planned(editor, space=deck)

    left = do(editor, plan, "apply").json()["spaces"]
    assert len(left) == 5
    back = do(editor, plan, "undo").json()["spaces"]

    assert len(back) == 9
    assert state(garage) == before


def test_device_inside_is_in_the_way_until_it_is_told_where_to_go(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    one, two = named(garage, "Deck 1"), named(garage, "Deck 2")
    make_device(organisation, site=garage, space=named(garage, "Bay 1.02"), name="Meter")

    refused = planned(editor, space=one)
    assert (refused["can_apply"], len(refused["refusals"])) == (False, 1)
    assert "It holds 1 device." in refused["refusals"][0]
    plan = planned(editor, space=one, move_to=two)
    do(editor, plan, "apply")

    assert Device.objects.get().space == two
    do(editor, plan, "undo")
    assert Device.objects.get().space == named(garage, "Bay 1.02")


def test_place_inside_of_what_goes_is_no_place(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    deck = named(garage, "Deck 1")
    make_device(organisation, site=garage, space=deck, name="Meter")

    plan = planned(editor, space=deck, move_to=named(garage, "Bay 1.01"))

    assert not plan["can_apply"]


def test_people_inside_move_too(editor: Editor, garage: Site, dora: User) -> None:
    make_occupancy(named(garage, "Bay 1.01"), dora)

    plan = planned(editor, space=named(garage, "Deck 1"), move_to=named(garage, "Deck 2"))
    do(editor, plan, "apply")

    current = Occupancy.objects.latest("pk")
    assert (current.space.name, current.sealed_at) == ("Deck 2", None)


def test_removal_is_found_among_the_plans_of_the_site(editor: Editor, garage: Site) -> None:
    plan = planned(editor, space=named(garage, "Deck 1"))
    do(editor, plan, "apply")
    root = f"/admin/twin/site/{garage.pk}/"

    listed = editor.client.get(f"{root}plan/").content.decode()
    shown = editor.client.get(f"{root}plans/{plan['plan']}/").content.decode()

    assert "removal by hand" in listed
    assert "Removal by hand." in shown
    assert "Undo this plan" in shown


def test_refused_plan_is_not_applied(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    deck = named(garage, "Deck 1")
    make_device(organisation, site=garage, space=deck, name="Meter")

    response = do(editor, planned(editor, space=deck), "apply")

    assert response.status_code == HTTPStatus.CONFLICT
    assert named(garage, "Deck 1")


def test_plan_that_the_building_has_outrun_is_refused(editor: Editor, garage: Site) -> None:
    plan = planned(editor, space=named(garage, "Deck 1"))
    editor.edit("rename", space=named(garage, "Deck 2"), to="Upper deck")

    response = do(editor, plan, "apply")

    assert response.json()["type"].endswith("/plan-outdated")
    assert named(garage, "Deck 1")


def test_removal_from_a_free_form_site_declares_nothing(
    editor: Editor, organisation: Organisation
) -> None:
    site = make_site(organisation)
    space = make_space(site)
    free = Editor(editor.client, site)

    do(free, planned(free, space=space), "apply")

    assert not Space.objects.filter(site=site).exists()
    assert not hasattr(Site.objects.get(pk=site.pk), "declaration")


def test_space_of_another_site_is_gone_for_this_one(
    editor: Editor, organisation: Organisation
) -> None:
    space = make_space(make_site(organisation))

    response = editor.post("removals/", {"space": str(space.pk)})

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert not Plan.objects.exists()


def test_plan_of_another_site_is_not_found(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    plan = planned(editor, space=named(garage, "Deck 1"))
    other = Editor(editor.client, make_site(organisation))

    assert do(other, plan, "apply").status_code == HTTPStatus.NOT_FOUND


def test_removal_needs_the_permission_to_delete(client: Client, garage: Site) -> None:
    client.force_login(make_staff(*(set(ALL_SPACES) - {"delete_space"})))

    response = Editor(client, garage).post("removals/", {"space": str(garage.pk)})

    assert response.status_code == HTTPStatus.FORBIDDEN
