"""What changes is in the audit log, whoever changed it and however."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import AccessToken, Application, AuditEntry, B2BUser, Organisation, User
from tests import factories

pytestmark = pytest.mark.django_db


def entries(thing: Any, **filters: Any) -> list[AuditEntry]:
    """Return the entries about an object, oldest first."""
    return list(AuditEntry.objects.filter(object_id=str(thing.pk), **filters).order_by("pk"))


def test_creation_is_recorded_with_what_was_made(organisation: Organisation, bob: User) -> None:
    membership = B2BUser.objects.get(user=bob)

    (entry,) = entries(membership)

    assert (entry.action, entry.object_type) == ("created", "b2b_user")
    assert (entry.organisation_id, entry.subject_id) == (organisation.pk, bob.pk)
    assert entry.before is None
    assert (entry.after or {})["role"] == "operator"


def test_update_is_recorded_with_the_changed_columns_alone(bob: User) -> None:
    membership = B2BUser.objects.get(user=bob)
    membership.role = "viewer"
    membership.save()

    entry = entries(membership)[-1]

    assert entry.get_changes() == {"role": ("operator", "viewer")}


def test_update_that_changes_nothing_is_not_recorded(bob: User) -> None:
    membership = B2BUser.objects.get(user=bob)
    membership.save()

    assert [entry.action for entry in entries(membership)] == ["created"]


def test_deletion_is_recorded_with_what_was_lost(bob: User) -> None:
    membership = B2BUser.objects.get(user=bob)
    key = membership.pk
    B2BUser.objects.filter(pk=key).delete()

    entry = AuditEntry.objects.get(object_id=key, action="deleted")

    assert (entry.before or {})["role"] == "operator"
    assert entry.after is None


def test_bulk_update_is_recorded_row_by_row(organisation: Organisation) -> None:
    for number in range(3):
        factories.make_member(organisation, role="viewer", email=f"v{number}@example.org")

    B2BUser.objects.filter(organisation=organisation).update(role="operator")

    found = AuditEntry.objects.filter(organisation_id=organisation.pk, action="updated")
    assert [entry.after for entry in found] == [{"role": "operator"}] * 3


def test_change_of_a_secret_is_noted_without_the_secret(dora: User) -> None:
    dora.set_password("another horse battery staple")
    dora.save()

    entry = entries(dora)[-1]

    assert entry.get_changes() == {"password": ("(hidden)", "(hidden)")}


def test_end_of_a_living_token_is_recorded(meter_app: Application) -> None:
    factories.make_access_token(meter_app)
    token = AccessToken.objects.get()
    token.delete()

    entry = AuditEntry.objects.get(object_type="access_token")

    assert (entry.action, entry.organisation_id) == ("deleted", meter_app.organisation_id)
    assert "token_checksum" not in (entry.before or {})


def test_clean_up_of_expired_tokens_is_not_recorded(meter_app: Application) -> None:
    factories.make_access_token(meter_app)
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=1))

    AccessToken.objects.all().delete()

    assert not AuditEntry.objects.filter(object_type="access_token").exists()


def test_raw_sql_is_recorded_too(organisation: Organisation) -> None:
    with connection.cursor() as cursor:
        table = Organisation._meta.db_table
        cursor.execute(f"UPDATE {table} SET name = 'X' WHERE id = %s", [organisation.pk])

    assert entries(organisation)[-1].after == {"name": "X"}


def test_key_of_an_entry_holds_its_time(organisation: Organisation) -> None:
    (entry,) = entries(organisation)

    assert entry.pk.version == 7
    assert entry.pk.int >> 80 == int(entry.time.timestamp() * 1000)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_auditentry SET action = 'read'",
        "DELETE FROM accounts_auditentry",
        "DELETE FROM accounts_auditentry WHERE false",
        "TRUNCATE accounts_auditentry",
        "TRUNCATE accounts_organisation, accounts_auditentry CASCADE",
    ],
)
def test_database_refuses_to_rewrite_the_log(organisation: Organisation, sql: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

    assert entries(organisation)
