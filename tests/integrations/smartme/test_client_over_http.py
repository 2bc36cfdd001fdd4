"""The client against the simulated cloud: what no scripted transport can show."""

import socket
import threading
import time
from typing import Any

import pytest

from integrations.smartme.errors import (
    AnswerOverdue,
    AnswerUnreadable,
    CloudFault,
    CloudUnreachable,
    CredentialsRefused,
    RequestsLimited,
)
from integrations.smartme.mapping import read_devices
from tests.integrations.smartme.clouds import Cloud


def test_all_meters_come_in_one_call(cloud: Cloud) -> None:
    with cloud.client() as client:
        meters, issues = read_devices(client.devices().entries)

    assert (len(meters), issues, cloud.calls()) == (25, [], 1)
    assert all(meter.readings or meter.is_gateway for meter in meters)


def test_client_works_again_after_a_fault(cloud: Cloud) -> None:
    cloud.fault("cut", times=1)

    with cloud.client() as client:
        with pytest.raises(AnswerUnreadable):
            client.devices()
        assert len(client.devices().entries) == 25


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "cut"}, AnswerUnreadable),
        ({"kind": "html"}, AnswerUnreadable),
        ({"kind": "empty"}, AnswerUnreadable),
        ({"kind": "not-json"}, AnswerUnreadable),
        ({"kind": "redirect"}, CloudUnreachable),
        ({"kind": "status", "status": 401}, CredentialsRefused),
        ({"kind": "status", "status": 429}, RequestsLimited),
        ({"kind": "hang", "seconds": 3}, AnswerOverdue),
    ],
)
def test_each_fault_of_the_cloud_is_recognised(
    cloud: Cloud, fault: dict[str, Any], kind: type[CloudFault]
) -> None:
    cloud.fault(**fault)

    with cloud.client() as client, pytest.raises(kind):
        client.devices()


def test_connection_closed_without_an_answer_is_a_passing_fault(cloud: Cloud) -> None:
    cloud.fault("close")

    with cloud.client() as client, pytest.raises(CloudFault) as caught:
        client.devices()

    assert not caught.value.permanent


def test_answer_that_drips_ends_at_the_deadline(cloud: Cloud) -> None:
    cloud.fault("drip", seconds_per_byte=0.05)
    started = time.monotonic()

    with cloud.client(total_s=0.5) as client, pytest.raises(AnswerOverdue):
        client.devices()

    assert time.monotonic() - started < 1.5


def test_name_that_is_looked_up_for_ever_ends_at_the_deadline(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: given_up.wait(30))
    started = time.monotonic()

    with cloud.client(total_s=0.3) as client, pytest.raises(AnswerOverdue):
        client.devices()

    given_up.set()
    assert time.monotonic() - started < 5


def test_wait_asked_for_by_the_cloud_is_known(cloud: Cloud) -> None:
    cloud.fault("status", status=429, retry_after=7)

    with cloud.client() as client, pytest.raises(RequestsLimited) as caught:
        client.devices()

    assert caught.value.retry_after_s == 7.0


def test_cloud_that_is_not_there_is_unreachable(cloud: Cloud) -> None:
    cloud.url = "http://127.0.0.1:9"

    with cloud.client() as client, pytest.raises(CloudUnreachable):
        client.devices()
