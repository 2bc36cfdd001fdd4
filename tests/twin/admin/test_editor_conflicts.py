"""Two people edit one building: nobody writes over what the other did."""

from http import HTTPStatus

import pytest
from django.test import Client

from accounts.models import User
from tests.twin.admin.editing import Editor
from tests.twin.past import write_anew
from tests.twin.planning.buildings import named, plan
from twin.models import Site
from twin.services.applying import apply_plan
from twin.services.spaces import delete_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(garage: Site) -> Editor:
    """The same building, opened by a colleague."""
    client = Client()
    client.force_login(User.objects.create_superuser("anna@example.org", "x", name="Anna"))
    return Editor(client, garage)


def test_what_a_colleague_changed_is_not_written_over(
    editor: Editor, other: Editor, garage: Site
) -> None:
    deck = named(garage, "Deck 1")
    editor.building()
    other.edit("rename", space=deck, to="Annas deck")

    response = editor.edit("rename", space=deck, to="My deck")

    assert response.status_code == HTTPStatus.CONFLICT
    problem = response.json()
    assert problem["type"].endswith("/edit-overtaken")
    assert problem["news"] == ["Anna renamed Deck 1 to Annas deck."]
    assert named(garage, "Annas deck")


def test_who_has_looked_again_may_go_on(editor: Editor, other: Editor, garage: Site) -> None:
    deck = named(garage, "Deck 1")
    editor.building()
    other.edit("rename", space=deck, to="Annas deck")
    editor.building()

    assert editor.edit("rename", space=deck, to="My deck").status_code == HTTPStatus.OK


def test_what_a_colleague_did_elsewhere_is_told_and_no_hindrance(
    editor: Editor, other: Editor, garage: Site
) -> None:
    editor.building()
    other.edit("rename", space=named(garage, "Bay 2.01"), to="Annas bay")

    response = editor.edit("rename", space=named(garage, "Deck 1"), to="My deck")

    assert response.json()["news"] == ["Anna renamed Bay 2.01 to Annas bay."]
    assert editor.names("Park") == ["My deck", "Deck 2"]


def test_sibling_that_was_only_numbered_anew_is_no_conflict(
    editor: Editor, other: Editor, garage: Site
) -> None:
    editor.building()
    other.edit("move", space=named(garage, "Bay 1.01"), parent=named(garage, "Deck 2"))

    response = editor.edit("rename", space=named(garage, "Bay 1.03"), to="Mine")

    assert response.status_code == HTTPStatus.OK


def test_neighbour_that_has_moved_on_is_a_conflict(
    editor: Editor, other: Editor, garage: Site
) -> None:
    bay, deck = named(garage, "Bay 1.01"), named(garage, "Deck 1")
    neighbour = named(garage, "Bay 1.03")
    editor.building()
    other.edit("move", space=neighbour, parent=named(garage, "Deck 2"))

    response = editor.edit("move", space=bay, parent=deck, before=neighbour)

    assert response.status_code == HTTPStatus.CONFLICT


def test_space_that_is_gone_is_told(editor: Editor, garage: Site) -> None:
    deck = named(garage, "Deck 1")
    editor.building()
    write_anew()
    delete_space(deck)

    response = editor.edit("rename", space=deck, to="My deck")

    assert response.status_code == HTTPStatus.CONFLICT
    assert "deleted" in response.json()["news"][0]


def test_upgrade_of_the_whole_is_a_conflict_with_everything(editor: Editor, garage: Site) -> None:
    deck = named(garage, "Deck 1")
    editor.building()
    write_anew()
    apply_plan(plan(garage))

    response = editor.edit("rename", space=deck, to="My deck")

    assert response.status_code == HTTPStatus.CONFLICT
    assert "upgraded Park from car-park@1 to car-park@2" in response.json()["news"][0]


def test_undo_is_refused_once_somebody_has_gone_on(
    editor: Editor, other: Editor, garage: Site
) -> None:
    deck = named(garage, "Deck 1")
    done = editor.edit("rename", space=deck, to="My deck")
    other.building()
    other.edit("rename", space=deck, to="Annas deck")

    assert editor.undo(done).status_code == HTTPStatus.CONFLICT
    assert named(garage, "Annas deck")
