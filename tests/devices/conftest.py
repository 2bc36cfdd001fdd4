"""What tests of devices need beside the cast."""

from collections.abc import Iterator

import pytest
from django.db import connection

TABLES = "devices_reading, devices_reading_text, devices_rollup, devices_rollup_dirty"


@pytest.fixture
def no_readings_left(transactional_db: None) -> Iterator[None]:
    """Empty the time-series tables, which Django does not flush: no model manages them."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES}")
