"""The proof at a small size: two minutes, everybody killed once.

`make proof-smartme` runs the hour.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import conninfo

ROOT = Path(__file__).resolve().parents[3]
SAID = "the readings are what the cloud told"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_readings_are_what_the_cloud_told_whatever_goes_wrong(django_db_setup: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.smartme", "2", "--like", conninfo()],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith(SAID)
