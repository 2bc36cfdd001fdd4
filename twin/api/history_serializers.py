"""The bodies of ``sites/{id}/history/``."""

from typing import Any

from rest_framework import serializers

from config.lib.serializers import TimeField
from twin.selectors.changes import NOUNS


class HistoryQuery(serializers.Serializer[Any]):
    """Which part of a site's history is asked for."""

    node = serializers.UUIDField(required=False, help_text="Changes of that node alone.")
    kind = serializers.ChoiceField(
        choices=sorted(NOUNS), required=False, help_text="Changes of that kind of thing alone."
    )
    until = TimeField(required=False, help_text="The first moment that does not count.")
    cursor = serializers.UUIDField(required=False, help_text="From `next`.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``from``, a word that Python has taken for itself."""
        since = TimeField(required=False, source="since", help_text="The first moment that counts.")
        return {**super().get_fields(), "from": since}


class NamedOut(serializers.Serializer[Any]):
    """Somebody or something with a name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class SingleChangeOut(serializers.Serializer[Any]):
    """One thing that was done; ``before`` and ``after`` hold the columns that changed."""

    kind = serializers.ChoiceField(choices=sorted(NOUNS))
    node = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    text = serializers.CharField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)
    rows = serializers.IntegerField()


class ToldChangeOut(serializers.Serializer[Any]):
    """All that one transaction did, as far as it is yours to know."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    user = NamedOut(allow_null=True)
    application = NamedOut(allow_null=True)
    request_id = serializers.CharField()
    origin = serializers.CharField()
    text = serializers.CharField()
    count = serializers.IntegerField()
    changes = SingleChangeOut(many=True)


class HistoryOut(serializers.Serializer[Any]):
    """A page of a site's history, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ToldChangeOut(many=True)
