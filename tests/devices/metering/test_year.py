"""The proof at a small size: two metering points, everybody killed once.

`make proof-metering` runs it for 200.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import conninfo

ROOT = Path(__file__).resolve().parents[3]
SAID = "every day and month is as it should be"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_day_and_month_of_a_year_is_what_the_raw_rows_say(django_db_setup: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.metering", "2", "--like", conninfo()],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith(SAID)
