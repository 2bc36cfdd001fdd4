"""Exports of series as files."""

from rest_framework import serializers

from accounts.choices import Resolution
from config.lib.serializers import TextField, TimeField, TimeZoneField
from devices.api.exports import CSV, PARQUET
from devices.api.serializers.readings import RangeQuery


class ExportQuery(RangeQuery):
    """Which readings are taken away, and how."""

    start = TimeField(help_text="The first moment that counts.")
    end = TimeField(help_text="The first moment that does not.")
    points = TextField(required=False, default="", help_text="Keys, with commas; else all.")
    interval = serializers.ChoiceField(choices=Resolution.choices, default=Resolution.RAW)
    timezone = TimeZoneField(
        required=False, default="", help_text="By whose clock; else each device's own."
    )
    format = serializers.ChoiceField(choices=[CSV, PARQUET], required=False, default=CSV)
