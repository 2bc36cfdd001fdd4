"""Codes of UCUM: what one is, how people write it, and what they meant."""

import pytest

from config.lib.ucum import is_code, meant_by, written
from config.lib.units import SYMBOLS, symbol_of

WRITTEN = {
    "kW.h/(m2.a)": "kWh/(m²·a)",
    "W/(m2.K)": "W/(m²·K)",
    "{EUR}/(m2.mo)": "EUR/(m²·mo)",
    "m2{floor}": "m² floor",
    "10*3/uL": "10³/µl",
    "/min": "/min",
    "m-1": "m⁻¹",
    "mm[Hg]": "mm Hg",
    "[sft_i]": "ft²",
    "{persons}": "persons",
}
WRONG = (
    *("", "kWh", "m²", "EUR", "m//s", ".m", "m.", "(m", "m)", "m2m", "foo", "kmin", "%%", "m0"),
    *("k", "[foo]", "m 2", "{", "{é}", "m()", "m2\n", "kW.h/m2)"),
)
MEANT = {"m²": "m2", "kWh/(m²·a)": "kW.h/(m2.a)", "°C": "Cel", "€/m²": "{EUR}/m2", "bananas": ""}


@pytest.mark.parametrize("code", WRITTEN)
def test_code_is_written_as_people_do(code: str) -> None:
    assert is_code(code)
    assert written(code) == WRITTEN[code]


@pytest.mark.parametrize("code", SYMBOLS)
def test_symbols_of_the_catalogue_follow_from_their_codes(code: str) -> None:
    assert is_code(code)
    assert written(code) == symbol_of(code)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_code_is_known_as_such(text: str) -> None:
    assert not is_code(text)
    assert written(text) == text


@pytest.mark.parametrize("text", MEANT)
def test_code_that_was_meant_is_found(text: str) -> None:
    assert meant_by(text) == MEANT[text]
