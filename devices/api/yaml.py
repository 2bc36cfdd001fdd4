"""Device types as YAML, in and out: the format of the shipped catalogue."""

from collections.abc import Mapping
from typing import Any

from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer

from config.lib.errors import InvalidInput
from config.lib.parsers import read_body
from twin.definitions.documents import UnreadableDocument, read_document, write_document

YAML = "application/yaml"


class YAMLParser(BaseParser):
    """``Content-Type: application/yaml`` (RFC 9512), read by YAML 1.2's core schema."""

    media_type = YAML

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says, in JSON's types.

        Raises: InvalidInput, saying where it stops being YAML.
        """
        return parse_yaml(read_body(stream))


class YAMLRenderer(BaseRenderer):
    """``?format=yaml``, or ``Accept: application/yaml``."""

    media_type = YAML
    format = "yaml"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return the text; anything but a text (a problem) as JSON."""
        return data.encode() if isinstance(data, str) else bytes(JSONRenderer().render(data))


def parse_yaml(body: bytes) -> object:
    """Return what a text says.

    Raises: InvalidInput, saying where it stops being YAML, or text at all.
    """
    try:
        return read_document(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput([("#", "bad-encoding", "Send the text in UTF-8.")]) from error
    except UnreadableDocument as error:
        finding = error.finding
        raise InvalidInput([(finding.pointer, finding.code, finding.detail)]) from error


def as_yaml(document: object) -> str:
    """Return a document as YAML that an import takes."""
    return write_document(document)
