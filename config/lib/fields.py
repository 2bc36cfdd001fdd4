"""Model fields that the database should not be able to read or must compute itself."""

from typing import Any

import orjson
from django.db import models

from config.lib import secrets


class EncryptedJSONField(models.BinaryField):
    """A JSON value that the database only ever sees encrypted.

    Reading yields the value, writing seals it under the newest key of FIELD_ENCRYPTION_KEYS.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: bytes | None, *args: object) -> Any:
        """Open the seal."""
        return None if value is None else orjson.loads(secrets.decrypt(bytes(value)))

    def get_prep_value(self, value: Any) -> bytes | None:
        """Seal the value."""
        return None if value is None else secrets.encrypt(orjson.dumps(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Hand the sealed value to the driver once."""
        sealed = value if prepared else self.get_prep_value(value)
        return None if sealed is None else connection.Database.Binary(sealed)

    def to_python(self, value: Any) -> Any:
        """Leave the value as it is: it is JSON already."""
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Never write the secret into a dump."""
        return ""


class Digest(str):
    """The digest of a secret, as read from the database."""

    __slots__ = ()


class DigestField(models.CharField):
    """A secret that is looked up but never read: the column holds its SHA-256 digest alone.

    Assign and filter by the secret itself. What is read back is a ``Digest``, which is saved as it
    stands; any other text is digested, so that nobody gets in by presenting a stolen digest.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_length=64, unique=True, editable=False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave out what the field itself fixes."""
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "unique", "editable"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *args: object) -> Digest | None:
        """Mark what was read as the digest that it is."""
        return None if value is None else Digest(value)

    def get_prep_value(self, value: Any) -> Any:
        """Digest the secret on its way to the database, in writes and in lookups."""
        if value is None or isinstance(value, Digest):
            return value
        return secrets.digest(str(value))
