"""The admin's page "Who can see this?": an answer in words, and who looked is on record."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Application, AuditEntry, Organisation, User
from tests import factories as people
from tests.devices.factories import make_device, make_gateway
from tests.twin import factories
from twin.models import ConsentNode, Space
from twin.services.grants import revoke_grant

pytestmark = pytest.mark.django_db
PAGE = "/admin/twin/node/access/"


@pytest.fixture
def manager(client: Client) -> Client:
    """Someone who may do everything in the admin site."""
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return client


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return factories.make_space(factories.make_site(organisation, name="Tilleuls"), name="Flat 4.3")


def ask(manager: Client, node: Any, **more: Any) -> str:
    """Return the text of the answer without its tags."""
    key = node if isinstance(node, str) else node.pk
    asked = {"object": key, "action": "devices:read", **more}
    response = manager.get(PAGE, asked)
    assert response.status_code == HTTPStatus.OK
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def test_occupant_is_allowed_by_the_occupancy_of_the_flat(
    manager: Client, flat: Space, dora: User
) -> None:
    occupancy = factories.make_occupancy(flat, dora)

    text = ask(manager, flat, person=dora.email)

    since = f"{occupancy.starts_at:%Y-%m-%d %H:%M} UTC"
    assert f"allowed by occupancy of Flat 4.3: may see and control, since {since}" in text
    assert "Not allowed" not in text


def test_application_is_held_to_its_consent(
    manager: Client, flat: Space, dora: User, meter_app: Application
) -> None:
    factories.make_occupancy(flat, dora)
    consent = people.make_consent(dora, meter_app, is_limited=True, resolution="1d")
    ConsentNode.objects.create(consent=consent, node_id=flat.pk)

    text = ask(manager, flat, person=str(dora.pk), application=meter_app.client_id)

    assert f"within consent of {meter_app} limited to Flat 4.3, resolution 1d (days)" in text


def test_stranger_is_told_the_nearest_grant_that_would_do(
    manager: Client, flat: Space, charlie: User
) -> None:
    text = ask(manager, flat, person=charlie.email)

    assert "Not allowed" in text
    assert "a grant as viewer on this node. (Flat 4.3)" in text


def test_landlord_is_held_to_the_policy_of_an_occupied_flat(
    manager: Client, flat: Space, dora: User, alice: User
) -> None:
    factories.make_occupancy(flat, dora)

    text = ask(manager, flat, person=alice.email, action="readings:read")

    assert "policy of Tilleuls for occupied flats: resolution 1mo (months)" in text


def test_page_lists_everybody_who_sees_the_object(
    manager: Client, flat: Space, dora: User, charlie: User, alice: User
) -> None:
    factories.make_occupancy(flat, dora)
    factories.make_grant(flat.site, charlie, role="operator")

    text = ask(manager, flat)

    assert f"{dora.email} occupancy of Flat 4.3" in text
    assert f"{charlie.email} grant on Tilleuls: may see, control and change" in text
    assert alice.email in text


def test_past_is_answered_by_what_was_on_record(
    manager: Client, flat: Space, charlie: User
) -> None:
    grant = factories.make_grant(flat, charlie)
    meanwhile = timezone.now()
    revoke_grant(grant)

    now, then = ask(manager, flat), ask(manager, flat, at=meanwhile.isoformat())

    assert f"Who can see Flat 4.3 on {meanwhile:%Y-%m-%d %H:%M} UTC" in then
    assert (charlie.email in now, charlie.email in then) == (False, True)


def test_place_is_found_by_name_and_several_are_offered(
    manager: Client, flat: Space, dora: User
) -> None:
    factories.make_occupancy(flat, dora)
    factories.make_space(flat.site, name="Flat 4.4")

    assert dora.email in ask(manager, "flat 4.3")
    offered = ask(manager, "Flat 4")
    assert "Which one is meant?" in offered
    assert "Flat 4.3" in offered
    assert "Flat 4.4" in offered


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"object": "nowhere"}, "No place is called so."),
        ({"object": "01900000-0000-7000-8000-000000000000"}, "There is no such object now."),
        ({"person": "nobody@example.org"}, "There is no such account."),
        ({"application": "nothing"}, "There is no such application."),
        ({"action": "fly"}, "Select a valid choice."),
        ({"at": "yesterday"}, "Enter a valid date/time."),
    ],
)
def test_bad_question_is_told_beside_its_field(
    manager: Client, flat: Space, change: dict[str, str], told: str
) -> None:
    response = manager.get(PAGE, {"object": flat.pk, "action": "devices:read", **change})

    assert told in response.content.decode()


def test_look_is_recorded_with_the_object_and_the_person(
    manager: Client, flat: Space, dora: User
) -> None:
    ask(manager, flat, person=dora.email)

    entry = AuditEntry.objects.filter(action="read", object_id=str(flat.pk)).latest("pk")
    assert (entry.subject_id, entry.site_id) == (dora.pk, flat.site_id)
    assert entry.organisation_id == flat.organisation_id
    assert entry.get_changes()["page"][1] == "twin_node_access"


def test_pages_of_nodes_lead_to_the_question(
    manager: Client, flat: Space, organisation: Organisation
) -> None:
    view = factories.make_view(flat.site)
    device = make_device(organisation, space=flat)
    gateway = make_gateway(organisation, site=flat.site)
    pages = {
        "twin/site": flat.site,
        "twin/space": flat,
        "twin/view": view,
        "devices/device": device,
        "devices/gateway": gateway,
        "twin/node": flat,
    }

    for where, thing in pages.items():
        page = manager.get(f"/admin/{where}/{thing.pk}/change/")
        assert f"{PAGE}?object={thing.pk}" in page.content.decode(), where
        assert manager.get(PAGE, {"object": thing.pk, "action": "devices:read"}).status_code == 200


def test_page_is_for_staff_who_may_see_nodes(client: Client, flat: Space, dora: User) -> None:
    clerk = people.make_user(is_staff=True)
    for person in (dora, clerk):
        client.force_login(person)
        response = client.get(PAGE, {"object": flat.pk, "person": dora.email})
        assert response.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.FOUND}
    assert not AuditEntry.objects.filter(action="read", object_id=str(flat.pk)).exists()


def test_page_needs_no_script_and_no_style_of_its_own(manager: Client, flat: Space) -> None:
    response = manager.get(PAGE, {"object": flat.pk, "action": "devices:read"})

    body = response.content.decode().partition('id="content"')[2]
    assert "<script" not in body
    assert "style=" not in body
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
