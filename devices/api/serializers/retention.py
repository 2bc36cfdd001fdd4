"""How long single readings are kept."""

from typing import Any

from rest_framework import serializers

from config.lib.serializers import StrictSerializer
from devices.models.retention import LEAST_DAYS

MOST_DAYS = 36_500


class DaysField(serializers.IntegerField):
    """Days, or null for ever."""

    def __init__(self, **options: Any) -> None:
        options["allow_null"] = True
        super().__init__(min_value=LEAST_DAYS, max_value=MOST_DAYS, **options)


class RetentionIn(StrictSerializer):
    """For how many days readings of each kind of point are kept; null keeps them for ever."""

    measurement = DaysField(required=False)
    status = DaysField(required=False)
    configuration = DaysField(required=False)


class RetentionOut(serializers.Serializer[Any]):
    """For how many days readings of each kind of point are kept, null for ever."""

    measurement = DaysField()
    status = DaysField()
    configuration = DaysField()


class ExpectedOut(serializers.Serializer[Any]):
    """What would go: readings by the sums of their days, and the months all before ``until``."""

    kind = serializers.CharField(help_text="The kind of point.")
    raw_days = serializers.IntegerField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    points = serializers.IntegerField()
    readings = serializers.IntegerField()
    first = serializers.DateTimeField(allow_null=True)
    last = serializers.DateTimeField(allow_null=True)
    months = serializers.ListField(child=serializers.CharField())


class PreviewOut(serializers.Serializer[Any]):
    """What the rules would take away the next night."""

    results = ExpectedOut(many=True)
