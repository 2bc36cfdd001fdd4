"""Readings in and out."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.choices import Resolution
from config.lib.serializers import TextField, TimeField, TimeZoneField
from devices.api.serializers.assets import RejectedOut
from devices.api.serializers.devices import AnyValueField
from devices.choices import Aggregate, Quality
from devices.selectors import Place

DEFAULT_LIMIT = 10_000
MAX_LIMIT = 50_000
FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)
JSON, CSV = "json", "csv"


class ReadingIn(serializers.Serializer[Any]):
    """One reading; its point is the key of a point of the device."""

    device = serializers.UUIDField()
    point = serializers.CharField()
    time = serializers.DateTimeField()
    value = AnyValueField()
    quality = serializers.ChoiceField(
        choices=Quality.labels, required=False, default=Quality.GOOD.label
    )


class ReadingsIn(serializers.Serializer[Any]):
    """Up to 10,000 readings."""

    readings = ReadingIn(many=True)


class RecordedOut(serializers.Serializer[Any]):
    """What became of the batch; restated ones are counted as accepted too."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    restated = serializers.IntegerField()
    rejected = RejectedOut(many=True)


class PlaceField(TextField):
    """The cursor of a series that was cut."""

    default_error_messages = {"cursor": "Use the cursor from `next`."}

    def to_internal_value(self, data: Any) -> Any:
        """Return the place."""
        try:
            return Place.parse(str(data))
        except ValueError:
            self.fail("cursor")


class RangeQuery(serializers.Serializer[Any]):
    """From when until when."""

    start = TimeField(required=False, default=FIRST, help_text="The first moment that counts.")
    end = TimeField(required=False, default=LAST, help_text="The first moment that does not.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range that ends before it begins: nothing would be an answer to a mistake."""
        if attrs["end"] < attrs["start"]:
            text = "The end is before the start."
            raise serializers.ValidationError({"end": [ErrorDetail(text, code="reversed")]})
        return attrs


class SeriesQuery(RangeQuery):
    """Which readings of a device are asked for."""

    points = TextField(required=False, default="", help_text="Keys, with commas; else all.")
    interval = serializers.ChoiceField(choices=Resolution.choices, default=Resolution.RAW)
    timezone = TimeZoneField(
        required=False, default="", help_text="By whose clock; else the site's."
    )
    aggregate = serializers.ChoiceField(
        choices=Aggregate.choices,
        required=False,
        default="",
        help_text="Of intervals; else the consumption of counters and the mean of gauges. `share`"
        " and `duration` (in seconds) tell of states how long each value held.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = PlaceField(required=False, default=None)
    format = serializers.ChoiceField(choices=[JSON, CSV], required=False, default="")


class SeriesOut(serializers.Serializer[Any]):
    """One point in columns."""

    point = serializers.CharField()
    vars()["label"] = serializers.CharField(
        required=False, help_text="Whose share or duration it is, of enumerations."
    )
    unit = serializers.CharField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    aggregate = serializers.CharField()
    times = serializers.ListField(child=serializers.DateTimeField())
    values = serializers.ListField(child=AnyValueField())
    coverage = serializers.ListField(child=serializers.FloatField(), required=False)
    quality = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class SeriesPageOut(serializers.Serializer[Any]):
    """The series of a device; with ``next`` there is more."""

    device = serializers.UUIDField()
    interval = serializers.CharField()
    timezone = serializers.CharField()
    series = SeriesOut(many=True)
    next = serializers.URLField(allow_null=True)
