"""JSON in: strict, fast, and clear about what is wrong with it."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any

import orjson
from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from config.lib.errors import InvalidInput


def read_body(stream: IO[bytes] | HttpRequest) -> bytes:
    """Return the whole body; Django refuses one beyond the size limit."""
    request = getattr(stream, "_request", stream)
    return request.body if isinstance(request, HttpRequest) else stream.read()


def not_finite(value: Any, pointer: str = "#") -> Iterator[str]:
    """Yield the JSON pointer of each NaN or infinite number in a value."""
    if isinstance(value, float) and not math.isfinite(value):
        yield pointer
    elif isinstance(value, dict):
        for key, inner in value.items():
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from not_finite(inner, f"{pointer}/{escaped}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from not_finite(inner, f"{pointer}/{index}")


class JSONParser(BaseParser):
    """``application/json`` by RFC 8259; says where a mistake stands."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value that the body holds.

        Raises: InvalidInput, naming line and column, or each number that is not finite.
        """
        body = read_body(stream)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(self.explain(body, error)) from error

    def explain(self, body: bytes, error: orjson.JSONDecodeError) -> list[tuple[str, str, str]]:
        """Say what is wrong with a body that is no JSON; NaN and Infinity are not (section 6)."""
        try:
            places = list(not_finite(json.loads(body)))
        except (ValueError, RecursionError):
            places = []
        text = "NaN and infinite numbers are not JSON. Leave the member out or send null."
        malformed = ("#", "malformed", f"The body is not valid JSON: {error}.")
        return [(place, "not-finite", text) for place in places] or [malformed]
