"""The past of meters: whole, at the right times, in the right unit, whatever happens meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Point, Reading
from integrations.choices import BackfillMethod, BackfillStatus
from integrations.models import Backfill, Connection, MeterLink
from integrations.smartme.history import work
from integrations.smartme.history.claims import claim_backfills
from integrations.smartme.history.planning import repair_gap, request_past
from integrations.smartme.simulator.meters import TICKS, SimulatedMeter
from integrations.smartme.simulator.obis import counter_values
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import link_of, sync

pytestmark = pytest.mark.django_db
FLAT = 6304021
START = datetime(2026, 9, 1, tzinfo=UTC)
END = datetime(2026, 9, 15, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
IMPORT = "1-0:1.8.0*255"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let calls pass as fast as they come: the pace has tests of its own."""
    monkeypatch.setattr("integrations.smartme.pacing.PACER.take", lambda *_, **__: 0.0)


def work_once() -> None:
    """Give one worker its turn."""
    for claimed in claim_backfills():
        work.work_on(claimed)


def asked(connection: Connection, *, since: datetime = START, until: datetime = END) -> Backfill:
    """Have the past of one flat's meter asked for."""
    sync(connection)
    link = link_of(connection, FLAT)
    [backfill] = request_past(connection, since=since, until=until, meters=[link.pk])
    return backfill


def meter_of(cloud: Cloud) -> SimulatedMeter:
    """Return the simulated meter of the flat."""
    [account] = cloud.inner.accounts.values()
    return next(meter for meter in account.meters if meter.serial == FLAT)


def imported(backfill: Backfill) -> dict[datetime, float]:
    """Return what is here of the meter's import counter, in kWh."""
    point = Point.objects.get(device=backfill.meter.device_id, type__key="active_energy_import")
    rows = Reading.objects.filter(point_id=point.pk, time__lt=backfill.until)
    return dict(rows.values_list("time", "value"))


def counted(cloud: Cloud, *, since: datetime = START, until: datetime = END) -> dict[datetime, Any]:
    """Return what the meter counted each quarter hour, in kWh."""
    meter, found = meter_of(cloud), {}
    while since < until:
        ticks = int(since.timestamp()) * TICKS
        found[since] = pytest.approx(counter_values(meter, ticks)[IMPORT] / 1000)
        since += QUARTER
    return found


def test_past_is_fetched_whole(connection: Connection, cloud: Cloud) -> None:
    backfill = asked(connection)

    work_once()

    backfill.refresh_from_db()
    assert (backfill.status, backfill.progress.percent) == (BackfillStatus.DONE, 100.0)
    assert imported(backfill) == counted(cloud)
    # Two windows, and twice the 1,344 values of import and export.
    assert (backfill.calls, backfill.values, backfill.rejected) == (2, 2 * 1344, 0)


