"""The SQL of the time-series tables keeps the rules of docs/time-series.md."""

import re
from pathlib import Path

import pytest

from devices.series import held, statements
from devices.series.buckets import Level
from devices.services import rollups
from devices.services.recording import points, store

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = statements.written(statements.QUARTERS, Level.QUARTER, "spans")
STATEMENTS = [
    *(store.STAGING, store.UPSERT, store.MOVE_STATE, store.MARK, points.POINTS),
    *(held.KEPT_QUARTERS, held.kept(Level.HOUR, Level.DAY, has_plain_hours=True)),
    *(WRITTEN, statements.NEXT, rollups.CLAIM, rollups.MARK_ALL, rollups.DONE),
]
SERIES = r"devices_(reading|rollup)|\b(Reading|TextReading|Rollup|RollupMark)\.objects"
FORBIDDEN = {
    "system columns": r"\b(xmax|xmin|ctid)\b",
    "MERGE": r"\bMERGE\b",
    "SKIP LOCKED": r"\bSKIP\s+LOCKED\b",
    "DO NOTHING on marks": r"rollup_dirty[^;]*DO\s+NOTHING",
    "row counts of the driver": r"\.rowcount\b",
    "DETACH CONCURRENTLY": r"DETACH\s+PARTITION\s+\S+\s+CONCURRENTLY",
    "SET STATISTICS": r"SET\s+STATISTICS",
    "a default partition": r"PARTITION\s+OF\s+\S+\s+DEFAULT",
}


def sources() -> str:
    """Return what has to do with the tables of series; others may lock and join as they like."""
    texts = (path.read_text(encoding="utf-8") for path in ROOT.glob("devices/**/*.py"))
    return "\n".join(text for text in texts if re.search(SERIES, text))


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_statement_keeps_the_rule(rule: str) -> None:
    assert not re.search(FORBIDDEN[rule], sources(), re.IGNORECASE)


def test_each_conflict_target_begins_with_the_point() -> None:
    targets = re.findall(r"ON CONFLICT \((\w+)", "\n".join(STATEMENTS))

    assert targets == ["point_id"] * 4


def test_no_clock_is_read_while_updating_on_conflict() -> None:
    for statement in STATEMENTS:
        assert "now()" not in statement.partition("DO UPDATE")[2]


def test_subqueries_name_the_point() -> None:
    for found in re.findall(r"\(\s*SELECT [^()]*LIMIT 1\)", "\n".join(STATEMENTS)):
        assert "point_id = u.point_id" in found


def test_lateral_joins_name_the_point() -> None:
    found = re.findall(r"\bLATERAL \(([^;]*?)(?:LIMIT|OFFSET|FROM devices_device)", sources())

    assert found
    for body in found:
        is_of_series = re.search(r"devices_(reading|rollup)\b", body)
        assert not is_of_series or re.search(r"point_id = \w+\.point", body), body


def test_stored_sums_are_compared_by_sorting_alone() -> None:
    """However the planner guesses: no membership, and no join of all that is stored."""
    compared = WRITTEN.partition("WITH judged")[2]

    assert not re.search(r"\bIN \(\s*SELECT|\bEXISTS\b|\bUSING\b", compared)
    assert "d.point_id = ANY" in statements.FORGET


def test_refresh_claims_before_it_sums_and_deletes_after() -> None:
    source = (ROOT / "devices/services/rollups.py").read_text(encoding="utf-8")
    steps = source.partition("def _sum_up")[2]

    order = ["_locked(", "CLAIM", "_write_quarters(", "_write_coarse(", "DONE"]
    assert sorted(order, key=steps.index) == order


def test_tables_hold_no_foreign_key_trigger_or_serial() -> None:
    text = (ROOT / "devices/migrations/_tables.py").read_text(encoding="utf-8")

    created = text.partition('CREATE = """')[2]
    assert not re.search(r"\b(REFERENCES|TRIGGER|SERIAL|IDENTITY|UNIQUE)\b", created)
    assert created.count("PRIMARY KEY (point_id") == 4
