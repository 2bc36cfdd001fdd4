"""Signing keys are made once and rotated one at a time, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from accounts.models import AuditEntry, SigningKey
from accounts.services import signing

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deed: str, times: int) -> list[str]:
    """Call a service from as many threads and return the ids of the keys it answered with."""

    def call(_: int) -> str:
        try:
            return str(getattr(signing, deed)().kid)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(call, range(times)))


def test_first_key_is_made_once() -> None:
    kids = at_once("current_key", 4)

    assert set(kids) == {SigningKey.objects.get().kid}


def test_rotations_at_once_leave_one_key_that_signs() -> None:
    kids = at_once("rotate_key", 3)

    assert len(set(kids)) == 3
    assert SigningKey.objects.get(retired_at=None).kid in kids
    assert len(signing.public_keys()) == 3


def test_database_holds_no_second_key_that_signs() -> None:
    signing.current_key()

    with pytest.raises(IntegrityError):
        SigningKey.objects.create(kid="second", private_key={}, public_key={})


def test_rotation_is_audited_without_the_key() -> None:
    key = signing.rotate_key()

    entry = AuditEntry.objects.get(object_type="signing_key", object_id=str(key.pk))
    assert entry.after
    assert entry.after["kid"] == key.kid
    assert {"private_key", "public_key"}.isdisjoint(entry.after)
