"""Run the gates that every change has to pass, and sum them up in a table.

Without arguments all of them, else those named. Standard library only.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
REPORT = ROOT / "var" / "tests.xml"
MANAGE = (sys.executable, "manage.py")


@dataclass(frozen=True)
class Gate:
    """A gate: its name, what it runs, and whether its lines are shown as they come."""

    name: str
    command: tuple[str, ...]
    is_shown: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a gate."""

    gate: Gate
    code: int
    seconds: float
    output: str

    @property
    def result(self) -> str:
        """The outcome in one word."""
        return "passed" if self.code == 0 else "FAILED"


# Two processes, as many as the smallest machine has cores; a file's tests stay together.
SPREAD = ("-n", "2", "--dist", "loadfile")
TESTS = (sys.executable, "-m", "pytest", "-rs", *SPREAD, f"--junit-xml={REPORT}")
GATES = (
    Gate("format", (str(BIN / "ruff"), "format", "--check", "--diff", ".")),
    Gate("lint", (str(BIN / "ruff"), "check", ".")),
    Gate("imports", (str(BIN / "lint-imports"),)),
    Gate("types", (str(BIN / "mypy"), ".")),
    Gate("system", (*MANAGE, "check", "--fail-level", "WARNING")),
    Gate("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run")),
    Gate("schema", (*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull)),
    Gate("tests", TESTS, is_shown=True),
)


def run(gate: Gate) -> Outcome:
    """Run one gate; a quiet one is shown only when it fails."""
    print(f"--- {gate.name}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(
        gate.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        lines = []
        for line in process.stdout or ():
            lines.append(line)
            if gate.is_shown:
                print(line, end="", flush=True)
    if process.returncode and not gate.is_shown:
        print("".join(lines), end="", flush=True)
    return Outcome(gate, process.returncode, time.monotonic() - began, "".join(lines))


def skipped_tests() -> Counter[str]:
    """Return how many tests were left out for each reason, from pytest's report."""
    if not REPORT.exists():
        return Counter()
    skips = ElementTree.parse(REPORT).iter("skipped")
    return Counter(skip.get("message", "no reason given") for skip in skips)


def summary(outcomes: list[Outcome]) -> str:
    """Return the table, then what was skipped and why, then pytest's own last line."""
    rows = ["", "gate        result     seconds"]
    rows += [f"{o.gate.name:12}{o.result:8}{o.seconds:10.1f}" for o in outcomes]
    tests = [outcome for outcome in outcomes if outcome.gate.name == "tests"]
    if tests:
        rows += [f"skipped {count:3} x {reason}" for reason, count in skipped_tests().items()]
        rows += tests[0].output.strip().splitlines()[-1:]
    return "\n".join(rows)


def main(wanted: list[str]) -> int:
    """Run the gates and return 1 if any failed."""
    unknown = set(wanted) - {gate.name for gate in GATES}
    if unknown:
        print(f"no such gate: {', '.join(sorted(unknown))}")
        return 2
    REPORT.unlink(missing_ok=True)
    REPORT.parent.mkdir(exist_ok=True)
    outcomes = [run(gate) for gate in GATES if not wanted or gate.name in wanted]
    print(summary(outcomes), flush=True)
    return max((1 for outcome in outcomes if outcome.code), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
