"""Texts become documents in JSON's types, or are refused with the reason."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twin.definitions.documents import UnreadableDocument, read_document, write_document

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def test_yaml_and_json_say_the_same() -> None:
    assert read_document("a: [1, true, x]") == read_document('{"a": [1, true, "x"]}')


@pytest.mark.parametrize("word", ["on", "yes", "12:30", "2026-01-01", "1_000", "0x1f", "<<", "="])
def test_words_of_old_yaml_stay_texts(word: str) -> None:
    assert read_document(f"a: {word}") == {"a": word}


def test_numbers_with_leading_zeros_are_decimal() -> None:
    assert read_document("a: 010") == {"a": 10}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1", "bad-syntax"),
        ("a: &x 1\nb: *x", "yaml-alias"),
        ("a: 1\na: 2", "repeated-key"),
        ("1: a", "key-not-text"),
        ("? [a]\n: b", "key-not-text"),
        ("a: !!python/name:os.system x", "bad-syntax"),
        ("[" * 5_000, "too-deep"),
        ("x" * 1_000_001, "too-long"),
        ("a: \x00", "bad-syntax"),
        ("a: .nan\nb: *", "bad-syntax"),
    ],
)
def test_unreadable_text_is_refused(text: str, code: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        read_document(text)

    assert caught.value.finding.code == code


def test_bad_syntax_tells_line_and_column() -> None:
    with pytest.raises(UnreadableDocument, match="line 2, column"):
        read_document("a: 1\n b: 2: 3")


@given(JSON)
@example(["1e3", "010", "on", "12:30", "2026-01-01", "~", "", "0x1f", "1_000", "null", "=", "<<"])
def test_what_is_written_is_read_as_the_same(document: object) -> None:
    assert read_document(write_document(document)) == document
