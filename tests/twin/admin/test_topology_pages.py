"""The admin's topology pages: what is shown, what is written, what is refused."""

import re
from http import HTTPStatus
from typing import Any

import pytest
import yaml
from django.test import Client

from accounts.models import Organisation, User
from tests.twin import factories
from tests.twin.definitions.documents import car_park, changed
from twin.choices import VersionStatus
from twin.models import Relationship, Site, Space, TemplateVersion, View
from twin.selectors.templates import definition_of
from twin.services.building import build
from twin.services.declarations import declare

pytestmark = pytest.mark.django_db
SITES, SPACES = "/admin/twin/site/", "/admin/twin/space/"
VERSIONS = "/admin/twin/templateversion/"


@pytest.fixture
def manager(client: Client) -> Client:
    """Someone who may do everything in the admin site."""
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return client


@pytest.fixture
def park(organisation: Organisation) -> Site:
    """A built site of the template ``car-park``."""
    version = factories.make_version(organisation)
    site = factories.make_site(organisation, template_version=version)
    definition = definition_of(version)
    build(site, definition=definition, spaces=declare(name="Park", version=version).spaces)
    return site


def named(name: str) -> Space:
    return Space.objects.get(name=name)


def form_of(space: Space, **changes: Any) -> dict[str, Any]:
    """Return what the page of a space would send."""
    fields = {"name": space.name, "parent": space.parent_id or "", "properties": "{}"}
    return {**fields, "position": space.position, **changes}


def shown(response: Any) -> str:
    """Return the text of a page without its tags."""
    return re.sub(r"<[^>]*>", " ", response.content.decode())


def test_site_page_shows_its_tree_in_order(manager: Client, park: Site) -> None:
    text = shown(manager.get(f"{SITES}{park.pk}/change/"))

    places = [text.index(name) for name in ("Deck 1", "Bay 1.01", "Bay 1.03", "Deck 2")]
    assert places == sorted(places)


def test_pages_hold_no_inline_script_or_style(manager: Client, park: Site) -> None:
    space = named("Deck 1")

    for url in (f"{SITES}{park.pk}/change/", f"{SITES}add/", f"{SPACES}{space.pk}/change/"):
        page = manager.get(url).content.decode()
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))[^>]*>", page)
        assert not re.search(r"<style|\sstyle=|\sonclick=", page)


def test_site_is_built_from_the_page(
    manager: Client, shipped: None, organisation: Organisation
) -> None:
    version = TemplateVersion.objects.get(template__key="office")
    form = {"name": "Tower", "organisation": organisation.pk, "template_version": version.pk}

    response = manager.post(
        f"{SITES}add/",
        {**form, "parameters": '{"floors": 2}', "time_zone": "Europe/Paris", "address": "{}"},
    )

    assert response.status_code == HTTPStatus.FOUND
    assert Space.objects.filter(site__name="Tower", kind="floor").count() == 2


def test_wrong_parameters_are_told_and_nothing_is_built(
    manager: Client, shipped: None, organisation: Organisation
) -> None:
    version = TemplateVersion.objects.get(template__key="collective-housing")
    form = {"name": "Tower", "organisation": organisation.pk, "template_version": version.pk}

    response = manager.post(
        f"{SITES}add/",
        {**form, "parameters": "{}", "time_zone": "UTC", "address": "{}"},
        follow=True,
    )

    assert "Give the parameter" in shown(response)
    assert not Site.objects.exists()


def test_site_is_renamed_and_deleted(manager: Client, park: Site) -> None:
    form = {"name": "New", "time_zone": "UTC", "address": "{}", "members-TOTAL_FORMS": 0}

    manager.post(f"{SITES}{park.pk}/change/", {**form, "members-INITIAL_FORMS": 0})
    assert Site.objects.get().name == "New"
    manager.post(f"{SITES}{park.pk}/delete/", {"post": "yes"})

    assert not Site.objects.exists()


