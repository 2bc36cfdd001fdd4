"""The pages of plans in the admin: made, read, settled, applied, undone."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from tests.devices.factories import make_device
from tests.twin.factories import make_space, make_version
from tests.twin.planning.buildings import make_park, named, renamed_bays
from twin.admin.parameter_words import values_in_words
from twin.models import Plan, Site, TemplateVersion, Upgrade
from twin.services.sites import build_site
from twin.services.spaces import change_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return client


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def page(park: Site, *parts: object) -> str:
    return "/".join(["/admin/twin/site", str(park.pk), *map(str, parts), ""])


def shown(response: Any) -> str:
    """Return the text of a page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def make(manager: Client, park: Site, number: int, parameters: str = "", **more: str) -> Plan:
    version = TemplateVersion.objects.get(number=number)
    body = {"template": version.pk, "parameters": parameters, **more}
    response = manager.post(page(park, "plan"), body)
    assert response.status_code == HTTPStatus.FOUND, shown(response)
    return Plan.objects.latest("pk")


def test_site_page_leads_to_its_plans(manager: Client, park: Site) -> None:
    assert page(park, "plan") in manager.get(page(park, "change")).content.decode()


def test_page_tells_of_parameters_what_they_are_now_and_take(manager: Client, park: Site) -> None:
    text = shown(manager.get(page(park, "plan")))

    assert "decks" in text
    assert "Now 2 ; takes a whole number from 1 on." in text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"enum": ["gas", 3]}, '"gas" or 3'),
        ({"type": "boolean"}, "true or false"),
        ({"type": "number", "minimum": 0}, "a number from 0 on"),
        ({"type": "integer", "maximum": 9}, "a whole number up to 9"),
        (
            {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
            "text or a list, each a whole number",
        ),
        ({}, "any value"),
    ],
)
def test_values_of_a_parameter_are_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert values_in_words(schema) == words


def test_plan_is_made_and_reads_as_a_list(manager: Client, park: Site) -> None:
    plan = make(manager, park, 2)

    text = shown(manager.get(page(park, "plans", plan.pk)))

    assert "To car-park@2 . 2 to create, 7 to change. open" in text
    assert "create place “Bay 1.04” garage/deck-1/place-4" in text


def test_plan_is_applied_and_undone(manager: Client, park: Site) -> None:
    plan = make(manager, park, 2)

    applied = manager.post(page(park, "plans", plan.pk, "apply"), follow=True)
    undone = manager.post(page(park, "plans", plan.pk, "undo"), follow=True)

    assert "The plan is applied." in shown(applied)
    assert "The plan is undone." in shown(undone)
    assert not park.spaces.filter(kind="place").exists()


def test_conflict_is_settled_by_a_choice(manager: Client, park: Site) -> None:
    make_space(park, named(park, "Deck 2"), kind="bay", name="Bikes")
    plan = make(manager, park, 1, '{"decks": 1}')
    response = manager.get(page(park, "plans", plan.pk))
    assert "Plan again with these choices" in response.content.decode()

    choice = {"choice:garage/deck-2#removal": "take-template"}
    response = manager.post(page(park, "plans", plan.pk, "settle"), choice, follow=True)

    assert "5 to remove. open" in shown(response)
    assert "Apply this plan" in response.content.decode()


def test_refusal_of_parameters_is_shown(manager: Client, park: Site) -> None:
    body = {"template": TemplateVersion.objects.get(number=2).pk, "parameters": '{"decks": 0}'}

    response = manager.post(page(park, "plan"), body, follow=True)

    assert "0 is less than the minimum of 1." in shown(response)
    assert not Plan.objects.exists()


def test_deed_needs_a_post(manager: Client, park: Site) -> None:
    plan = make(manager, park, 2)

    response = manager.get(page(park, "plans", plan.pk, "apply"))

    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_plan_of_another_site_is_not_found(
    manager: Client, park: Site, organisation: Organisation
) -> None:
    plan = make(manager, park, 2)
    other = make_second(organisation)

    assert manager.get(page(other, "plans", plan.pk)).status_code == HTTPStatus.NOT_FOUND


def make_second(organisation: Organisation) -> Site:
    site, _ = build_site(organisation=organisation.pk, name="Second")
    return site


def test_upgrade_shows_its_progress_and_is_paused(manager: Client, park: Site) -> None:
    version = TemplateVersion.objects.get(number=2)
    tenant = park.organisation
    assert tenant is not None
    upgrade = Upgrade.objects.create(organisation=tenant, template_version=version)
    upgrade.items.create(organisation=tenant, site=park)
    picked = {"action": "pause", "_selected_action": [upgrade.pk]}

    response = manager.post("/admin/twin/upgrade/", picked, follow=True)

    assert "0 % of 1: 1 waiting" in shown(response)
    upgrade.refresh_from_db()
    assert upgrade.status == "paused"


def test_staff_without_the_permission_sees_nothing(client: Client, park: Site) -> None:
    client.force_login(User.objects.create_user("s@example.org", "secret", is_staff=True))

    assert client.get(page(park, "plan")).status_code == HTTPStatus.FORBIDDEN


def test_exceptions_are_planned_from_the_page(manager: Client, park: Site) -> None:
    plan = make(manager, park, 1, exceptions='{"garage/deck-1": {"name": "Entrance"}}')

    assert plan.summary == {"rename": 1}
    assert "to “Entrance”" in shown(manager.get(page(park, "plans", plan.pk)))


def test_devices_of_a_space_that_goes_are_relocated_from_the_page(
    manager: Client, park: Site, organisation: Organisation
) -> None:
    make_device(organisation, site=park, space=named(park, "Bay 2.01"))

    refused = make(manager, park, 1, '{"decks": 1}')
    plan = make(manager, park, 1, '{"decks": 1}', relocate='{"garage/deck-2": "garage/deck-1"}')

    assert (refused.summary.get("refuse"), plan.summary.get("refuse")) == (1, None)


@pytest.mark.parametrize("field", ["parameters", "exceptions", "relocate"])
def test_text_that_is_no_object_is_told(manager: Client, park: Site, field: str) -> None:
    version = TemplateVersion.objects.get(number=2)

    response = manager.post(page(park, "plan"), {"template": version.pk, field: "[1]"})

    assert "Write a JSON object" in shown(response)
    assert not Plan.objects.exists()


def test_value_that_cannot_stay_offers_the_template_s_alone(
    manager: Client, park: Site, organisation: Organisation
) -> None:
    change_space(named(park, "Bay 1.01"), properties={"wide": True})
    document = renamed_bays()
    document["kinds"]["place"]["properties"] = {}
    make_version(organisation, definition=document, number=3)

    html = manager.get(page(park, "plans", make(manager, park, 3).pk)).content.decode()

    assert html.count('value="take-template"') == 1
    assert 'value="keep-local"' not in html
