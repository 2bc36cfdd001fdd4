"""The environment: typed, refused when it cannot be understood."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

NAME = "ATRIUM_TEST_VARIABLE"


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("FALSE", False), ("0", False), ("", True)]
)
def test_truth_is_written_plainly(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv(NAME, text)

    assert env.env_bool(NAME, default=True) is value


@pytest.mark.parametrize("text", ["yes", "on", "2", "tru"])
def test_other_words_for_truth_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.env_bool(NAME, default=False)


def test_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "many")

    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.env_int(NAME, 1)


def test_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(path))

    assert env.env_secret(NAME) == "from a file"


def test_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", "/no/such/file")

    with pytest.raises(ImproperlyConfigured, match="/no/such/file"):
        env.env_secret(NAME)


def test_list_drops_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a, ,b ,")

    assert env.env_list(NAME) == ["a", "b"]


def test_pace_of_a_licence_takes_the_place_of_the_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "basic=6/3")

    assert env.env_paces(NAME) == {**env.GUESSED_PACES, "basic": (6.0, 3)}


@pytest.mark.parametrize("text", ["gold=60/20", "basic=0/8", "basic=15", "basic"])
def test_pace_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    with pytest.raises(ImproperlyConfigured, match=text):
        env.env_paces(NAME)


def test_unknown_deployment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_ENVIRONMENT", "production")

    with pytest.raises(ImproperlyConfigured, match="prod"):
        env.env_environment()
