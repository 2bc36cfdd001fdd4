"""JSON bodies that are none: what is wrong, and where."""

import io

import pytest

from config.lib.errors import InvalidInput
from config.lib.parsers import JSONParser


def test_json_is_read_as_it_stands() -> None:
    body = io.BytesIO(b'{"name": "\xf0\x9f\x8f\xa0", "serial": 636731327420929937}')

    assert JSONParser().parse(body) == {"name": "🏠", "serial": 636731327420929937}


def test_malformed_body_is_told_by_line_and_column() -> None:
    with pytest.raises(InvalidInput) as refused:
        JSONParser().parse(io.BytesIO(b'{"name":'))

    (finding,) = refused.value.findings
    assert (finding.pointer, finding.code) == ("#", "malformed")
    assert "line 1 column" in finding.detail


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_number_that_is_not_finite_is_told_by_its_place(number: str) -> None:
    body = f'{{"readings": [{{"value": 1}}, {{"value": {number}}}]}}'.encode()

    with pytest.raises(InvalidInput) as refused:
        JSONParser().parse(io.BytesIO(body))

    assert [f.pointer for f in refused.value.findings] == ["#/readings/1/value"]
    assert refused.value.findings[0].code == "not-finite"