def test_space_is_added_below_its_parent(manager: Client, park: Site) -> None:
    deck = named("Deck 2")
    page = manager.get(f"{SPACES}add/?site={park.pk}&parent={deck.pk}").content.decode()
    form = {"site": park.pk, "kind": "bay", "name": "Bay 9", "parent": deck.pk, "properties": "{}"}

    manager.post(f"{SPACES}add/", form)

    assert 'value="bay"' in page
    assert 'value="garage"' not in page
    assert (named("Bay 9").parent, named("Bay 9").position) == (deck, 3)


def test_space_is_renamed_and_moved(manager: Client, park: Site) -> None:
    bay, deck = named("Bay 1.01"), named("Deck 2")

    manager.post(
        f"{SPACES}{bay.pk}/change/", form_of(bay, name="Bay for two", parent=deck.pk, position="")
    )

    moved = named("Bay for two")
    assert list(moved.path) == [*deck.path, bay.pk.hex]
    assert named("Bay 1.02").position == 0


def test_refused_move_is_told(manager: Client, park: Site) -> None:
    deck = named("Deck 1")

    response = manager.post(
        f"{SPACES}{deck.pk}/change/", form_of(deck, parent=named("Bay 2.01").pk), follow=True
    )

    assert "A bay cannot contain a deck" in shown(response)
    assert named("Deck 1").path == deck.path


def test_spaces_are_deleted_with_all_below(manager: Client, park: Site) -> None:
    picked = [named("Deck 1").pk, named("Bay 1.01").pk]

    manager.post(SPACES, {"action": "delete_selected", "_selected_action": picked, "post": "yes"})

    assert set(Space.objects.filter(kind="deck").values_list("name", flat=True)) == {"Deck 2"}
    assert not Space.objects.filter(name__startswith="Bay 1").exists()


def test_template_is_written_as_yaml(manager: Client) -> None:
    text = f"# Ours\n{yaml.safe_dump(car_park())}"

    manager.post("/admin/twin/topologytemplate/add/", {"source": text})

    version = TemplateVersion.objects.get()
    assert (version.status, version.source.startswith("# Ours")) == ("draft", True)


def test_broken_rule_is_told_with_its_place(manager: Client) -> None:
    text = yaml.safe_dump(changed("kinds/bay/contains", {"deck": {}}))

    response = manager.post("/admin/twin/topologytemplate/add/", {"source": text})

    assert "/kinds/bay/contains: " in shown(response)
    assert not TemplateVersion.objects.exists()


def test_draft_is_redefined_then_published_for_good(manager: Client) -> None:
    version = factories.make_version(status=VersionStatus.DRAFT)
    url, picked = f"{VERSIONS}{version.pk}/change/", [version.pk]

    manager.post(url, {"source": yaml.safe_dump(changed("name", "Garage"))})
    manager.post(VERSIONS, {"action": "publish", "_selected_action": picked})

    version.refresh_from_db()
    assert (version.definition["name"], version.status) == ("Garage", "published")
    assert "<textarea" not in manager.get(url).content.decode()


def test_refused_action_is_told(manager: Client) -> None:
    version = factories.make_version(status=VersionStatus.DRAFT)
    form = {"action": "deprecate", "_selected_action": [version.pk]}

    response = manager.post(VERSIONS, form, follow=True)

    assert "cannot become deprecated" in shown(response)


def test_view_is_made_changed_and_deleted(manager: Client, park: Site) -> None:
    views = "/admin/twin/view/"
    members = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}
    manager.post(f"{views}add/", {"site": park.pk, "name": "Bays", "rule": '{"kinds": ["bay"]}'})
    view = View.objects.get(name="Bays")

    manager.post(f"{views}{view.pk}/change/", {"name": "Lots", "rule": "null", **members})
    view.refresh_from_db()
    assert (view.name, view.rule) == ("Lots", None)

    manager.post(f"{views}{view.pk}/delete/", {"post": "yes"})
    assert not View.objects.filter(pk=view.pk).exists()


def test_edge_is_deleted(manager: Client, park: Site) -> None:
    edge = factories.make_relationship(named("Deck 1"), named("Deck 2"))

    manager.post(f"/admin/twin/relationship/{edge.pk}/delete/", {"post": "yes"})

    assert not Relationship.objects.exists()
