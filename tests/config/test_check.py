"""The script that runs the gates: what it runs, and the sum it draws."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "check.py"
SKIPPED = """<testsuites><testsuite>
<testcase name="a"><skipped message="needs chromium: apt-get install chromium"/></testcase>
<testcase name="b"><skipped message="needs chromium: apt-get install chromium"/></testcase>
<testcase name="c"/></testsuite></testsuites>"""


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    spec = spec_from_file_location("check", SCRIPT)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "check", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "REPORT", tmp_path / "tests.xml")  # not that of this very run
    return module


def gate(check: Any, name: str, script: str, *, is_shown: bool = False) -> Any:
    return check.run(check.Gate(name, ("sh", "-c", script), is_shown))


def test_every_gate_has_a_make_target(check: Any) -> None:
    line = next(li for li in (ROOT / "Makefile").read_text().splitlines() if "GATES =" in li)

    assert line.split("=")[1].split() == [gate.name for gate in check.GATES]


def test_quiet_gate_speaks_when_it_fails(check: Any, capfd: pytest.CaptureFixture[str]) -> None:
    passed, failed = gate(check, "fine", "echo chat"), gate(check, "bad", "echo why >&2; exit 3")

    assert (passed.result, failed.result) == ("passed", "FAILED")
    assert capfd.readouterr().out == "--- fine\n--- bad\nwhy\n"


def test_summary_ends_with_what_was_skipped_and_pytests_last_line(
    check: Any, tmp_path: Path
) -> None:
    (tmp_path / "tests.xml").write_text(SKIPPED)

    lines = check.summary([gate(check, "tests", "echo 3 tests; echo == 1 passed ==")]).splitlines()

    assert lines[2].split()[:2] == ["tests", "passed"]
    assert lines[3] == "skipped   2 x needs chromium: apt-get install chromium"
    assert lines[4] == "== 1 passed =="


def test_failed_gate_fails_the_run(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gates = (check.Gate("fine", ("true",)), check.Gate("bad", ("false",)))
    monkeypatch.setattr(check, "GATES", gates)

    assert (check.main([]), check.main(["fine"]), check.main(["bad"])) == (1, 0, 1)


def test_unknown_gate_is_named() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "luck"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "no such gate: luck\n")
