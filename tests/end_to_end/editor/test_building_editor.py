"""A property manager edits a building in a real Chromium: by mouse, by keys, beside a colleague."""

import pytest
from django.test import Client
from selenium.webdriver.common.keys import Keys

from accounts.models import Organisation, User
from devices.models import Device
from tests.devices.factories import make_device, make_type
from tests.end_to_end.editor_page import BEFORE, BEHIND, EditorPage
from tests.twin.admin.editing import Editor
from tests.twin.planning.buildings import make_park, named
from twin.models import Site, Space

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def garage(owner: Organisation) -> Site:
    return make_park(owner)


@pytest.fixture
def editor(page: EditorPage, garage: Site) -> EditorPage:
    """The editor of the car park, with its first deck unfolded."""
    page.open(garage)
    page.open_row("Deck 1")
    page.row("Bay 1.03")
    return page


def children(site: Site, name: str) -> list[str]:
    parent = named(site, name)
    return list(Space.objects.filter(parent=parent).in_order().values_list("name", flat=True))


def test_space_is_dragged_into_another_one_and_back_by_undo(
    editor: EditorPage, garage: Site
) -> None:
    editor.drag("Bay 1.02", "Deck 2")
    editor.said("Moved Bay 1.02 into Deck 2")
    assert children(garage, "Deck 2") == ["Bay 2.01", "Bay 2.02", "Bay 2.03", "Bay 1.02"]

    editor.press("#ed-undo")
    editor.said("Undone: Moved Bay 1.02 into Deck 2")

    assert children(garage, "Deck 1") == ["Bay 1.01", "Bay 1.02", "Bay 1.03"]


def test_space_is_dragged_between_two_others(editor: EditorPage, garage: Site) -> None:
    editor.drag("Bay 1.03", "Bay 1.01", BEFORE)
    editor.said("Reordered Bay 1.03")
    editor.drag("Bay 1.03", "Bay 1.01", BEHIND)
    editor.wait(lambda: children(garage, "Deck 1") == ["Bay 1.01", "Bay 1.03", "Bay 1.02"])

    assert editor.names()[3:6] == ["Bay 1.01", "Bay 1.03", "Bay 1.02"]


def test_drop_where_it_may_not_stand_does_nothing(editor: EditorPage, garage: Site) -> None:
    editor.drag("Deck 2", "Bay 1.02")

    assert children(garage, "Park") == ["Deck 1", "Deck 2"]
    assert editor.run("return document.querySelectorAll('.ed-ghost').length") == 0


def test_device_is_dragged_to_another_space(
    page: EditorPage, garage: Site, owner: Organisation
) -> None:
    make_device(owner, site=garage, space=named(garage, "Deck 1"), name="Charger")
    page.open(garage)
    page.open_row("Deck 1")

    page.drag("Charger", "Deck 2")
    page.said("Put Charger into Deck 2")

    assert Device.objects.get().space == named(garage, "Deck 2")


def test_keys_alone_move_and_reorder(editor: EditorPage, garage: Site) -> None:
    editor.select("Bay 1.01")
    editor.chord(Keys.ALT, Keys.ARROW_DOWN)
    editor.said("Reordered Bay 1.01")
    assert children(garage, "Deck 1") == ["Bay 1.02", "Bay 1.01", "Bay 1.03"]

    editor.chord(Keys.CONTROL, "x")
    editor.keys("d", "e")  # to Deck 2, by its first letters
    editor.wait(lambda: "Deck" in editor.selected())
    editor.select("Deck 2")
    editor.chord(Keys.CONTROL, "v")
    editor.said("Moved Bay 1.01 into Deck 2")

    assert children(garage, "Deck 1") == ["Bay 1.02", "Bay 1.03"]


def test_tree_tells_screen_readers_where_one_is(editor: EditorPage) -> None:
    editor.select("Bay 1.02")
    editor.keys(Keys.ARROW_DOWN)

    active = editor.find("#ed-tree").get_attribute("aria-activedescendant")
    row = editor.find(f"[id='{active}']")
    told = [row.get_attribute(f"aria-{name}") for name in ("level", "posinset", "setsize")]
    assert (row.get_attribute("aria-selected"), told) == ("true", ["4", "3", "3"])


def test_name_is_written_in_its_row(editor: EditorPage, garage: Site) -> None:
    editor.select("Bay 1.02")
    editor.keys(Keys.F2)
    editor.keys("Bay for two", Keys.ENTER)
    editor.said("Renamed Bay 1.02 to Bay for two")

    assert children(garage, "Deck 1")[1] == "Bay for two"
    assert editor.row("Bay for two")


def test_name_is_left_as_it_was_by_escape(editor: EditorPage, garage: Site) -> None:
    editor.select("Bay 1.02")
    editor.keys(Keys.F2)
    editor.keys("Nonsense", Keys.ESCAPE)

    assert editor.row("Bay 1.02")
    assert children(garage, "Deck 1")[1] == "Bay 1.02"


def test_only_kinds_that_may_stand_there_are_offered(editor: EditorPage, garage: Site) -> None:
    editor.select("Deck 2")
    editor.keys(Keys.INSERT)
    offered = editor.run(
        "return [...document.querySelectorAll('[role=menuitem]')].map(b => b.dataset.kind)"
    )
    assert offered == ["bay"]

    editor.keys(Keys.ENTER)
    editor.wait(lambda: editor.run("return document.activeElement.className") == "ed-rename")
    editor.keys("For bicycles", Keys.ENTER)
    editor.said("Renamed Bay 4 to For bicycles")

    assert children(garage, "Deck 2")[-1] == "For bicycles"


