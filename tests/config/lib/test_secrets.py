"""Secrets: made, digested, sealed, and sealed anew when keys rotate."""

import pytest
from django.conf import LazySettings

from config.lib import secrets

OLD, NEW = "o" * 40, "n" * 40


def test_code_for_people_carries_enough_chance() -> None:
    code = secrets.make_code()

    assert len(set(secrets.ALPHABET)) == 31
    assert len(secrets.normalise_code(code)) == 20
    assert {"O", "0", "I", "1", "L"}.isdisjoint(code)


def test_code_is_the_same_however_it_is_typed() -> None:
    assert secrets.normalise_code(" ab2c-d3 ") == "AB2CD3"


def test_sealed_secret_opens_and_shows_nothing() -> None:
    sealed = secrets.encrypt(b"secret")

    assert b"secret" not in sealed
    assert secrets.decrypt(sealed) == b"secret"


def test_secret_sealed_by_an_older_key_opens(settings: LazySettings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    sealed = secrets.encrypt(b"secret")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    assert secrets.decrypt(sealed) == b"secret"


def test_rotated_secret_needs_the_new_key_alone(settings: LazySettings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    sealed = secrets.encrypt(b"secret")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    rotated = secrets.rotate(sealed)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    assert secrets.decrypt(rotated) == b"secret"
    with pytest.raises(secrets.SecretUnreadable):
        secrets.decrypt(sealed)


def test_tampered_secret_does_not_open() -> None:
    sealed = secrets.encrypt(b"secret")

    with pytest.raises(secrets.SecretUnreadable):
        secrets.decrypt(sealed[:-2] + b"xx")


def test_mask_tells_nothing_of_the_secret() -> None:
    assert secrets.mask("short") == secrets.mask("a very long secret")
    assert secrets.mask("") != secrets.mask("x")


@pytest.mark.parametrize(("left", "right", "is_same"), [("a", "a", True), ("ä", "a", False)])
def test_comparison_takes_any_text(left: str, right: str, is_same: bool) -> None:
    assert secrets.is_same(left, right) is is_same
