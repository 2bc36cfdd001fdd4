"""Every table of who, where and what is under audit, column by column, or says here why not."""

import re

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from accounts.auditing.operations import AuditTable
from accounts.auditing.sql import AuditedTable

pytestmark = pytest.mark.django_db
APPS = ("accounts", "twin", "devices", "integrations")
NOT_AUDITED = {
    "accounts_auditentry": "is the log itself",
    "accounts_grant": "an authorization code lives a minute; its consent and tokens are audited",
    "accounts_devicegrant": "a device code lives minutes; its consent and tokens are audited",
    "accounts_idtoken": "gives no access",
    "integrations_event": "is a log itself",
    "integrations_realtimeendpoint": "made and taken back by the platform; follows the connection",
    "integrations_realtimepost": "measurements on their way",
    "integrations_realtimemeter": "how far a meter is heard",
    "integrations_backfill": "how far a fetch of the past is; its values are measurements",
    "integrations_syncrun": "what a sync did; what it changed is audited",
    "twin_policychange": "a change of the site, which is audited",
    "accounts_letter": "tells of changes that are audited themselves",
    "twin_node": "mirrors the thing that shares its key",
    "devices_point": "follows from the device's type; its latest value is a measurement",
    "devices_devicetype": "the catalogue decides no access and moves nothing",
    "devices_devicetypeversion": "is the history itself: a version never changes",
    "devices_pointtype": "the catalogue decides no access and moves nothing",
    "devices_actiontype": "the catalogue decides no access and moves nothing",
    "devices_alarmwatch": "where a rule stands now; follows from the rule",
    "devices_alarmmark": "a note that something is to be looked at",
    "devices_commandstep": "the moves of a command, which is audited",
    "devices_closing": "how far sums are closed",
    "devices_closedsum": "what was told of a closed time; changes are restatements",
    "devices_closedcheck": "a note that something is to be looked at",
    "devices_restatement": "is the history itself",
    "devices_bulkimport": "a file that was handed in; what it makes is audited",
    "devices_importrow": "a file that was handed in; what it makes is audited",
    "devices_reading": "a measurement",
    "devices_reading_text": "a measurement",
    "devices_rollup": "a measurement",
    "devices_rollup_dirty": "a measurement",
}
SECRET = re.compile(r"password|secret|token(?!_family)|digest|checksum|code$|jti|seed|key$")
NO_SECRETS = {
    "template_key",
    "type_key",
    "key",
    "source_refresh_token_id",
    "access_token_id",
    "id_token_id",
}


def audited() -> dict[str, AuditedTable]:
    """Return what the migrations, in their order, have put under audit."""
    loader = MigrationLoader(connection)
    plan = loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True)
    operations = [operation for key in plan for operation in loader.graph.nodes[key].operations]
    return {o.name: o.table for o in operations if isinstance(o, AuditTable)}


def tables() -> dict[str, type[models.Model]]:
    """Return the tables of the apps that must be audited, with their models."""
    return {
        model._meta.db_table: model
        for label in APPS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }


def triggers() -> set[tuple[str, str]]:
    """Return (table, trigger) of every audit trigger in the database that fires."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE tgname LIKE 'audit\\_%%' AND tgenabled IN ('O', 'A')"
        )
        return set(cursor.fetchall())


def test_every_table_is_audited_or_says_why_not() -> None:
    assert set(tables()) - set(NOT_AUDITED) - set(audited()) == set()
    assert set(NOT_AUDITED) & set(audited()) == set()


@pytest.mark.parametrize("name", sorted(set(tables()) - set(NOT_AUDITED)))
def test_every_column_is_recorded_noted_or_ignored(name: str) -> None:
    table, model = audited()[name], tables()[name]
    columns = {field.column for field in model._meta.concrete_fields}

    assert {*table.recorded, *table.noted, *table.ignored} == columns
    assert len(columns) == len(table.recorded) + len(table.noted) + len(table.ignored)


@pytest.mark.parametrize("name", sorted(set(tables()) - set(NOT_AUDITED)))
def test_no_secret_is_recorded(name: str) -> None:
    recorded = set(audited()[name].recorded) - NO_SECRETS

    assert [column for column in recorded if SECRET.search(column)] == []


def test_every_trigger_is_in_the_database_and_fires() -> None:
    wanted = {
        (table.name, f"{table.function}_{event}")
        for table in audited().values()
        for event in table.events
    }

    assert wanted <= triggers()
    assert ("accounts_auditentry", "audit_is_append_only") in triggers()
