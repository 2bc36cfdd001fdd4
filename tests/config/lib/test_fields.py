"""Fields that the database cannot read."""

import pytest
from django.db import connection

from accounts.models import Application, Grant, User
from config.lib import secrets
from config.lib.fields import Digest, DigestField, EncryptedJSONField
from tests.accounts.oauth import flows


def test_encrypted_value_comes_back_and_is_sealed_on_the_way() -> None:
    field = EncryptedJSONField()

    sealed = field.get_prep_value({"api_key": "secret"})

    assert sealed is not None
    assert b"secret" not in sealed
    assert field.from_db_value(sealed) == {"api_key": "secret"}


@pytest.mark.parametrize("value", [None, "", [], {}, 0])
def test_any_json_value_survives(value: object) -> None:
    field = EncryptedJSONField()

    assert field.from_db_value(field.get_prep_value(value)) == value


def test_digest_is_digested_once() -> None:
    field = DigestField()
    kept = field.get_prep_value("secret")

    read = field.from_db_value(kept)

    assert kept == secrets.digest("secret")
    assert isinstance(read, Digest)
    assert field.get_prep_value(read) == kept
    assert field.get_prep_value(str(read)) == secrets.digest(kept)


def test_row_that_is_saved_again_keeps_its_digest(dora: User, meter_app: Application) -> None:
    code = flows.approve(dora, meter_app)["code"]

    Grant.objects.get().save()

    assert Grant.objects.get(code=code)
    with connection.cursor() as cursor:
        cursor.execute("SELECT code FROM accounts_grant")
        assert cursor.fetchall() == [(secrets.digest(code),)]
