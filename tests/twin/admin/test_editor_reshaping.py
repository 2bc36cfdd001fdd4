"""The building editor merges and splits by plans: looked at, applied whole, undone exactly."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from devices.models import Device, MeteringPoint
from tests.devices.factories import make_device, make_metering_point
from tests.twin.admin.editing import Editor, make_staff
from tests.twin.factories import (
    make_grant,
    make_occupancy,
    make_relationship,
    make_space,
    make_view,
)
from tests.twin.planning.buildings import named, state
from tests.twin.trees import assert_whole
from twin.models import Relationship, Site, View, ViewMember

pytestmark = pytest.mark.django_db


def planned(editor: Editor, at: str, **body: Any) -> dict[str, Any]:
    response = editor.post(at, body)
    assert response.status_code == HTTPStatus.OK, response.content
    plan: dict[str, Any] = response.json()
    return plan


def merge(editor: Editor, one: str, into: str) -> dict[str, Any]:
    space, target = (str(named(editor.site, name).pk) for name in (one, into))
    return planned(editor, "merges/", space=space, into=target)


def split(editor: Editor, one: str, *children: str) -> dict[str, Any]:
    keys = [str(named(editor.site, child).pk) for child in children]
    return planned(
        editor, "splits/", space=str(named(editor.site, one).pk), name="Half", children=keys
    )


def do(editor: Editor, plan: dict[str, Any], deed: str) -> None:
    response = editor.post(f"plans/{plan['plan']}/{deed}/")
    assert response.status_code == HTTPStatus.OK, response.content


def test_merge_is_looked_at_applied_and_undone(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    one, two = named(garage, "Deck 1"), named(garage, "Deck 2")
    device = make_device(organisation, site=garage, space=one)
    make_relationship(device.node, one.node, kind="feeds")
    view = make_view(garage, one)
    View.objects.filter(pk=view.pk).update(rule={"inside": {"spaces": [str(one.pk), str(two.pk)]}})
    point = make_metering_point(site=garage, space=one)
    before = state(garage)

    plan = merge(editor, "Deck 1", "Deck 2")

    assert plan["totals"] == "3 to move, 1 to remove."
    assert plan["changes"][-1] == "remove deck “Deck 1”"
    assert any("go over to Deck 2." in note for note in plan["notes"])
    assert state(garage) == before
    do(editor, plan, "apply")
    assert editor.names("Deck 2") == [f"Bay {bay}" for bay in (*_bays(2), *_bays(1))]
    assert Device.objects.get(pk=device.pk).space_id == two.pk
    assert MeteringPoint.objects.get(pk=point.pk).space_id == two.pk
    assert Relationship.objects.get().target_id == two.pk
    assert ViewMember.objects.filter(view=view, node=two.pk).exists()
    assert View.objects.get(pk=view.pk).rule == {"inside": {"spaces": [str(two.pk)]}}
    assert_whole(garage)
    do(editor, plan, "undo")
    assert state(garage) == before
    assert Device.objects.get(pk=device.pk).space_id == one.pk
    assert MeteringPoint.objects.get(pk=point.pk).space_id == one.pk
    assert_whole(garage)


def _bays(deck: int) -> list[str]:
    return [f"{deck}.{bay:02}" for bay in (1, 2, 3)]


def test_split_is_looked_at_applied_and_undone(editor: Editor, garage: Site) -> None:
    before = state(garage)

    plan = split(editor, "Deck 1", "Bay 1.03", "Bay 1.02")

    assert plan["totals"] == "1 to create, 2 to move."
    do(editor, plan, "apply")
    assert editor.names("Park") == ["Deck 1", "Half", "Deck 2"]
    assert (editor.names("Deck 1"), editor.names("Half")) == (
        ["Bay 1.01"],
        ["Bay 1.02", "Bay 1.03"],
    )
    assert_whole(garage)
    do(editor, plan, "undo")
    assert state(garage) == before


def test_merge_that_would_widen_access_is_refused_also_when_applied(
    editor: Editor, garage: Site, dora: User
) -> None:
    plan = merge(editor, "Deck 1", "Deck 2")
    make_grant(named(garage, "Deck 2"), dora)

    late = editor.post(f"plans/{plan['plan']}/apply/")
    asked = {"space": str(named(garage, "Deck 1").pk), "into": str(named(garage, "Deck 2").pk)}
    early = editor.post("merges/", asked)

    assert (late.status_code, early.status_code) == (HTTPStatus.CONFLICT, HTTPStatus.CONFLICT)
    assert late.json()["type"].endswith("access-would-widen")


def test_merge_of_a_space_with_people_is_refused(editor: Editor, garage: Site, dora: User) -> None:
    make_occupancy(named(garage, "Deck 1"), dora)
    asked = {"space": str(named(garage, "Deck 1").pk), "into": str(named(garage, "Deck 2").pk)}

    response = editor.post("merges/", asked)

    assert response.json()["type"].endswith("space-occupied")


@pytest.mark.parametrize("into", ["Deck 1", "Bay 2.01", "Park"])
def test_merge_into_what_cannot_take_it_is_refused(editor: Editor, garage: Site, into: str) -> None:
    asked = {"space": str(named(garage, "Deck 1").pk), "into": str(named(garage, into).pk)}

    response = editor.post("merges/", asked)

    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_split_beyond_the_template_s_maximum_is_refused(editor: Editor, garage: Site) -> None:
    for number in range(3, 10):
        make_space(garage, named(garage, "Park"), kind="deck", name=f"Deck {number}")

    body = {"space": str(named(garage, "Deck 1").pk), "name": "Half"}
    response = editor.post("splits/", body)

    assert "holds all the 9 × deck that it can" in response.json()["detail"]


def test_child_of_another_space_is_no_part_of_a_split(editor: Editor, garage: Site) -> None:
    stranger = str(named(garage, "Bay 2.01").pk)
    body = {"space": str(named(garage, "Deck 1").pk), "name": "Half", "children": [stranger]}

    response = editor.post("splits/", body)

    assert "Not all of these stand in Deck 1." in response.json()["detail"]


def test_staff_need_the_permissions_of_what_is_done(client: Client, garage: Site) -> None:
    client.force_login(make_staff("change_site", "view_site", "change_space", "add_space"))
    editor = Editor(client, garage)
    asked = {"space": str(named(garage, "Deck 1").pk), "into": str(named(garage, "Deck 2").pk)}

    assert editor.post("merges/", asked).status_code == HTTPStatus.FORBIDDEN
    do(editor, split(editor, "Deck 1"), "apply")
