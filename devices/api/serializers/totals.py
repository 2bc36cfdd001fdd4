"""Totals over the devices of a site, a space, a view or a fleet."""

from typing import Any

from rest_framework import serializers

from accounts.choices import Resolution
from config.lib.serializers import TextField, TimeZoneField
from devices.api.serializers.readings import CSV, JSON, RangeQuery

AGGREGATES = ("sum", "mean", "min", "max")
INTERVALS = [choice for choice in Resolution.choices if choice[0] != Resolution.RAW]


class AggregatesField(TextField):
    """Names of aggregates, with commas."""

    default_error_messages = {"aggregate": "Choose from sum, mean, min and max, with commas."}

    def to_internal_value(self, data: Any) -> Any:
        """Return the names, each once."""
        names = [name for name in str(data).split(",") if name]
        if set(names) - set(AGGREGATES):
            self.fail("aggregate")
        return list(dict.fromkeys(names))


class TotalsQuery(RangeQuery):
    """Which totals are asked for."""

    point = TextField(help_text="The key of a point; devices without it do not count.")
    interval = serializers.ChoiceField(choices=INTERVALS, default=Resolution.DAY)
    timezone = TimeZoneField(
        required=False, default="", help_text="By whose clock; else the site's."
    )
    aggregate = AggregatesField(
        required=False,
        default=list,  # type: ignore[arg-type]  # the stubs know text alone
        help_text="Of sum, mean, min, max; else the sum of counters and the mean of gauges.",
    )
    format = serializers.ChoiceField(choices=[JSON, CSV], required=False, default="")


class TotalOut(serializers.Serializer[Any]):
    """One aggregate in columns; ``devices`` tells how many have a value in each bucket."""

    point = serializers.CharField()
    unit = serializers.CharField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    aggregate = serializers.CharField()
    times = serializers.ListField(child=serializers.DateTimeField())
    values = serializers.ListField(child=serializers.FloatField())
    devices = serializers.ListField(child=serializers.IntegerField())
    coverage = serializers.ListField(child=serializers.FloatField())
    quality = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class TotalsOut(serializers.Serializer[Any]):
    """The series of a site, space, view or fleet, under the name of its noun."""

    interval = serializers.CharField()
    timezone = serializers.CharField()
    devices = serializers.IntegerField(help_text="How many devices count.")
    series = TotalOut(many=True)