def test_killed_worker_is_followed_by_another_at_the_same_window(
    connection: Connection, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    backfill = asked(connection)
    stored, calls = work.record_readings, []

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls.append(stored(*args, **kwargs))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return calls[-1]

    monkeypatch.setattr(work, "record_readings", dying)
    with pytest.raises(KeyboardInterrupt):
        work_once()
    monkeypatch.undo()
    assert claim_backfills() == []
    Backfill.objects.update(next_attempt_at=timezone.now())
    work_once()

    backfill.refresh_from_db()
    assert backfill.status == BackfillStatus.DONE
    assert imported(backfill) == counted(cloud)


def test_worker_whose_claim_ended_writes_nothing_more(connection: Connection) -> None:
    backfill = asked(connection)
    [old] = claim_backfills()
    Backfill.objects.update(next_attempt_at=timezone.now())
    claim_backfills()

    work.work_on(old)

    backfill.refresh_from_db()
    assert (backfill.reached, backfill.calls) == (END, 0)


def test_time_over_is_no_end(connection: Connection, cloud: Cloud) -> None:
    backfill = asked(connection)
    [claimed] = claim_backfills()

    work.work_on(claimed, budget_s=0)
    work_once()

    backfill.refresh_from_db()
    assert backfill.status == BackfillStatus.DONE
    assert imported(backfill) == counted(cloud)


def test_nothing_before_the_meter_was_there_costs_one_call(
    connection: Connection, cloud: Cloud
) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    backfill = asked(connection, since=first - timedelta(days=365), until=first)

    work_once()

    backfill.refresh_from_db()
    assert (backfill.status, backfill.calls, backfill.values) == (BackfillStatus.DONE, 2, 0)


def test_gap_in_the_cloud_is_leapt_over(connection: Connection, cloud: Cloud) -> None:
    gap = {"from": "2026-07-02T00:00:00+00:00", "to": "2026-09-10T00:00:00+00:00"}
    cloud.fault("history-gap", **gap)
    since = datetime(2026, 7, 1, tzinfo=UTC)
    backfill = asked(connection, since=since)

    work_once()

    found = imported(backfill)
    gap_end = datetime(2026, 9, 10, tzinfo=UTC)
    wanted = counted(cloud, since=since, until=since + timedelta(days=1))
    wanted |= counted(cloud, since=gap_end)
    assert {time: value for time, value in found.items() if time in wanted} == wanted


def test_milliwatt_hours_are_told_from_watt_hours(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("obis-unit", factor=1000)
    backfill = asked(connection)

    work_once()

    evidence = MeterLink.objects.get(pk=backfill.meter_id).calibrations["energy"]
    assert evidence["unit"] == "mWh"
    assert imported(backfill) == counted(cloud)


def test_unit_that_fits_nothing_is_refused_with_the_evidence(
    connection: Connection, cloud: Cloud
) -> None:
    cloud.fault("obis-unit", factor=37)
    backfill = asked(connection)

    work_once()

    backfill.refresh_from_db()
    evidence = MeterLink.objects.get(pk=backfill.meter_id).calibrations["energy"]
    assert (backfill.status, backfill.values) == (BackfillStatus.WAITING, 0)
    assert "neither in Wh nor mWh" in backfill.problem
    assert evidence["value"] / evidence["counter"] == pytest.approx(37_000, rel=0.01)
    assert imported(backfill) == {}


def test_counter_that_is_told_and_not_shown_is_waited_for(
    connection: Connection, cloud: Cloud
) -> None:
    backfill = asked(connection)
    hidden = ["CounterReading", "CounterReadingImport", "CounterReadingExport"]
    cloud.fault("null-members", members=hidden)

    work_once()

    backfill.refresh_from_db()
    assert (backfill.status, backfill.rejected) == (BackfillStatus.WAITING, 0)
    assert "shows no counter" in backfill.problem


def test_account_without_the_licence_gives_the_turn_of_each_month(
    connection: Connection, cloud: Cloud
) -> None:
    cloud.inner.accounts["tilleuls"].licence = "limited"
    backfill = asked(connection, since=datetime(2026, 5, 31, 22, tzinfo=UTC))

    work_once()

    backfill.refresh_from_db()
    assert (backfill.status, backfill.method) == (BackfillStatus.DONE, BackfillMethod.MONTHLY)
    assert "Professional" in backfill.problem
    months = sorted({time.month for time in imported(backfill)})
    assert months == [6, 7, 8, 9]


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "cut"}]
)
def test_fault_of_the_cloud_is_told_and_tried_again(
    connection: Connection, cloud: Cloud, fault: dict[str, Any]
) -> None:
    backfill = asked(connection)
    cloud.fault(**fault, path="/valuesinpastmultiple", times=1)
    work_once()
    backfill.refresh_from_db()
    assert backfill.problem
    assert backfill.next_attempt_at > timezone.now() + timedelta(seconds=20)

    Backfill.objects.update(next_attempt_at=timezone.now())
    work_once()

    backfill.refresh_from_db()
    assert (backfill.status, backfill.problem) == (BackfillStatus.DONE, "")
    assert imported(backfill) == counted(cloud)


def test_new_meters_are_fetched_as_deep_as_the_connection_wants(connection: Connection) -> None:
    Connection.objects.update(history_days=30)
    connection.refresh_from_db(from_queryset=Connection.objects.all())

    sync(connection)
    sync(connection)

    backfills = Backfill.objects.filter(connection=connection)
    assert backfills.count() == MeterLink.objects.filter(device__isnull=False).count() == 5
    assert {(one.until - one.since).days for one in backfills} == {30}


def test_outage_is_mended_and_a_short_silence_is_none(connection: Connection) -> None:
    sync(connection)
    Connection.objects.update(last_success_at=timezone.now() - timedelta(minutes=15))
    sync(connection)
    assert not Backfill.objects.exists()

    lost = timezone.now() - timedelta(hours=3)
    Connection.objects.update(last_success_at=lost)
    MeterLink.objects.update(linked_at=lost - timedelta(days=1))
    sync(connection)

    assert set(Backfill.objects.values_list("cause", "since")) == {("gap", lost)}
    assert Backfill.objects.count() == 5


def test_gap_is_on_record_once(connection: Connection) -> None:
    sync(connection)
    now = timezone.now()
    MeterLink.objects.update(linked_at=now - timedelta(days=1))

    for _ in range(2):
        repair_gap(connection, since=now - timedelta(hours=3), now=now)

    assert Backfill.objects.count() == 5


def test_accounts_take_turns_and_few_are_asked_at_once(connection: Connection) -> None:
    sync(connection)
    request_past(connection, since=START, until=END)

    [first] = claim_backfills()

    assert claim_backfills() == []
    assert first.backfill_id in Backfill.objects.values_list("pk", flat=True)
