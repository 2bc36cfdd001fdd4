"""How a connection is doing: what is off, what will end, and how whole the data are."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import F
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from devices.models import Device, Fleet
from devices.selectors import coverage_by_day
from devices.services import partitions
from integrations.admin.connection_panel import panel_of
from integrations.models import Backfill, Connection, RealtimeChannel, RealtimePost
from integrations.smartme.health import health_of
from integrations.smartme.history.planning import request_past
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import make_connection, sync

pytestmark = pytest.mark.django_db
URL = "/api/v1/smartme/connections/"
PANEL = "admin/integrations/connection/health.html"
NO_CLAIM = "tilleuls0demo0key0no0claim00000d"
FILL = """
INSERT INTO devices_rollup (point_id, resolution, bucket, count, flags, covered)
SELECT %(point)s, 15, b, 1, 0, 900
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz, interval '15 minutes') b"""


@pytest.fixture
def connection(fleet: Fleet, cloud: Cloud) -> Connection:
    return make_connection(fleet)


def test_healthy_account_has_nothing_to_tell(
    as_: Client, bob: User, connection: Connection
) -> None:
    sync(connection)

    told = as_(bob).get(f"{URL}{connection.pk}/health/").json()

    assert (told["status"], told["circuit"], told["problem"]) == ("ok", "closed", None)
    assert (told["switched_off"], told["warnings"], told["worst"]) == ([], [], [])


def test_missing_claim_is_named_with_what_it_switches_off(fleet: Fleet, cloud: Cloud) -> None:
    connection = make_connection(fleet, api_key=NO_CLAIM)

    sync(connection)

    (off,) = health_of(connection).switched_off
    assert off.need == "device.read"
    assert "No meter is read" in off.detail


def test_claim_that_works_again_is_off_the_list(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("status", status=403, times=1)
    sync(connection)
    assert health_of(connection).switched_off

    sync(connection)

    assert health_of(connection).switched_off == ()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"auth_method": "basic"}, "basic-ending"),
        ({"key_expires_at": timedelta(days=7)}, "key-ending"),
        ({"auth_method": "oauth", "oauth_grant": "access_token"}, "token-ending"),
        (
            {
                "auth_method": "oauth",
                "oauth_grant": "authorization_code",
                "claims": ["device.read"],
            },
            "token-ending",
        ),
    ],
)
def test_what_will_end_is_told(connection: Connection, fields: dict[str, Any], code: str) -> None:
    given = {
        name: timezone.now() + value if isinstance(value, timedelta) else value
        for name, value in fields.items()
    }
    Connection.objects.filter(pk=connection.pk).update(**given)
    connection.refresh_from_db()

    assert [one.code for one in health_of(connection).warnings] == [code]


def measured(connection: Connection, *, days: int) -> Device:
    """Make a meter that reported for the first so many of the last seven days."""
    device = make_device(connection.organisation)
    point = device.points.first()
    assert point is not None
    now = timezone.now()
    device.points.filter(pk=point.pk).update(last_time=now)
    since = now - timedelta(days=7) + timedelta(minutes=1)
    until = since + timedelta(days=days) - timedelta(minutes=16)
    partitions.ensure({(partitions.ROLLUPS, partitions.Month.of(at)) for at in (since, now)})
    with database.cursor() as cursor:
        cursor.execute(FILL, {"point": point.pk, "since": since, "until": until})
    connection.meters.create(
        meter_id=device.pk,
        device=device,
        device_type_key="x",
        linked_at=now - timedelta(days=30),
        seen_at=now,
        value_at=now,
    )
    return device


def test_completeness_is_the_share_of_seven_days(connection: Connection) -> None:
    device = measured(connection, days=4)

    (meter,) = health_of(connection).meters

    assert meter.completeness == pytest.approx(4 / 7, abs=0.01)
    assert [round(share) for share in meter.days] == [1, 1, 1, 1, 0, 0, 0]
    assert set(coverage_by_day([device.pk], until=timezone.now())[device.pk]) == {0, 1, 2, 3}


def test_worst_meters_come_first_and_queries_do_not_grow(
    connection: Connection, django_assert_num_queries: Any
) -> None:
    for days in (7, 2, 5):
        measured(connection, days=days)

    with django_assert_num_queries(5):
        shares = [round((meter.completeness or 0) * 7) for meter in health_of(connection).worst]

    assert shares == [2, 5, 7]


def test_metrics_count_connections_by_status(connection: Connection, client: Browser) -> None:
    sync(connection)
    Connection.objects.filter(pk=connection.pk).update(status="degraded", failures=6)

    text = client.get("/metrics").content.decode()

    assert 'atrium_smartme_connections{status="degraded"} 1.0' in text
    assert "atrium_smartme_circuits_open 1.0" in text
    assert 'atrium_smartme_recent_syncs{outcome="ok"} 1.0' in text


def test_metrics_count_what_came_by_itself(connection: Connection, client: Browser) -> None:
    RealtimeChannel.objects.create(connection=connection, posts=5, reports_foreign=2)
    RealtimePost.objects.create(connection_id=connection.pk, endpoint_id=connection.pk, body=b"")

    text = client.get("/metrics").content.decode()

    assert "atrium_smartme_realtime_posts_total 5.0" in text
    assert 'atrium_smartme_realtime_dropped_total{reason="foreign"} 2.0' in text
    assert "atrium_smartme_realtime_waiting_posts 1.0" in text


def test_past_on_its_way_is_told_as_one(as_: Client, bob: User, connection: Connection) -> None:
    for days in (1, 2):
        measured(connection, days=days)
    now = timezone.now()
    began = now - timedelta(hours=1)
    meters = request_past(connection, since=now - timedelta(days=10), until=now)
    done, left = (Backfill.objects.filter(pk=one.pk) for one in meters)
    done.update(status="done", reached=F("since"), started_at=began, finished_at=now)
    left.update(reached=F("since") + timedelta(days=5), problem="It asks for a wait.")

    told = as_(bob).get(f"{URL}{connection.pk}/health/").json()["history"]
    panel = render_to_string(PANEL, {"panel": panel_of(connection)})

    assert (told["percent"], told["backfills"], told["done"]) == (75.0, 2, 1)
    assert told["problem"] == "It asks for a wait."
    assert told["estimated_end"] > now.isoformat()
    assert f"{told['percent']} %" in panel


def test_new_meter_with_a_past_is_as_complete_as_that(connection: Connection) -> None:
    measured(connection, days=7)
    connection.meters.update(linked_at=timezone.now())

    (meter,) = health_of(connection).meters

    assert meter.completeness == pytest.approx(1.0, abs=0.02)
