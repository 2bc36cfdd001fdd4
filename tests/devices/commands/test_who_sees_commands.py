"""What people ask of the devices of their flat is theirs: it tells when they are at home."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Organisation, User
from devices.models import Command, Device
from tests.conftest import Client
from tests.contract.things import client_with
from tests.devices.commands.world import make_plug
from tests.devices.factories import make_batch
from tests.factories import (
    make_access_token,
    make_application,
    make_consent,
    make_organisation,
)
from tests.twin.factories import make_occupancy, make_site, make_space
from twin.models import Occupancy, Space

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {"action": "switch", "parameters": {"on": True}}


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return make_space(make_site(organisation), name="Flat")


@pytest.fixture
def lamp(organisation: Organisation, flat: Space) -> Device:
    return make_plug(organisation, site=flat.site, space=flat)


@pytest.fixture
def lives(flat: Space, dora: User) -> Occupancy:
    return make_occupancy(flat, dora)


def ask(client: Any, lamp: Device) -> str:
    response = client.post(f"/api/v1/devices/{lamp.pk}/commands/", BODY)
    assert response.status_code == HTTPStatus.ACCEPTED, response.content
    return str(response.json()["id"])


def seen(client: Any) -> list[str]:
    return [row["id"] for row in client.get("/api/v1/commands/").json()["results"]]


def test_occupant_asks_and_landlord_sees_nothing_of_it(
    as_: Client, alice: User, dora: User, lamp: Device, lives: Occupancy
) -> None:
    key = ask(as_(dora), lamp)

    assert seen(as_(dora)) == [key]
    assert seen(as_(alice)) == []
    assert as_(alice).get(f"/api/v1/commands/{key}/").status_code == HTTPStatus.NOT_FOUND
    entry = AuditEntry.objects.get(object_type="command", object_id=key)
    assert (entry.organisation_id, entry.site_id, entry.user_id) == (None, None, dora.pk)


def test_landlord_asks_and_both_see_it(
    as_: Client, alice: User, dora: User, lamp: Device, lives: Occupancy
) -> None:
    key = ask(as_(alice), lamp)

    assert seen(as_(dora)) == seen(as_(alice)) == [key]


def test_gateway_sees_what_it_has_to_carry(
    as_: Client, dora: User, lamp: Device, lives: Occupancy
) -> None:
    key = ask(as_(dora), lamp)
    assert lamp.gateway is not None
    assert lamp.gateway.application is not None

    assert seen(as_(lamp.gateway.application)) == [key]


def test_successor_sees_nothing_of_before(
    as_: Client, alice: User, dora: User, lamp: Device, lives: Occupancy
) -> None:
    ask(as_(alice), lamp)
    Command.objects.update(created_at=timezone.now() - timedelta(days=400 * 30))

    assert seen(as_(dora)) == []


def test_coarse_consent_shows_only_what_its_application_asked(
    as_: Client, alice: User, dora: User, lamp: Device, lives: Occupancy
) -> None:
    ask(as_(alice), lamp)
    application = make_application(make_organisation())
    make_consent(dora, application, resolution="1mo")

    key = ask(as_(dora), lamp)

    assert seen(as_(dora)) == [key]


@pytest.mark.parametrize(
    ("terms", "count"),
    [
        ({}, 1),
        ({"history_from": timezone.now() - timedelta(hours=1)}, 1),
        ({"history_from": timezone.now() + timedelta(hours=1)}, 0),
        ({"resolution": "1d"}, 0),
    ],
    ids=["uncut", "since before", "since after", "by day"],
)
def test_batches_of_a_cut_app_are_those_its_consent_shows(
    organisation: Organisation, alice: User, terms: dict[str, Any], count: int
) -> None:
    make_batch(organisation)
    app = make_application(make_organisation(name="Third party"))
    token = make_access_token(app, consent=make_consent(alice, app, **terms))

    answer = client_with(token).get("/api/v1/command-batches/")

    assert len(answer.json()["results"]) == count
