"""Accounts at metering clouds, and which meter became which device, under audit without secrets."""

from typing import ClassVar

from django.db import migrations

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_CONNECTION = """(SELECT c.{column} FROM integrations_connection c
    WHERE c.id = r.connection_id)"""


class Migration(migrations.Migration):
    """Sets up the triggers; what each sync notes of itself is no part of the audit."""

    dependencies: ClassVar = [
        ("accounts", "0003_audit"),
        ("integrations", "0003_places_of_events"),
    ]
    operations: ClassVar = [
        AuditTable(
            "integrations_connection",
            "connection",
            recorded=(
                *("organisation_id", "fleet_id", "site_id", "name", "auth_method", "username"),
                *("card_id", "realtime", "interval_s"),
            ),
            noted=("secret",),
            ignored=(
                *("id", *STAMPS, "status", "problem", "last_attempt_at", "last_success_at"),
                *("failures", "next_attempt_at", "requested_at", "claim"),
            ),
            organisation="r.organisation_id",
            site="r.site_id",
        ),
        AuditTable(
            "integrations_meterlink",
            "meter_link",
            recorded=("connection_id", "meter_id", "serial", "device_id", "gateway_id"),
            ignored=(
                *("id", *STAMPS, "reported_name", "device_type_key", "energy_type", "sub_type"),
                *("family", "is_gateway", "linked_at", "value_at", "seen_at", "vanished_at"),
                *("problem", "issues"),
            ),
            organisation=OF_CONNECTION.format(column="organisation_id"),
            site=OF_CONNECTION.format(column="site_id"),
            is_summarised=True,
        ),
    ]
