"""The building editor shows: its page, the building in brief, one space in full, a view."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Organisation, User
from tests.devices.factories import make_device, make_gateway, make_type
from tests.twin.admin.editing import Editor, make_staff, texts
from tests.twin.definitions.documents import changed
from tests.twin.factories import (
    make_relationship,
    make_site,
    make_space,
    make_version,
    make_view,
)
from tests.twin.planning.buildings import named
from twin.models import Site, View
from twin.selectors.editor import building_of
from twin.services.sites import build_site

pytestmark = pytest.mark.django_db
READS = ("", "building/", "links/", "spare/")


def test_page_holds_no_inline_script_or_style(editor: Editor) -> None:
    page = editor.get("").content.decode()

    assert "twin/editor/main.js" in page
    assert "style=" not in page
    assert "onclick" not in page


def test_site_page_leads_to_the_editor(editor: Editor, garage: Site) -> None:
    page = editor.client.get(f"/admin/twin/site/{garage.pk}/change/").content.decode()

    assert editor.root in page


def test_building_comes_whole_and_in_order(editor: Editor, garage: Site) -> None:
    building = editor.building()

    decks = [row for row in building["spaces"] if row[2] == "deck"]
    assert texts(decks) == ["Deck 1", "Deck 2"]
    assert decks[0][1] == str(named(garage, "Park").pk)
    assert building["kinds"]["garage"]["contains"] == {"deck": 9}
    assert not building["kinds"]["deck"]["is_root"]
    assert building["views"][0]["name"] == "Bays"


def test_free_form_site_offers_the_kinds_it_has(editor: Editor, organisation: Organisation) -> None:
    site = make_site(organisation)
    make_space(site, kind="hangar")

    kinds = Editor(editor.client, site).building()["kinds"]

    assert {"hangar", "room"} <= set(kinds)
    assert "hangar" in kinds["room"]["contains"]


def test_building_takes_the_same_queries_at_any_size(
    editor: Editor, garage: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    deck = named(garage, "Deck 1")
    for number in range(30):
        make_space(garage, deck, kind="bay", name=f"More {number}")

    with django_assert_max_num_queries(18):
        assert len(editor.building()["spaces"]) == 39


def test_things_come_with_their_places(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    deck = named(garage, "Deck 1")
    make_device(organisation, site=garage, space=deck, name="Charger")
    make_gateway(organisation, site=garage, name="Box")

    things = editor.building()["things"]

    assert [(row[1], row[2], row[3]) for row in things] == [
        (None, "gateway", "Box"),
        (str(deck.pk), "device", "Charger"),
    ]


def test_space_comes_with_its_slots_and_views(
    editor: Editor, garage: Site, organisation: Organisation
) -> None:
    deck = named(garage, "Deck 1")
    kind = make_type(category="charger")
    device = make_device(organisation, site=garage, space=deck, type=kind, name="Charger")
    view = make_view(garage, deck, name="Mine")

    found = editor.get(f"spaces/{deck.pk}/").json()

    assert found["slots"][0]["devices"] == [str(device.pk)]
    assert found["views"] == [str(view.pk)]
    assert found["properties"] == {"level": 1}
    assert found["holds"]["devices"] == 1


def test_view_tells_what_its_rule_finds_and_what_was_put_in(editor: Editor, garage: Site) -> None:
    view, deck = View.objects.get(name="Bays"), named(garage, "Deck 1")
    editor.edit("join", view=view, node=deck)

    found = editor.get(f"views/{view.pk}/").json()

    assert len(found["nodes"]) == 7
    assert found["by_hand"] == [str(deck.pk)]


def test_relationships_come_with_their_ends(editor: Editor, garage: Site) -> None:
    edge = make_relationship(named(garage, "Deck 1"), named(garage, "Deck 2"))

    links = editor.get("links/").json()["links"]

    assert links == [["measures", str(edge.source_id), str(edge.target_id)]]


def test_spare_devices_are_the_owners_that_stand_nowhere(
    editor: Editor, garage: Site, organisation: Organisation, charlie: User
) -> None:
    charger = make_type(category="charger")
    make_device(organisation, type=charger, name="Spare charger")
    make_device(organisation, name="Spare meter")
    make_device(organisation, site=garage, name="Hung up")
    elsewhere = charlie.b2b_users.get().organisation
    make_device(elsewhere, name="Not ours")

    every = editor.get("spare/").json()["things"]
    fitting = editor.get("spare/", category="charger", q="spare").json()["things"]

    assert texts(every) == ["Spare charger", "Spare meter"]
    assert texts(fitting) == ["Spare charger"]


@pytest.mark.parametrize("at", READS)
def test_staff_without_the_permission_sees_nothing(client: Client, garage: Site, at: str) -> None:
    client.force_login(make_staff("view_site"))

    assert Editor(client, garage).get(at).status_code == HTTPStatus.FORBIDDEN


def test_people_outside_of_the_staff_are_led_to_the_log_in(
    client: Client, garage: Site, dora: User
) -> None:
    client.force_login(dora)

    assert Editor(client, garage).get("building/").status_code == HTTPStatus.FOUND


def test_parts_of_another_site_are_not_found(editor: Editor, organisation: Organisation) -> None:
    other = make_site(organisation)
    space, view = make_space(other), make_view(other)

    for at in (f"spaces/{space.pk}/", f"views/{view.pk}/"):
        assert editor.get(at).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("at", READS)
def test_each_look_is_in_the_log(editor: Editor, garage: Site, at: str) -> None:
    editor.get(at)

    entry: Any = AuditEntry.objects.filter(action="read").latest("pk")
    assert (entry.object_id, entry.site_id) == (str(garage.pk), garage.pk)


def test_looks_are_no_part_of_the_story(editor: Editor) -> None:
    before = editor.building()["revision"]

    assert editor.building()["revision"] == before


def test_units_of_properties_come_as_people_write_them(
    organisation: Organisation, garage: Site
) -> None:
    document = changed("kinds/deck/properties/level/unit", "W/m2")
    make_version(organisation, definition=document, number=3)
    site, _ = build_site(organisation=organisation.pk, name="New", template="car-park@3")

    level = building_of(site)["kinds"]["deck"]["properties"]["level"]

    assert (level["unit"], level["symbol"]) == ("W/m2", "W/m²")
