"""The building editor writes: each deed, what undoes it, and what is refused."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Organisation, User
from devices.models import Device
from tests.devices.factories import make_device, make_gateway
from tests.twin.admin.editing import ALL_SPACES, JSON, Editor, make_staff, texts
from tests.twin.factories import make_site, make_space, make_view
from tests.twin.planning.buildings import named
from twin.models import Site, Space, ViewMember

pytestmark = pytest.mark.django_db


def test_space_is_renamed_and_back(editor: Editor, garage: Site) -> None:
    done = editor.edit("rename", space=named(garage, "Deck 1"), to="Lower deck")
    assert texts(done.json()["branches"][str(named(garage, "Park").pk)]) == ["Lower deck", "Deck 2"]

    editor.undo(done)

    assert editor.names("Park") == ["Deck 1", "Deck 2"]


def test_space_moves_before_another_and_back(editor: Editor, garage: Site) -> None:
    bay, other = named(garage, "Bay 1.02"), named(garage, "Bay 2.02")

    done = editor.edit("move", space=bay, parent=named(garage, "Deck 2"), before=other)

    assert editor.names("Deck 2") == ["Bay 2.01", "Bay 1.02", "Bay 2.02", "Bay 2.03"]
    assert len(done.json()["branches"]) == 2
    editor.undo(done)
    assert editor.names("Deck 1") == ["Bay 1.01", "Bay 1.02", "Bay 1.03"]


def test_siblings_are_reordered_and_back(editor: Editor, garage: Site) -> None:
    deck, bay = named(garage, "Deck 1"), named(garage, "Bay 1.01")

    done = editor.edit("move", space=bay, parent=deck, before=named(garage, "Bay 1.03"))

    assert editor.names("Deck 1") == ["Bay 1.02", "Bay 1.01", "Bay 1.03"]
    editor.undo(done)
    assert editor.names("Deck 1") == ["Bay 1.01", "Bay 1.02", "Bay 1.03"]


def test_space_is_added_where_it_was_asked_for_and_taken_away(editor: Editor, garage: Site) -> None:
    deck, before = named(garage, "Deck 1"), named(garage, "Bay 1.02")

    done = editor.edit("add", kind="bay", called="New", parent=deck, before=before)

    assert editor.names("Deck 1") == ["Bay 1.01", "New", "Bay 1.02", "Bay 1.03"]
    again = editor.undo(done).json()["undo"]
    assert editor.names("Deck 1") == ["Bay 1.01", "Bay 1.02", "Bay 1.03"]
    assert (again["called"], again["before"]) == ("New", str(before.pk))


def test_space_that_holds_another_is_not_discarded(editor: Editor, garage: Site) -> None:
    response = editor.edit("discard", space=named(garage, "Deck 1"))

    assert "There is something in Deck 1 now." in response.json()["detail"]
    assert named(garage, "Bay 1.01")


def test_properties_are_set_and_back(editor: Editor, garage: Site) -> None:
    done = editor.edit("describe", space=named(garage, "Deck 1"), properties={"level": 7})
    assert named(garage, "Deck 1").properties == {"level": 7}

    editor.undo(done)

    assert named(garage, "Deck 1").properties == {"level": 1}


def test_property_that_does_not_fit_is_told(editor: Editor, garage: Site) -> None:
    response = editor.edit("describe", space=named(garage, "Deck 1"), properties={"level": "up"})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert 'Write a whole number, not "up".' in response.json()["detail"]


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ({"deed": "move", "space": "Deck 1", "parent": "Bay 2.01"}, "A bay cannot contain a deck"),
        ({"deed": "add", "kind": "bay", "called": "x", "parent": "Park"}, "cannot contain a bay"),
        ({"deed": "rename", "space": "Deck 1", "to": ""}, "may not be blank"),
    ],
)
def test_refusal_is_told_in_plain_words(
    editor: Editor, garage: Site, deed: dict[str, Any], words: str
) -> None:
    places = {key: deed[key] for key in ("space", "parent") if key in deed}

    response = editor.edit(**deed | {key: named(garage, at) for key, at in places.items()})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert words in response.json()["detail"]


def test_device_moves_between_spaces_and_back(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    one, two = named(garage, "Deck 1"), named(garage, "Deck 2")
    device = make_device(organisation, site=garage, space=one, name="Meter")

    done = editor.edit("put", thing=device, space=two)

    assert done.json()["thing"][:2] == [str(device.pk), str(two.pk)]
    assert Device.objects.get().space == two
    editor.undo(done)
    assert Device.objects.get().space == one


def test_spare_device_comes_to_the_site_and_leaves_it_again(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    device = make_device(organisation, name="Meter")

    done = editor.edit("put", thing=device, space=named(garage, "Deck 1"))
    assert Device.objects.get().site == garage

    assert editor.undo(done).json()["thing"] is None
    assert Device.objects.get().site is None


def test_gateway_is_put_into_the_site_itself(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    box = make_gateway(organisation, site=garage, space=named(garage, "Deck 1"), name="Box")

    done = editor.edit("put", thing=box, space=None)

    assert done.json()["thing"][:3] == [str(box.pk), None, "gateway"]


def test_device_of_somebody_else_cannot_be_put_here(
    editor: Editor, garage: Site, charlie: User
) -> None:
    device = make_device(charlie.b2b_users.get().organisation, name="Not ours")

    response = editor.edit("put", thing=device, space=named(garage, "Deck 1"))

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert Device.objects.get().site is None


def test_member_joins_a_view_and_leaves_it(editor: Editor, garage: Site) -> None:
    view, deck = make_view(garage), named(garage, "Deck 1")

    done = editor.edit("join", view=view, node=deck)
    assert ViewMember.objects.filter(view=view, node=deck.pk).exists()

    editor.undo(done)
    assert not ViewMember.objects.filter(view=view).exists()


def test_node_of_another_site_cannot_join(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    stranger = make_space(make_site(organisation))

    response = editor.edit("join", view=make_view(garage), node=stranger)

    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_space_of_another_site_is_gone_for_this_one(
    editor: Editor, organisation: Organisation
) -> None:
    stranger = make_space(make_site(organisation))

    response = editor.edit("rename", space=stranger, to="Mine")

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert Space.objects.get(pk=stranger.pk).name == "Room"


def test_deed_is_attributed_to_who_did_it(editor: Editor, garage: Site) -> None:
    editor.edit("rename", space=named(garage, "Deck 1"), to="Lower deck")

    entry = AuditEntry.objects.filter(object_type="space", action="updated").latest("pk")
    assert entry.user_id == User.objects.get(email="root@example.org").pk
    assert entry.after == {"name": "Lower deck"}


def test_deed_takes_the_same_queries_at_any_size(
    editor: Editor, garage: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    deck, other = named(garage, "Deck 1"), named(garage, "Deck 2")
    for number in range(30):
        make_space(garage, deck, kind="bay", name=f"More {number}")
    editor.building()

    with django_assert_max_num_queries(45):
        editor.edit("move", space=named(garage, "Bay 1.01"), parent=other)


@pytest.mark.parametrize("body", ["", "[]", "nonsense", '{"deed": "burn"}', '{"deed": "rename"}'])
def test_body_of_no_deed_is_refused(editor: Editor, body: str) -> None:
    response = editor.client.post(f"{editor.root}edits/", body, content_type=JSON)

    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_deed_needs_a_post(editor: Editor) -> None:
    assert editor.get("edits/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_deed_needs_the_csrf_token(editor: Editor, garage: Site) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="root@example.org"))

    response = Editor(strict, garage).edit("rename", space=named(garage, "Deck 1"), to="x")

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert named(garage, "Deck 1")


@pytest.mark.parametrize("lacking", ["change_site", "change_space"])
def test_deed_needs_both_permissions(client: Client, garage: Site, lacking: str) -> None:
    client.force_login(make_staff(*(set(ALL_SPACES) - {lacking})))
    editor = Editor(client, garage)
    editor.seen = "00000000-0000-0000-0000-000000000000"

    response = editor.edit("rename", space=named(garage, "Deck 1"), to="x")

    assert response.status_code == HTTPStatus.FORBIDDEN


def test_staff_of_spaces_may_not_move_devices(
    client: Client, garage: Site, organisation: Organisation
) -> None:
    client.force_login(make_staff(*ALL_SPACES))
    device = make_device(organisation, site=garage, name="Meter")

    response = Editor(client, garage).edit("put", thing=device, space=named(garage, "Deck 1"))

    assert response.status_code == HTTPStatus.FORBIDDEN
