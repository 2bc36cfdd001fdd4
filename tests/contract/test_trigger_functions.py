"""Triggers that see old rows and new plan for many, however little their session changed before."""

import pytest
from django.db import connection

from config.lib.ids import uuid7
from tests.twin.factories import make_site
from twin.planning.changes import Standing
from twin.services.rebuilding import create_spaces

pytestmark = pytest.mark.django_db
SPACES = 6_000
# Of the statement without them; in nested loops, over 36 million pairs, it is forty times.
AT_MOST_TIMES = 8
FUNCTIONS = """
SELECT proname, coalesce(proconfig, '{}') FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype
    AND proname ~ '^(audit|version)_.*_update$'
"""
CHANGE = """
EXPLAIN (ANALYZE, FORMAT JSON) UPDATE twin_space SET position = position + 1
WHERE id IN (SELECT id FROM twin_space ORDER BY id LIMIT %s)
"""


def change(count: int) -> tuple[float, float]:
    """Change spaces in one statement; return how long it took without its triggers, and they."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, [count])
        ((plan,),) = cursor.fetchone()
    triggers = sum(trigger["Time"] for trigger in plan["Triggers"])
    return plan["Execution Time"] - triggers, triggers


def test_every_function_that_joins_old_and_new_does_so_by_hash() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        found = dict(cursor.fetchall())

    assert {"audit_twin_space_update", "version_devices_device_update"} <= found.keys()
    wanted = {"enable_nestloop=off", "jit=off"}
    assert [name for name, settings in found.items() if not wanted <= set(settings)] == []


def test_large_change_after_many_small_ones_takes_no_longer() -> None:
    rows = [
        Standing(uuid7(), None, number, "room", f"Room {number}", {}, f"room-{number}")
        for number in range(SPACES)
    ]
    create_spaces(make_site(), rows)
    for _ in range(8):  # A kept plan comes with the sixth call at the earliest.
        change(1)

    own, triggers = change(SPACES)

    assert triggers < AT_MOST_TIMES * own
