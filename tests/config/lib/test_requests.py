"""Request ids: taken when well formed, made otherwise, always given back."""

from uuid import UUID

import pytest
from django.test import Client


@pytest.mark.parametrize("given", ["abc", "A-1_b.2", "x" * 128])
def test_well_formed_id_comes_back(given: str) -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "ä", "a\nb", "<script>"])
def test_other_id_is_replaced(given: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-ID": given})

    assert UUID(answer["X-Request-ID"]).version == 7
