"""The bodies of what is done to spaces as wholes: merging and splitting."""

from rest_framework import serializers

from config.lib.serializers import StrictSerializer, TextField

MAX_MOVED = 1_000


class DeletionQuery(StrictSerializer):
    """Where devices and people of a space go that is deleted."""

    move_to = serializers.UUIDField(required=False)


class MergeIn(StrictSerializer):
    """The space that stays; the one of the path goes up in it."""

    into = serializers.UUIDField()


class SplitIn(StrictSerializer):
    """The new sibling's name, and what moves into it from the space of the path."""

    name = TextField(max_length=200)
    children = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_MOVED
    )
    devices = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MAX_MOVED,
        help_text="Devices and gateways that stand directly in the space.",
    )
