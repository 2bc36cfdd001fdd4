"""Asking a device to act on its page: forms from the actions' schemas, for who may operate it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from devices.models import Command, Device
from tests.devices.commands.world import make_plug

pytestmark = pytest.mark.django_db
AIM = {
    "type": "object",
    "properties": {
        "on": {"type": "boolean"},
        "level": {"type": "integer", "minimum": 0, "maximum": 9},
        "mode": {"enum": ["eco", "boost"]},
    },
    "required": ["on"],
    "additionalProperties": False,
}


@pytest.fixture
def plug(organisation: Organisation) -> Device:
    return make_plug(organisation, action={"parameters": AIM})


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, device: Device, **given: str) -> Any:
    url = f"/operations/devices/{device.pk}/commands/"
    return client.post(url, {"action": "switch", **given})


def test_form_has_a_field_for_each_parameter(bob: User, plug: Device) -> None:
    text = log_in(bob).get(f"/operations/devices/{plug.pk}/").content.decode()

    assert '<select id="a-switch-on" name="on" required>' in text
    assert 'name="level" type="number" step="1" inputmode="decimal" min="0" max="9"' in text
    assert '<option value="boost">boost</option>' in text


def test_what_is_filled_in_becomes_a_command(bob: User, plug: Device) -> None:
    client = log_in(bob)

    answer = ask(client, plug, on="true", level="3", mode="", reference="once")
    ask(client, plug, on="true", level="3", mode="", reference="once")

    command = Command.objects.get()
    assert (answer.status_code, command.user) == (302, bob.pk)
    assert command.parameters == {"on": True, "level": 3}
    part = client.get(f"/operations/devices/{plug.pk}/commands/").content.decode()
    assert ("data-open" in part, "level: 3" in part, "queued" in part) == (True, True, True)


@pytest.mark.parametrize("given", [{}, {"on": "maybe"}, {"on": "true", "level": "12"}])
def test_what_does_not_fit_is_refused_in_words(
    bob: User, plug: Device, given: dict[str, str]
) -> None:
    answer = ask(log_in(bob), plug, **given)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Command.objects.exists()


def test_risky_action_asks_to_be_sure(bob: User, organisation: Organisation) -> None:
    valve = make_plug(organisation, action={"needs_approval": True})
    client = log_in(bob)

    assert ask(client, valve, on="true").status_code == 400
    assert ask(client, valve, on="true", sure="yes").status_code == 302
    assert Command.objects.get().status == "awaiting-approval"


def test_who_only_looks_gets_no_form(vera: User, charlie: User, plug: Device) -> None:
    viewer = log_in(vera)

    assert b'class="ask"' not in viewer.get(f"/operations/devices/{plug.pk}/").content
    assert ask(viewer, plug, on="true").status_code == 403
    assert ask(log_in(charlie), plug, on="true").status_code == 404
    assert not Command.objects.exists()
