"""JSON in: strict, fast, and clear about what is wrong with it."""

import contextlib
import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

import orjson
from django.http import HttpRequest
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


def read_body(stream: IO[bytes] | HttpRequest) -> bytes:
    """Return the whole body; Django refuses one beyond the size limit."""
    request = getattr(stream, "_request", stream)
    return request.body if isinstance(request, HttpRequest) else stream.read()


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON. Source: RFC 8259 section 6."""
    raise ParseError(f"{name} is not a JSON number. Leave the member out or send null.")


class JSONParser(BaseParser):
    """``application/json`` by RFC 8259; says line and column of a mistake."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value that the body holds."""
        body = read_body(stream)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return self.explain(body, error)

    def explain(self, body: bytes, error: orjson.JSONDecodeError) -> Any:
        """Say what is wrong with a body that is no JSON.

        Raises: ParseError, always.
        """
        with contextlib.suppress(ValueError, RecursionError):
            json.loads(body, parse_constant=refuse_constant)
        raise ParseError(f"The body is not valid JSON: {error}")
