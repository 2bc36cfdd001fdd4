"""The admin's page of a connection: status, sync now, and a secret that is never shown."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from integrations.models import Connection
from tests.devices.factories import make_fleet
from tests.factories import make_user
from tests.integrations.smartme.clouds import READING_KEY
from tests.integrations.smartme.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(organisation: Organisation) -> Connection:
    return make_connection(make_fleet(organisation))


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def page_of(connection: Connection) -> str:
    return reverse("admin:integrations_connection_change", args=[connection.pk])


def form_of(connection: Connection, **more: Any) -> dict[str, Any]:
    given = {
        "name": connection.name,
        "auth_method": "api_key",
        "interval_s": 60,
        "history_days": 0,
        "licence": "unknown",
    }
    return {**given, "username": "", "card_id": "", "site": "", "new_secret": "", **more}


def test_page_shows_status_and_problem_but_no_secret(staff: Client, connection: Connection) -> None:
    Connection.objects.update(status="failed", problem="smart-me refused the credentials (401)")

    text = staff.get(page_of(connection)).content.decode()

    assert "Needs somebody to act" in text
    assert "refused the credentials" in text
    assert "Sync now" in text
    assert READING_KEY not in text


@pytest.mark.parametrize("noun", ["connection", "meterlink", "syncrun"])
def test_lists_open(staff: Client, connection: Connection, noun: str) -> None:
    connection.runs.create(started_at=connection.created_at)
    connection.meters.create(
        meter_id=connection.pk, device_type_key="smartme-plug", seen_at=connection.created_at
    )

    page = staff.get(reverse(f"admin:integrations_{noun}_changelist"))

    assert page.status_code == 200


def test_button_asks_for_a_sync(staff: Client, connection: Connection) -> None:
    Connection.objects.update(claim=None, next_attempt_at="2100-01-01T00:00:00Z")
    url = reverse("admin:integrations_connection_sync", args=[connection.pk])

    answer = staff.post(url, follow=True)

    assert "a sync is on its way" in answer.content.decode()
    assert Connection.objects.get().claim is not None


def test_button_of_a_paused_connection_says_so(staff: Client, connection: Connection) -> None:
    Connection.objects.update(status="paused")

    url = reverse("admin:integrations_connection_sync", args=[connection.pk])

    assert "is paused" in staff.post(url, follow=True).content.decode()


def test_picked_connections_are_synced(staff: Client, connection: Connection) -> None:
    Connection.objects.update(claim=None)
    picked = {"action": "sync_now", "_selected_action": [str(connection.pk)]}

    staff.post(reverse("admin:integrations_connection_changelist"), picked)

    assert Connection.objects.get().claim is not None


def test_saving_without_a_secret_keeps_the_stored_one(
    staff: Client, connection: Connection
) -> None:
    answer = staff.post(page_of(connection), form_of(connection, name="Nord"))

    stored = Connection.objects.get()
    assert answer.status_code == 302
    assert (stored.name, stored.secret) == ("Nord", READING_KEY)


def test_new_secret_replaces_the_stored_one(staff: Client, connection: Connection) -> None:
    staff.post(page_of(connection), form_of(connection, new_secret="another-key"))

    assert Connection.objects.get().secret == "another-key"


def test_page_pauses_and_resumes(staff: Client, connection: Connection) -> None:
    staff.post(page_of(connection), form_of(connection, paused="on"))
    paused = Connection.objects.get().status
    staff.post(page_of(connection), form_of(connection))

    assert (paused, Connection.objects.get().status) == ("paused", "pending")


def test_connection_is_made_by_the_service(staff: Client, organisation: Organisation) -> None:
    fleet = make_fleet(organisation)
    form = {
        "name": "x",
        "fleet": str(fleet.pk),
        "auth_method": "api_key",
        "interval_s": 60,
        "history_days": 0,
        "licence": "unknown",
    }
    url = reverse("admin:integrations_connection_add")

    refused = staff.post(url, form)
    made = staff.post(url, {**form, "new_secret": "key"})

    assert "needs a secret" in refused.content.decode()
    assert made.status_code == 302
    assert Connection.objects.get().organisation == organisation


def test_deleting_leaves_nothing(staff: Client, connection: Connection) -> None:
    connection.runs.create(started_at=connection.created_at)
    url = reverse("admin:integrations_connection_delete", args=[connection.pk])

    staff.post(url, {"post": "yes"})

    assert not Connection.objects.exists()
