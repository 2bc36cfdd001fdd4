"""The audit log over REST."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Application, AuditEntry, B2BUser, Organisation, User
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/audit/"


def listed(client: Any, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, query)
    assert answer.status_code == HTTPStatus.OK, answer.content
    return answer.json()["results"]


def test_what_a_request_changed_names_who_through_what_and_which(
    alice: User, organisation: Organisation, as_: Client
) -> None:
    client = as_(alice)
    url = f"/api/v1/organisations/{organisation.pk}/"
    client.patch(url, {"name": "Linden"}, headers={"X-Request-ID": "rename-1"})

    (entry,) = listed(client, request="rename-1")

    assert (entry["user"], entry["origin"]) == (str(alice.pk), "api")
    assert entry["application"] == str(alice.consents.get().application_id)
    assert (entry["object_type"], entry["object"]) == ("organisation", str(organisation.pk))
    assert entry["before"] == {"name": "Tilleuls Gestion"}
    assert entry["after"] == {"name": "Linden"}


def test_application_acting_for_itself_is_named_without_a_user(
    meter_app: Application, organisation: Organisation, as_: Client
) -> None:
    client = as_(meter_app)
    client.patch(f"/api/v1/organisations/{organisation.pk}/", {"name": "Linden"})

    entry = listed(client, action="updated")[0]

    assert (entry["user"], entry["application"]) == (None, str(meter_app.pk))


def test_entries_come_newest_first_in_pages(organisation: Organisation, as_: Client) -> None:
    alice = factories.make_member(organisation, role="owner")
    for number in range(3):
        factories.make_member(organisation, role="viewer", email=f"m{number}@example.org")
    client = as_(alice)

    first = client.get(URL, {"limit": 2}).json()
    second = client.get(first["next"]).json()

    times = [entry["time"] for entry in (*first["results"], *second["results"])]
    assert times == sorted(times, reverse=True)
    assert len(times) == 4


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_below_admin_only_ones_own_entries_show(
    role: str, organisation: Organisation, alice: User, as_: Client
) -> None:
    member = factories.make_member(organisation, role=role)

    entries = listed(as_(member), limit=500)

    assert entries
    assert {str(member.pk)} == {entry["subject"] or entry["user"] for entry in entries}


def test_stranger_sees_nothing_of_others(
    organisation: Organisation, bob: User, charlie: User, as_: Client
) -> None:
    entry = AuditEntry.objects.filter(subject_id=bob.pk).latest("pk")
    client = as_(charlie)

    assert not listed(client, organisation=str(organisation.pk))
    assert not listed(client, subject=str(bob.pk))
    assert_problem(client.get(f"{URL}{entry.pk}/"), HTTPStatus.NOT_FOUND)


def test_filters_narrow(organisation: Organisation, alice: User, bob: User, as_: Client) -> None:
    client = as_(alice)
    membership = B2BUser.objects.get(user=bob)

    (entry,) = listed(client, object=str(membership.pk))

    assert listed(client, object_type="b2b_user", subject=str(bob.pk)) == [entry]
    assert entry in listed(client, action="created", organisation=str(organisation.pk))
    assert listed(client, user=str(uuid4())) == []
    assert listed(client, object=str(membership.pk), action="deleted") == []


def test_time_filters_are_exclusive_and_exact(bob: User, alice: User, as_: Client) -> None:
    client = as_(alice)
    (entry,) = listed(client, object=str(B2BUser.objects.get(user=bob).pk))
    moment = entry["time"]

    earlier = listed(client, object=entry["object"], before=moment)
    later = listed(client, object=entry["object"], after=moment)
    around = {
        "after": (timezone.now() - timedelta(minutes=1)).isoformat(),
        "before": (timezone.now() + timedelta(minutes=1)).isoformat(),
    }

    assert (earlier, later) == ([], [])
    assert listed(client, object=entry["object"], **around) == [entry]


@pytest.mark.parametrize(
    ("name", "value"),
    [("after", "yesterday"), ("before", "2026-01-01T00:00:00"), ("user", "x"), ("colour", "red")],
)
def test_bad_filter_is_named(name: str, value: str, alice: User, as_: Client) -> None:
    answer = as_(alice).get(URL, {name: value})

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", parameter=name)


def test_log_needs_its_scope(alice: User, as_: Client) -> None:
    assert_problem(as_(alice, "profile").get(URL), HTTPStatus.FORBIDDEN, "scope-missing")


def test_log_cannot_be_written(alice: User, as_: Client) -> None:
    client = as_(alice)
    entry = listed(client)[0]

    for answer in (client.post(URL, {}), client.delete(f"{URL}{entry['id']}/")):
        assert_problem(answer, HTTPStatus.METHOD_NOT_ALLOWED)
