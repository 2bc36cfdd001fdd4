"""Every transaction is told on whose behalf it writes, and no other is."""

from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection, transaction

from accounts.models import AuditEntry, Organisation
from config.lib.attribution import Attribution, attributed, refine

WHO = Attribution(user=uuid4(), application=uuid4(), request="r-1", origin="api")


def told() -> str:
    """Return what the database has been told for the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('atrium.actor', true)")
        return cursor.fetchone()[0] or ""


def entry_of(organisation: Organisation) -> AuditEntry:
    return AuditEntry.objects.get(object_id=organisation.pk)


@pytest.mark.django_db(transaction=True)
def test_single_statement_outside_a_transaction_is_attributed() -> None:
    with attributed(WHO):
        made = Organisation.objects.create(name="Alone")

    entry = entry_of(made)
    assert (entry.user_id, entry.application_id) == (WHO.user, WHO.application)
    assert (entry.request_id, entry.origin) == ("r-1", "api")


@pytest.mark.django_db(transaction=True)
def test_transaction_is_attributed_even_after_a_savepoint_fails() -> None:
    with attributed(WHO), transaction.atomic():
        with pytest.raises(KeyError), transaction.atomic():
            raise KeyError
        made = Organisation.objects.create(name="After")

    assert entry_of(made).user_id == WHO.user


@pytest.mark.django_db(transaction=True)
def test_next_caller_on_the_same_connection_is_not_taken_for_the_last() -> None:
    with attributed(WHO):
        Organisation.objects.create(name="First")

    made = Organisation.objects.create(name="Second")

    assert told() == ""
    assert entry_of(made).user_id is None
    assert entry_of(made).origin.startswith("database")


@pytest.mark.django_db
def test_open_transaction_is_told_at_once_and_told_back() -> None:
    with attributed(Attribution(origin="outer")):
        with attributed(WHO):
            assert "r-1" in told()
        assert told() == '{"origin":"outer"}'
    assert told() == ""


@pytest.mark.django_db
def test_more_can_be_said_once_the_token_is_read() -> None:
    user = uuid4()

    with attributed(Attribution(origin="api")):
        refine(user=user)
        made = Organisation.objects.create(name="Refined")

    assert entry_of(made).user_id == user


@pytest.mark.django_db(transaction=True)
def test_copy_is_attributed() -> None:
    table = Organisation._meta.db_table
    key = str(uuid4())
    copy = f"COPY {table} (id, created_at, updated_at, name, time_zone) FROM STDIN"

    with (
        attributed(WHO),
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(copy) as rows,
    ):
        rows.write_row((key, "2026-01-01Z", "2026-01-01Z", "Copied", "UTC"))

    assert AuditEntry.objects.get(object_id=key).user_id == WHO.user


@pytest.mark.django_db
def test_reading_asks_the_database_nothing_more(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1), attributed(WHO, is_reading=True):
        refine(user=uuid4())
        list(Organisation.objects.all())


def test_attribution_can_be_written_down_and_read_again() -> None:
    assert Attribution.from_mapping(orjson.loads(WHO.as_json())) == WHO
