"""The bodies of drift and slot reports."""

from typing import Any

from rest_framework import serializers

from twin.services.drift import SORTS


class SlotTotalsOut(serializers.Serializer[Any]):
    """How many slots there are, and how they are filled."""

    slots = serializers.IntegerField()
    filled = serializers.IntegerField()
    unfilled = serializers.IntegerField()
    missing_devices = serializers.IntegerField()
    devices_without_slot = serializers.IntegerField()


class DepartureOut(serializers.Serializer[Any]):
    """One difference between the declaration and the building."""

    sort = serializers.ChoiceField(choices=SORTS)
    node = serializers.UUIDField(allow_null=True)
    key = serializers.CharField()
    name = serializers.CharField()
    before = serializers.JSONField(required=False)
    after = serializers.JSONField(required=False)


class DriftCountsOut(serializers.Serializer[Any]):
    """How many differences there are of each sort."""

    vars().update({sort: serializers.IntegerField() for sort in SORTS})


class DriftOut(serializers.Serializer[Any]):
    """How far a site has wandered; the first hundred departures are listed."""

    site = serializers.UUIDField()
    name = serializers.CharField()
    template = serializers.CharField(allow_null=True)
    latest = serializers.CharField(allow_null=True)
    behind_by = serializers.IntegerField()
    counts = DriftCountsOut()
    slots = SlotTotalsOut()
    departures = DepartureOut(many=True)


class SlotOut(serializers.Serializer[Any]):
    """One slot of a space."""

    key = serializers.CharField()
    name = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField())
    types = serializers.ListField(child=serializers.CharField())
    min = serializers.IntegerField()
    max = serializers.IntegerField(allow_null=True)
    filled = serializers.IntegerField()
    missing = serializers.IntegerField()
    devices = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="With the scope `devices:read`."
    )


class SpaceSlotsOut(serializers.Serializer[Any]):
    """A space with its slots."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()
    template_key = serializers.CharField()
    slots = SlotOut(many=True)
