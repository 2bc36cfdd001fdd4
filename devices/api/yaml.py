"""Device types as YAML, in and out: the format of the shipped catalogue."""

from collections.abc import Mapping
from typing import Any

from rest_framework.parsers import BaseParser

from config.lib.errors import InvalidInput
from config.lib.parsers import read_body
from config.lib.yaml import YAML, as_text
from twin.definitions.documents import UnreadableDocument, read_document, write_document


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


def parse_yaml(body: bytes) -> object:
    """Return what a text says.

    Raises: InvalidInput, saying where it stops being YAML, or text at all.
    """
    try:
        return read_document(as_text(body))
    except UnreadableDocument as error:
        finding = error.finding
        raise InvalidInput([(finding.pointer, finding.code, finding.detail)]) from error


def as_yaml(document: object) -> str:
    """Return a document as YAML that an import takes."""
    return write_document(document)
