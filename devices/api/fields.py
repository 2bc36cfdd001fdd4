"""Fields that name things of the platform in a body."""

from typing import Any

from django.db.models import Manager, QuerySet
from rest_framework import serializers

from config.lib.serializers import TextField

MAX_TAGS = 50


class VisibleField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of something that the caller sees; all else does not exist."""

    default_error_messages = {
        "does_not_exist": "There is no such {noun} for you.",
        "incorrect_type": "Send the id as text.",
    }

    def __init__(self, objects: Manager[Any], **kwargs: Any) -> None:
        self.objects = objects
        super().__init__(queryset=objects.none(), pk_field=serializers.UUIDField(), **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the caller sees."""
        found: QuerySet[Any] = self.objects.visible_to(self.context["request"].auth)  # type: ignore[attr-defined]
        return found

    def fail(self, key: str, **kwargs: Any) -> Any:
        """Name the noun in the message."""
        return super().fail(key, noun=self.objects.model._meta.verbose_name, **kwargs)


class TagsField(serializers.DictField):
    """Tags: short texts by short names."""

    child = TextField(max_length=200, allow_blank=True)
    default_error_messages = {
        "too_many": f"At most {MAX_TAGS} tags.",
        "name": "The name of a tag has 1 to 64 characters and no colon.",
    }

    def to_internal_value(self, data: Any) -> Any:
        """Accept a few short texts by names that ``?tag=name:value`` can spell."""
        if isinstance(data, dict):
            if len(data) > MAX_TAGS:
                self.fail("too_many")
            if not all(0 < len(str(name)) <= 64 and ":" not in str(name) for name in data):
                self.fail("name")
        return super().to_internal_value(data)
