"""Definitions as YAML: the whole body is the text, what else there is to say is in the query."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import BaseParser

from config.lib.errors import InvalidInput
from config.lib.parsers import JSONParser
from config.lib.yaml import YAML, read_text

OPTIONS = ("organisation", "status")
YAML_BODY = {YAML: OpenApiTypes.STR}


def yaml_options(*names: str) -> list[OpenApiParameter]:
    """Return the parameters of the query that stand beside a YAML body."""
    told = "With a YAML body, what a JSON body says in the member of this name."
    return [OpenApiParameter(name, str, description=told) for name in names]


class YAMLParser(BaseParser):
    """``application/yaml``: the body is a definition, as a JSON body has it in ``definition``."""

    media_type = YAML

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """Return the members that a JSON body would have. Raises: InvalidInput."""
        text = read_text(stream)
        query = parser_context["request"].query_params if parser_context else {}
        return {"definition": text, **{name: query[name] for name in OPTIONS if name in query}}


class DefinitionBodies:
    """Lets a viewset take definitions as YAML too; pointers then begin at the definition."""

    parser_classes: Any = (JSONParser, YAMLParser)

    @property
    def is_yaml(self: Any) -> bool:
        """Whether the body is YAML."""
        return str(self.request.content_type or "").split(";")[0].strip().lower() == YAML

    def allowed_parameters(self: Any) -> set[str]:
        """Allow in the query what has no place in a YAML body."""
        allowed: set[str] = super().allowed_parameters()  # type: ignore[misc]
        is_write = self.action in {"create", "partial_update"}
        return allowed | set(OPTIONS) if is_write and self.is_yaml else allowed

    def handle_exception(self: Any, exc: Exception) -> Any:
        """Let pointers begin where the body begins."""
        if isinstance(exc, InvalidInput) and self.is_yaml:
            exc = InvalidInput(
                (one.pointer.replace("#/definition", "#", 1), one.code, one.detail)
                for one in exc.findings
            )
        return super().handle_exception(exc)  # type: ignore[misc]
