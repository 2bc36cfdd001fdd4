"""``smartme/connections/{id}/realtime/``: how realtime stands, which meters, a new address."""

from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from integrations.models import Connection, MeterLink, RealtimeMeter
from integrations.smartme.realtime.processing import take_over_posts
from integrations.smartme.realtime.receiving import receive
from tests.conftest import Client
from tests.integrations.smartme.realtime.posts import Line, body, make_line, make_meter
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(bob: User) -> Line:
    return make_line(bob.b2b_users.get().organisation)


def path(line: Line, tail: str = "") -> str:
    return f"/api/v1/smartme/connections/{line.connection.pk}/realtime/{tail}"


def test_counts_and_the_gap_to_polling_are_shown(line: Line, bob: User, as_: Client) -> None:
    meters = [make_meter(line.connection) for _ in range(3)]
    receive([line.arrival(body(meter.meter_id)) for meter in meters[:2]])
    take_over_posts()
    heard = RealtimeMeter.objects.get(link=meters[0]).value_at
    MeterLink.objects.filter(pk=meters[0].pk).update(value_at=heard + timedelta(seconds=90))
    MeterLink.objects.filter(pk=meters[1].pk).update(value_at=heard)

    shown = as_(bob).get(path(line)).json()

    assert (shown["status"], shown["posts"], shown["values_recorded"]) == ("off", 2, 6)
    gap = {name: shown["gap"][name] for name in ("meters", "silent", "behind", "gap_s")}
    assert gap == {"meters": 3, "silent": 1, "behind": 1, "gap_s": 90.0}


def test_meters_to_listen_to_are_chosen(line: Line, bob: User, as_: Client) -> None:
    meter = make_meter(line.connection)

    answer = as_(bob).patch(path(line), {"meters": [str(meter.meter_id)]})

    assert answer.json()["meters"] == [str(meter.meter_id)]
    assert line.channel().next_check_at > timezone.now()


def test_meter_that_was_never_found_is_refused(line: Line, bob: User, as_: Client) -> None:
    answer = as_(bob).patch(path(line), {"meters": [str(uuid4())]})

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/meters/0")


def test_repair_asks_for_a_new_address(line: Line, bob: User, as_: Client) -> None:
    Connection.objects.update(realtime=True)

    answer = as_(bob).post(path(line, "repair/"))

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert answer.json()["status"] == "pending"


def test_connection_of_others_is_not_there(line: Line, charlie: User, as_: Client) -> None:
    assert_problem(as_(charlie).get(path(line)), HTTPStatus.NOT_FOUND)


def test_disconnected_connection_is_not_there(line: Line, bob: User, as_: Client) -> None:
    Connection.objects.update(disconnected_at=timezone.now())

    assert_problem(as_(bob).get(path(line)), HTTPStatus.NOT_FOUND)
    assert as_(bob).get("/api/v1/smartme/connections/").json()["results"] == []
