"""Sums from before states were weighed by time, or by a clock that moves by half an hour."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organisation
from devices.models import Rollup, RollupMark
from devices.services.rollups import refresh_rollups
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row
from tests.devices.rollups.world import Series
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 5, 13, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
migration: Any = import_module("devices.migrations.0022_states_in_rollups")


def test_what_the_upgrade_found_is_made_anew(organisation: Organisation) -> None:
    site = make_site(organisation, time_zone="Australia/Lord_Howe")
    state = Series(make_device(organisation, site=site), "mode")
    power = Series(make_device(organisation, site=site), "active_power")
    for series in (state, power):
        series.record([Row(START + at * MINUTE, at % 3) for at in (0, 4, 20, 21, 200)])
    refresh_rollups()
    sums = Rollup.objects.filter(point_id__in=[state.point.pk, power.point.pk])
    before = list(sums.order_by("pk").values())
    sums.update(held=None)
    sums.filter(resolution=60).update(count=0)

    migration.begin_anew(import_module("django.apps").apps, connection.schema_editor())
    is_left = RollupMark.objects.filter(point_id=power.point.pk).exists()
    power.record([Row(START + 300 * MINUTE, 1.0)])
    power.rows.popitem()
    refresh_rollups()

    assert not is_left
    found = list(sums.order_by("pk").values())
    assert [row for row in found if row["point_id"] == state.point.pk] == [
        row for row in before if row["point_id"] == state.point.pk
    ]
    hours = {row["bucket"]: row["count"] for row in found if row["resolution"] == 60}
    assert all(hours.values())
