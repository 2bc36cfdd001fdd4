"""Base serializers: strict on the way in, trimmed and embedded as asked on the way out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import available_timezones

from rest_framework import serializers

from config.lib.times import parse_time


class TextField(serializers.CharField):
    """Text and nothing else: a number is refused, since its digits may already be lost."""

    default_error_messages = {
        "not_text": "Send this as text, in quotes.",
        "control": "Control characters are not allowed.",
    }

    def to_internal_value(self, data: Any) -> str:
        """Accept a string without control characters, other than line breaks and tabs."""
        if not isinstance(data, str):
            self.fail("not_text")
        if any(ord(char) < 32 and char not in "\n\r\t" for char in data):
            self.fail("control")
        return str(super().to_internal_value(data))


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction: neither text nor true and false."""

    def to_internal_value(self, data: Any) -> int:
        """Accept an int only."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class TimeField(serializers.DateTimeField):
    """A moment with its zone, in RFC 3339; a time without a zone is refused."""

    default_error_messages = {
        "invalid": "Send an RFC 3339 time with its zone, such as 2026-08-01T22:00:00Z.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        """Return the moment in UTC."""
        moment = parse_time(value)
        if moment is None:
            self.fail("invalid")
        return moment


class TimeZoneField(TextField):
    """The IANA name of a time zone, such as Europe/Zurich."""

    default_error_messages = {"zone": "There is no such time zone. Send an IANA name."}

    def to_internal_value(self, data: Any) -> str:
        """Accept a name that the time zone database knows."""
        name = super().to_internal_value(data)
        if name not in available_timezones():
            self.fail("zone")
        return name


class StrictSerializer(serializers.Serializer[Any]):
    """An input: unknown fields are refused, so that a typing error is never silently lost."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields, then validate as usual."""
        if isinstance(data, Mapping):
            unknown = sorted(str(key) for key in data if key not in self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {
                        key: [serializers.ErrorDetail("There is no such field.", code="unknown")]
                        for key in unknown
                    }
                )
        return super().to_internal_value(data)


class OutSerializer(serializers.ModelSerializer[Any]):
    """An output: ``?fields=`` trims it, ``?expand=`` embeds the relations its Meta offers.

    ``Meta.expandable`` maps a field that shows an id to the serializer class of the whole object.
    """

    expandable: ClassVar[Mapping[str, type[serializers.BaseSerializer[Any]]]] = {}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the declared fields, less those not asked for, with relations embedded."""
        fields = super().get_fields()
        if self.field_name:  # What is embedded is shown whole, and embeds nothing itself.
            return fields
        for name in self.context.get("expand", ()):
            if name in self.expandable:
                fields[name] = self.expandable[name](read_only=True)
        wanted = self.context.get("fields")
        if wanted:
            fields = {name: field for name, field in fields.items() if name in wanted}
        return fields
