"""Naming patterns write numbers and texts, and nothing else."""

import pytest

from twin.definitions.patterns import letters, parse_pattern, pattern_findings


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("Flat {floor}.{flat}", "Flat 3.12"),
        ("{flat:03}", "012"),
        ("Stair {floor:letter}", "Stair C"),
        ("{site} {flat}", "Les Tilleuls 12"),
        ("plain", "plain"),
    ],
)
def test_pattern_is_written_out(pattern: str, text: str) -> None:
    values: dict[str, int | float | str] = {"floor": 3, "flat": 12, "site": "Les Tilleuls"}

    assert parse_pattern(pattern).render(values) == text


def test_text_from_outside_is_not_read_as_a_pattern() -> None:
    assert parse_pattern("{site}").render({"site": "{floor}", "floor": 1}) == "{floor}"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "A"), (26, "Z"), (27, "AA"), (703, "AAA"), (0, "0"), (-2, "-2")]
)
def test_letters_count_like_columns(number: int, text: str) -> None:
    assert letters(number) == text


@pytest.mark.parametrize("text", ["{", "}", "{}", "{a!r}", "{a[0]}", "{a:>10}", "{A}", "{{a}}"])
def test_other_braces_are_refused(text: str) -> None:
    assert [one.code for one in pattern_findings(text, at="#/name")] == ["bad-pattern"]
