"""Answers in JSON are what DRF itself writes."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework import renderers

from config.lib.renderers import JSONRenderer

KEY = UUID("01980000-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    "value",
    [
        {"text": "Küche \u2028", "none": None, "true": True, "list": [1, 2.5, -0.0, 1e300]},
        {"id": KEY, "price": Decimal("1.20"), "day": date(2026, 8, 1), "for": timedelta(seconds=9)},
        {"at": datetime(2026, 8, 1, 22, tzinfo=UTC), "us": datetime(2026, 8, 1, 0, 0, 0, 5, UTC)},
        {"beyond 64 bits": 2**70, "lazy": gettext_lazy("Name")},
        {1: "a key that is no text"},
    ],
)
def test_answer_is_what_drf_writes(value: dict[str, Any]) -> None:
    ours = JSONRenderer().render(value)

    assert json.loads(ours) == json.loads(renderers.JSONRenderer().render(value))


def test_answer_without_a_body_is_empty() -> None:
    assert JSONRenderer().render(None) == b""
