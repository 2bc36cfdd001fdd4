"""Secrets: make them, digest them, encrypt them, compare them, mask them."""

import base64
import hashlib
import hmac
import secrets as chance
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

# Without 0, O, 1, I and L, so that people can read a code aloud and type it.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class SecretUnreadable(Exception):
    """No key of FIELD_ENCRYPTION_KEYS opens this secret."""


def make_token(size_bytes: int = 32) -> str:
    """Return a random URL-safe text of at least that much chance."""
    return chance.token_urlsafe(size_bytes)


def make_code(groups: int = 4, length: int = 5) -> str:
    """Return a code for people, such as ``7KQ2M-…``: 4.95 bits a character, 99 bits by default."""
    return "-".join("".join(chance.choice(ALPHABET) for _ in range(length)) for _ in range(groups))


def normalise_code(code: str) -> str:
    """Return the code as it is digested: upper case, without blanks and dashes."""
    return "".join(char for char in code.upper() if char.isalnum())


def digest(secret: str) -> str:
    """Return the SHA-256 digest, in hex: enough for a secret of 80 bits of chance or more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(left: str, right: str) -> bool:
    """Compare in a time that does not tell where the two differ."""
    return hmac.compare_digest(left.encode(), right.encode())


def mask(secret: str) -> str:
    """Return what an admin page may show: that there is a secret, and nothing of it."""
    return "••••••••" if secret else "—"


def _fernet_key(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(settings.FIELD_ENCRYPTION_KEYS))


def encrypt(secret: bytes) -> bytes:
    """Return the secret under the newest key, authenticated (Fernet)."""
    return _current_box().encrypt(secret)


def decrypt(sealed: bytes) -> bytes:
    """Return the secret, whichever of the keys sealed it.

    Raises: SecretUnreadable, if none did.
    """
    try:
        return _current_box().decrypt(sealed)
    except InvalidToken as error:
        raise SecretUnreadable("no key of FIELD_ENCRYPTION_KEYS opens this secret") from error


def rotate(sealed: bytes) -> bytes:
    """Return the secret under the newest key, without showing it to the caller."""
    try:
        return _current_box().rotate(sealed)
    except InvalidToken as error:
        raise SecretUnreadable("no key of FIELD_ENCRYPTION_KEYS opens this secret") from error
