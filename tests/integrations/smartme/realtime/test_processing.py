"""Kept posts become readings, each once, and nothing that is wrong with one costs another."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Device, Point, Reading
from integrations.choices import ConnectionStatus
from integrations.models import Connection, MeterLink, RealtimeMeter, RealtimePost
from integrations.smartme.realtime import processing
from integrations.smartme.realtime.processing import take_over_posts, try_again
from integrations.smartme.realtime.receiving import receive
from integrations.smartme.simulator import wire
from tests.integrations.smartme.factories import state_of
from tests.integrations.smartme.realtime.posts import (
    NOON,
    Line,
    body,
    make_line,
    make_meter,
    report,
)

pytestmark = pytest.mark.django_db


def readings_of(link: MeterLink, point: str) -> dict[datetime, float]:
    """Return the readings of a point by time."""
    key = Point.objects.get(device=link.device, type__key=point).pk
    return dict(Reading.objects.filter(point_id=key).values_list("time", "value"))


def arrive(line: Line, *bodies: bytes) -> None:
    receive([line.arrival(content) for content in bodies])


def test_report_becomes_readings_in_our_units(line: Line, meter: MeterLink) -> None:
    arrive(line, body(meter.meter_id))

    assert take_over_posts() == 1

    assert state_of(cast(Device, meter.device)) == {
        "active_energy_import": 1879.5832,
        "active_energy_export": 0.0,
        "active_power": 24.19,
    }
    assert list(readings_of(meter, "active_power")) == [NOON]
    channel = line.channel()
    assert (channel.posts, channel.values_recorded, channel.values_rejected) == (1, 3, 0)
    assert not RealtimePost.objects.exists()


def test_unit_of_a_counter_is_told_by_what_was_polled(line: Line, meter: MeterLink) -> None:
    MeterLink.objects.update(calibrations={})
    Point.objects.filter(type__key="active_energy_import").update(
        last_value=1.88, last_time=NOON - timedelta(hours=1)
    )

    arrive(line, body(meter.meter_id))
    take_over_posts()

    # 1879583.2 is 1.88 kWh: this one counts in mWh.
    assert state_of(cast(Device, meter.device))["active_energy_import"] == 1.8795832
    meter.refresh_from_db()
    assert meter.calibrations["energy"]["unit"] == "mWh"


@pytest.mark.parametrize(("polled", "told"), [(None, "not polled"), (77.0, "neither in Wh")])
def test_counter_of_unknown_unit_is_left_out_with_the_reason(
    line: Line, meter: MeterLink, polled: float | None, told: str
) -> None:
    MeterLink.objects.update(calibrations={})
    Point.objects.filter(type__key="active_energy_import").update(last_value=polled)

    arrive(line, body(meter.meter_id))
    take_over_posts()

    assert readings_of(meter, "active_energy_import") == {}
    assert readings_of(meter, "active_power") == {NOON: 24.19}
    assert (line.channel().values_unmapped, told in line.channel().last_fault) == (1, True)


def test_late_duplicate_and_disordered_reports_land_where_they_belong(
    line: Line, meter: MeterLink
) -> None:
    times = [NOON + timedelta(seconds=second) for second in (30, 10, 20, 10)]
    arrive(line, *(body(meter.meter_id, time, power=time.second) for time in times))
    take_over_posts()
    late = datetime(2026, 3, 1, 0, 15, tzinfo=UTC)
    arrive(line, body(meter.meter_id, late, power=7), body(meter.meter_id, times[0], power=30))

    take_over_posts()

    wanted = {time: float(time.second) for time in times} | {late: 7.0}
    assert readings_of(meter, "active_power") == wanted
    assert state_of(cast(Device, meter.device))["active_power"] == 30.0
    assert RealtimeMeter.objects.get().value_at == NOON + timedelta(seconds=30)


def test_foreign_meters_are_dropped_and_counted(
    line: Line, meter: MeterLink, organisation: Organisation
) -> None:
    other = make_meter(make_line(organisation, name="Other").connection)
    together = wire.post_body([report(other.meter_id), report(meter.meter_id), report(uuid4())])
    arrive(line, together)

    take_over_posts()

    channel = line.channel()
    assert (channel.posts, channel.values_recorded, channel.reports_foreign) == (1, 3, 2)
    assert readings_of(other, "active_power") == {}


def test_what_cannot_be_read_is_counted_with_the_reason(line: Line, meter: MeterLink) -> None:
    lost = wire.post_body([b"\x0a\x01\x00" + report(meter.meter_id), report(meter.meter_id)])
    arrive(line, b"<html>", lost, body(meter.meter_id, NOON + timedelta(seconds=1)))

    take_over_posts()

    channel = line.channel()
    assert channel.posts == 3
    assert channel.reports_unreadable >= 1
    assert channel.last_fault
    assert len(readings_of(meter, "active_power")) == 2


def test_values_that_are_refused_or_unknown_cost_themselves(line: Line, meter: MeterLink) -> None:
    odd = {"1-0:1.7.0*255": 5.0, "1-0:1.8.0*255": float("nan"), "99-0:77.7.7*255": 1.0}
    ahead = timezone.now() + timedelta(days=3)
    arrive(
        line,
        wire.post_body([wire.device_data(str(meter.meter_id), 17_803_584_000_000_000, values=odd)]),
        body(meter.meter_id, ahead.replace(microsecond=0)),
    )

    take_over_posts()

    channel = line.channel()
    counted = channel.values_recorded, channel.values_rejected, channel.values_unmapped
    assert counted == (1, 4, 1)
    assert list(readings_of(meter, "active_power").values()) == [5.0]


def test_paused_connection_takes_nothing_over(line: Line, meter: MeterLink) -> None:
    Connection.objects.filter(pk=line.connection.pk).update(status=ConnectionStatus.PAUSED)
    arrive(line, body(meter.meter_id))

    assert take_over_posts() == 1

    assert readings_of(meter, "active_power") == {}
    assert not RealtimePost.objects.exists()


def test_posts_of_a_connection_that_is_gone_are_dropped(line: Line, meter: MeterLink) -> None:
    arrive(line, body(meter.meter_id))
    line.connection.delete()

    assert take_over_posts() == 1


def test_batches_hold_no_more_than_readings_can(line: Line, meter: MeterLink) -> None:
    values = {f"1-0:{n}.7.0*255": 1.0 for n in range(200)}
    big = wire.post_body(
        [wire.device_data(str(meter.meter_id), n * wire.TICKS, values=values) for n in range(40)]
    )
    arrive(line, big, big, body(meter.meter_id))

    assert [take_over_posts() for _ in range(4)] == [1, 1, 1, 0]


def test_post_that_breaks_us_is_set_aside_and_tried_again(
    line: Line, meter: MeterLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = processing.read_post

    def broken(content: bytes) -> Any:
        if content == b"bomb":
            raise ZeroDivisionError
        return original(content)

    arrive(line, body(meter.meter_id), b"bomb", body(meter.meter_id, NOON + timedelta(1)))
    monkeypatch.setattr(processing, "read_post", broken)

    assert take_over_posts() == 3

    assert len(readings_of(meter, "active_power")) == 2
    assert RealtimePost.objects.get().failed_at is not None
    assert "ZeroDivisionError" in line.channel().last_fault
    assert take_over_posts() == 0
    monkeypatch.undo()
    try_again(timezone.now())
    assert take_over_posts() == 1
    assert not RealtimePost.objects.exists()


def test_number_of_queries_does_not_grow_with_the_posts(line: Line, meter: MeterLink) -> None:
    others = [make_meter(line.connection) for _ in range(3)]
    ids = [meter.meter_id, *(other.meter_id for other in others)]
    counts = []
    for turn, number in enumerate((1, 2, 30)):
        times = [NOON + timedelta(hours=turn, seconds=second) for second in range(number)]
        arrive(line, *(body(key, time) for key in ids for time in times))
        with CaptureQueriesContext(connection) as queries:
            assert take_over_posts() == len(ids) * number
        counts.append(len(queries))

    assert counts[1] == counts[2]
