"""Whatever the cloud does wrong, the connection says what it is, waits, and recovers."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.choices import SyncOutcome
from integrations.models import Connection, MeterLink
from integrations.smartme import recording
from integrations.smartme import sync as sync_module
from integrations.smartme.claims import JITTER, next_attempt
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import link_of, make_connection, state_of, sync

pytestmark = pytest.mark.django_db
FLAT = 6304021
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "status", "status": 401}, "failed", "key, token or password"),
    ({"kind": "status", "status": 403}, "failed", "claim device.read"),
    ({"kind": "status", "status": 404}, "failed", "does not exist"),
    ({"kind": "status", "status": 429}, "degraded", "limits the requests"),
    ({"kind": "status", "status": 500}, "degraded", "HTTP 500"),
    ({"kind": "status", "status": 524}, "degraded", "HTTP 524"),
    ({"kind": "html"}, "degraded", "web page"),
    ({"kind": "cut"}, "degraded", "cut off"),
    ({"kind": "empty"}, "degraded", "empty"),
    ({"kind": "redirect"}, "degraded", "redirect"),
]


@pytest.mark.parametrize(("fault", "status", "words"), FAULTS)
def test_fault_of_the_account_is_said_in_plain_words_and_passes(
    connection: Connection, cloud: Cloud, fault: dict[str, Any], status: str, words: str
) -> None:
    cloud.fault(**fault)

    run = sync(connection)

    assert (run.outcome, connection.status) == (status, status)
    assert words in connection.problem
    assert run.problem == connection.problem

    cloud.heal()
    sync(connection)

    assert (connection.status, connection.problem, connection.failures) == ("ok", "", 0)


def test_waits_grow_and_end_at_the_interval(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("status", status=500)

    waits = []
    for _ in range(6):
        run = sync(connection)
        assert run.finished_at is not None
        waits.append((connection.next_attempt_at - run.finished_at).total_seconds())

    expected = [5, 10, 20, 40, 60, 60]
    assert all(w <= got <= w * (1 + JITTER) for w, got in zip(expected, waits, strict=True))


def test_longer_wait_that_the_cloud_asks_for_is_obeyed(
    connection: Connection, cloud: Cloud
) -> None:
    cloud.fault("status", status=429, retry_after=300)

    run = sync(connection)

    assert run.finished_at is not None
    assert connection.next_attempt_at - run.finished_at >= timedelta(seconds=300)


def test_shorter_interval_than_the_growing_wait_wins() -> None:
    now = timezone.now()

    due = next_attempt(Connection(interval_s=10), now=now, failures=4)

    assert timedelta(seconds=10) <= due - now <= timedelta(seconds=11)


def test_failure_keeps_devices_and_last_success(connection: Connection, cloud: Cloud) -> None:
    sync(connection)
    succeeded_at = connection.last_success_at
    cloud.fault("status", status=401)

    sync(connection)

    assert connection.last_success_at == succeeded_at
    assert MeterLink.objects.filter(connection=connection, vanished_at=None).count() == 6


def test_unknown_unit_shows_on_the_meter_and_not_on_the_account(
    connection: Connection, cloud: Cloud
) -> None:
    cloud.fault("unknown-unit", meter=str(FLAT))

    sync(connection)

    link = link_of(connection, FLAT)
    assert connection.status == "ok"
    assert {issue["code"] for issue in link.issues} == {"unit-unknown"}
    assert link.device is not None
    assert state_of(link.device)["voltage_l1"] is not None
    assert state_of(link.device)["active_power"] is None


@pytest.mark.parametrize("kind", ["unknown-enum", "unknown-member", "bad-value", "null-members"])
def test_odd_member_costs_no_other_reading(connection: Connection, cloud: Cloud, kind: str) -> None:
    cloud.fault(kind, meter=str(FLAT))

    run = sync(connection)

    device = link_of(connection, FLAT).device
    assert run.outcome == SyncOutcome.OK
    assert device is not None
    assert state_of(device)["active_energy_import"] is not None


def test_stale_meter_keeps_its_own_time(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("stale", meter=str(FLAT))

    sync(connection)

    device = link_of(connection, FLAT).device
    assert device is not None
    times = set(device.points.exclude(last_time=None).values_list("last_time", flat=True))
    assert {str(time) for time in times} == {"2026-02-03 04:05:06.123456+00:00"}


def test_falling_net_counter_leaves_the_import_counter_alone(
    connection: Connection, cloud: Cloud
) -> None:
    cloud.fault("net-negative", meter=str(FLAT))

    sync(connection)

    device = link_of(connection, FLAT).device
    assert device is not None
    state = state_of(device)
    assert state["active_energy_net"] < 0 < state["active_energy_import"]  # type: ignore[operator]


def test_answer_in_camel_case_is_read_all_the_same(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("camel-case")

    assert sync(connection).devices_created == 6


def test_entry_that_makes_no_sense_is_in_the_log_of_the_run(
    connection: Connection, cloud: Cloud
) -> None:
    cloud.fault("unknown-member", meter=str(FLAT), member="Id", value="no-guid")

    run = sync(connection)

    assert [issue["code"] for issue in run.issues] == ["id-unreadable"]
    assert run.devices_created == 5


def test_one_accounts_fault_does_not_touch_another(connection: Connection, cloud: Cloud) -> None:
    cloud.http.post("/_simulator/accounts", json={"name": "b", "api_key": "key-b", "meters": 2})
    other = make_connection(connection.fleet, name="b", api_key="key-b")
    cloud.fault("status", status=500, account="tilleuls")

    sync(connection)
    sync(other)

    assert (connection.status, other.status) == ("degraded", "ok")


def test_secret_that_no_key_opens_is_said_in_plain_words(
    connection: Connection, settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another-key-another-key-another-key-12"]

    run = sync(connection)

    assert run.outcome == SyncOutcome.FAILED
    assert "cannot be decrypted" in run.problem


def test_fault_of_ours_is_shown_and_raised(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(sync_module, "record", broken)

    with pytest.raises(ValueError, match="broken"):
        sync(connection)

    connection.refresh_from_db()
    assert (connection.status, "could not store" in connection.problem) == ("degraded", True)


def test_large_account_is_recorded_in_several_batches(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MAX_BATCH", 10)

    run = sync(connection)

    assert run.accepted > 40
