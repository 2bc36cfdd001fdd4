"""Every table of where and what keeps its versions, column by column, or says here why not."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from config.lib.past import SCHEMA, as_of
from tests.twin.past import DAY_1
from twin.versioning.operations import KeepVersions, PauseVersions
from twin.versioning.sql import EVENTS, VersionedTable

pytestmark = pytest.mark.django_db
APPS = ("twin", "devices")
NOT_VERSIONED = {
    "twin_policychange": "is the history itself",
    "twin_consentnode": "access: rights are always those of now; the audit log tells the past",
    "twin_grant": "access: rights are always those of now; the audit log tells the past",
    "twin_topologytemplate": "its versions are numbered",
    "twin_templateversion": "a published version never changes",
    "twin_declaration": "what the next plan starts from; applied plans tell the past",
    "twin_plan": "a plan says itself when it was made, applied and undone",
    "twin_upgrade": "a piece of work, not where or what",
    "twin_upgradeitem": "a piece of work, not where or what",
    "devices_fleet": "who manages, not where or what",
    "devices_devicetype": "the catalogue",
    "devices_devicetypeversion": "a published version never changes",
    "devices_pointtype": "the catalogue",
    "devices_actiontype": "the catalogue",
    "devices_alarmrule": "what to watch for; the audit log tells its past",
    "devices_alarm": "says itself when it was raised, acknowledged and cleared",
    "devices_alarmwatch": "where a rule stands now",
    "devices_alarmmark": "a note that something is to be looked at",
    "devices_command": "a deed, not where or what; its steps tell its past",
    "devices_commandbatch": "a piece of work, not where or what",
    "devices_commandstep": "is a history itself",
    "devices_assignment": "holds periods itself",
    "devices_formulaterm": "holds periods itself",
    "devices_retentionrule": "how long readings are kept; the audit log tells its past",
    "devices_closing": "how far sums are closed",
    "devices_closedsum": "what was told of a closed time; changes are restatements",
    "devices_closedcheck": "a note that something is to be looked at",
    "devices_restatement": "is the history itself",
    "devices_bulkimport": "a file that was handed in",
    "devices_importrow": "a file that was handed in",
    "devices_desiredvalue": "what is asked of a device; the audit log keeps who asked for what",
    "devices_point": "follows from the device's type; its latest value is a measurement",
    "devices_placement": "holds periods itself",
    "devices_reading": "a measurement",
    "devices_reading_text": "a measurement",
    "devices_rollup": "a measurement",
    "devices_rollup_dirty": "a measurement",
}


def kept() -> dict[str, VersionedTable]:
    """Return the tables whose versions the migrations, in their order, let the database keep."""
    loader = MigrationLoader(connection)
    plan = loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True)
    operations = [operation for key in plan for operation in loader.graph.nodes[key].operations]
    found = [o for o in operations if isinstance(o, KeepVersions)]
    return {o.name: o.table for o in found if not isinstance(o, PauseVersions)}


def tables() -> dict[str, type[models.Model]]:
    """Return the tables of the apps whose versions are kept, with their models."""
    return {
        model._meta.db_table: model
        for label in APPS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }


VERSIONED = sorted(set(tables()) - set(NOT_VERSIONED))


def columns(table: str, *, schema: str = "public") -> dict[str, str]:
    """Return the columns of a table or view with their types."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            [f"{schema}.{table}"],
        )
        return dict(cursor.fetchall())


def test_every_table_keeps_its_versions_or_says_why_not() -> None:
    assert set(VERSIONED) == set(kept()), "use KeepVersions in a migration, or say why not here"
    assert set(NOT_VERSIONED) & set(kept()) == set()


@pytest.mark.parametrize("name", VERSIONED)
def test_every_column_is_kept_and_shown_as_it_is(name: str) -> None:
    table, own = kept()[name], columns(name)
    again = "a column has come or changed: use KeepVersions again in its migration"

    held = columns(table.history)
    assert {column: held.get(column) for column in table.kept(own)} == {
        column: own[column] for column in table.kept(own)
    }, again
    assert columns(name, schema=SCHEMA) == own, again
    assert set(table.untold) <= set(own)


@pytest.mark.parametrize("name", VERSIONED)
def test_its_triggers_are_in_the_database_and_fire(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s)"
            " AND tgname LIKE 'version\\_%%' AND tgenabled IN ('O', 'A')",
            [f"public.{name}"],
        )
        found = {row[0] for row in cursor.fetchall()}
    assert found == {f"version_{name}_{event}" for event in EVENTS}


@pytest.mark.parametrize("name", VERSIONED)
def test_it_can_be_read_as_it_stood(name: str) -> None:
    with as_of(DAY_1):
        assert tables()[name]._default_manager.first() is None
