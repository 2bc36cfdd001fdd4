"""The SQL of the time-series tables keeps the rules of docs/time-series.md."""

import re
from pathlib import Path

import pytest

from devices.services.recording import points, store

ROOT = Path(__file__).resolve().parents[2]
STATEMENTS = [store.STAGING, store.UPSERT, store.MOVE_STATE, store.MARK, points.POINTS]
FORBIDDEN = {
    "system columns": r"\b(xmax|xmin|ctid)\b",
    "MERGE": r"\bMERGE\b",
    "SKIP LOCKED": r"\bSKIP\s+LOCKED\b",
    "LATERAL": r"\bLATERAL\b",
    "DO NOTHING on marks": r"rollup_dirty[^;]*DO\s+NOTHING",
    "row counts of the driver": r"\.rowcount\b",
    "DETACH CONCURRENTLY": r"DETACH\s+PARTITION\s+\S+\s+CONCURRENTLY",
    "SET STATISTICS": r"SET\s+STATISTICS",
    "a default partition": r"PARTITION\s+OF\s+\S+\s+DEFAULT",
}


def sources() -> str:
    files = [*ROOT.glob("devices/services/**/*.py"), *ROOT.glob("devices/migrations/*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_statement_keeps_the_rule(rule: str) -> None:
    assert not re.search(FORBIDDEN[rule], sources(), re.IGNORECASE)


def test_each_conflict_target_begins_with_the_point() -> None:
    targets = re.findall(r"ON CONFLICT \((\w+)", "\n".join(STATEMENTS))

    assert targets == ["point_id", "point_id"]


def test_no_clock_is_read_while_updating_on_conflict() -> None:
    for statement in STATEMENTS:
        assert "now()" not in statement.partition("DO UPDATE")[2]


def test_tables_hold_no_foreign_key_trigger_or_serial() -> None:
    text = (ROOT / "devices/migrations/_tables.py").read_text(encoding="utf-8")

    created = text.partition('CREATE = """')[2]
    assert not re.search(r"\b(REFERENCES|TRIGGER|SERIAL|IDENTITY|UNIQUE)\b", created)
    assert created.count("PRIMARY KEY (point_id") == 4
