"""Bodies and answers in YAML (RFC 9512), where people write documents by hand."""

from typing import IO, Any, Final

from django.http import HttpRequest
from rest_framework.renderers import BaseRenderer

from config.lib.errors import InvalidInput
from config.lib.parsers import read_body
from config.lib.renderers import JSONRenderer

YAML: Final = "application/yaml"


class YAMLRenderer(BaseRenderer):
    """A text that is YAML, for ``?format=yaml`` and ``Accept: application/yaml``."""

    media_type = YAML
    format = "yaml"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return the text; anything but a text (a problem) as JSON."""
        return data.encode() if isinstance(data, str) else bytes(JSONRenderer().render(data))


def read_text(stream: IO[bytes] | HttpRequest) -> str:
    """Return the whole body as text. Raises: InvalidInput, when it is not UTF-8."""
    return as_text(read_body(stream))


def as_text(body: bytes) -> str:
    """Return bytes as text. Raises: InvalidInput, when they are not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        detail = f"Send the text in UTF-8: byte {error.start} is none."
        raise InvalidInput([("#", "bad-encoding", detail)]) from error