def test_undo_and_redo_go_through_several_steps(editor: EditorPage, garage: Site) -> None:
    editor.select("Deck 2")
    editor.keys(Keys.INSERT)
    editor.keys(Keys.ENTER)
    editor.wait(lambda: editor.run("return document.activeElement.className") == "ed-rename")
    editor.keys("New", Keys.ENTER)
    editor.said("Renamed Bay 4 to New")

    for step in ("Undone: Renamed", "Undone: Added", "Done again: Added", "Done again: Renamed"):
        editor.chord(Keys.CONTROL, "z" if step.startswith("Undone") else "y")
        editor.said(step)

    assert children(garage, "Deck 2")[-1] == "New"


def test_removal_is_looked_at_done_and_undone(editor: EditorPage, garage: Site) -> None:
    editor.select("Deck 1")
    editor.keys(Keys.DELETE)
    editor.wait(lambda: "with 3 spaces inside" in editor.find("dialog").text)
    assert children(garage, "Park") == ["Deck 1", "Deck 2"]

    editor.press("#ed-apply")
    editor.said("Removed Deck 1")
    assert children(garage, "Park") == ["Deck 2"]
    editor.press("#ed-undo")
    editor.said("Undone: Removed Deck 1")

    assert children(garage, "Deck 1") == ["Bay 1.01", "Bay 1.02", "Bay 1.03"]


def test_things_inside_are_told_where_they_go(
    page: EditorPage, garage: Site, owner: Organisation
) -> None:
    make_device(owner, site=garage, space=named(garage, "Deck 1"), name="Charger")
    page.open(garage)

    page.select("Deck 1")
    page.press("#ed-remove")
    page.press("#ed-relocate")
    page.wait(lambda: page.find(".ed-choose") == page.driver.switch_to.active_element)
    page.keys("Deck 2")
    page.wait(lambda: "Deck 2" in page.find(".ed-choices li[aria-selected=true] .ed-name").text)
    page.keys(Keys.ENTER)
    page.press("#ed-apply")
    page.said("Removed Deck 1")

    assert Device.objects.get().space == named(garage, "Deck 2")


def test_slot_is_filled_with_a_device_that_stands_nowhere(
    page: EditorPage, garage: Site, owner: Organisation
) -> None:
    make_device(owner, type=make_type(category="charger"), name="Spare charger")
    page.open(garage)

    page.select("Deck 1")
    page.press("[aria-label='Place a device: Charger']")
    page.wait(lambda: "Spare charger" in page.find(".ed-choices").text)
    page.keys(Keys.ENTER)
    page.said("Put Spare charger into Deck 1")

    assert Device.objects.get().space == named(garage, "Deck 1")


def test_property_is_set_in_a_form(editor: EditorPage, garage: Site) -> None:
    editor.select("Deck 1")
    editor.panel("Level".lower())
    field = editor.find("#ed-property-level")
    field.clear()
    field.send_keys("7", Keys.ENTER)
    editor.said("Changed the properties of Deck 1")

    assert named(garage, "Deck 1").properties == {"level": 7}


def test_search_jumps_to_what_was_found(editor: EditorPage) -> None:
    editor.keys("/")
    editor.keys("2.02")
    editor.wait(lambda: "Deck 2" in editor.find("#ed-found").text)
    editor.keys(Keys.ENTER)

    assert editor.selected().startswith("Bay 2.02")


def test_search_lights_up_views_whatever_the_accents(editor: EditorPage) -> None:
    editor.keys("/")
    editor.keys("báys view")
    editor.wait(lambda: "Bays" in editor.find("#ed-found").text)
    editor.keys(Keys.ENTER)

    editor.said("Bays: 6 members")


def test_pictures_select_what_is_clicked_and_views_light_up(editor: EditorPage) -> None:
    editor.select("Park")
    editor.click_box("Bay 2.02")
    assert editor.selected().startswith("Bay 2.02")

    editor.press("#ed-tab-graph")
    editor.select("Deck 1")
    assert editor.box("Bay 1.01")
    editor.find("[id='row-']").click()
    editor.press(".ed-chip")
    editor.said("Bays: 6 members")
    assert len(editor.driver.find_elements("css selector", ".ed-row.ed-lit")) >= 3


def test_colleague_is_not_written_over(editor: EditorPage, garage: Site) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("anna@example.org", "x", name="Anna"))
    Editor(client, garage).edit("rename", space=named(garage, "Bay 1.02"), to="Annas bay")

    editor.select("Bay 1.02")
    editor.keys(Keys.F2)
    editor.keys("My bay", Keys.ENTER)

    assert "Anna renamed Bay 1.02 to Annas bay." in editor.said("while you were looking")
    assert editor.row("Annas bay")
    assert children(garage, "Deck 1")[1] == "Annas bay"


def test_page_keeps_the_policy_for_content(editor: EditorPage) -> None:
    editor.select("Deck 1")
    editor.keys("m")
    editor.wait(lambda: editor.find("dialog"))
    editor.keys(Keys.ESCAPE)
    editor.press("#ed-help")
    editor.keys(Keys.ESCAPE)
    editor.press("#ed-tab-graph")

    assert editor.complaints() == []
