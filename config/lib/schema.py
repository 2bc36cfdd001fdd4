"""OpenAPI: every operation tells its scope, its problems and its query parameters."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from config.lib import past

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
AT = OpenApiParameter(
    past.PARAMETER,
    {"type": "string", "format": "date-time"},
    description="Answer as things stood at that time, which has passed.",
)
COMMON_PROBLEMS = {
    "400": "The request is not valid.",
    "401": "No token, or one that is not valid.",
    "403": "The token lacks the scope, or the role does not allow this.",
    "404": "There is no such object, or it is not visible to you.",
    "429": "Too many requests; Retry-After says when to come back.",
}


class AtriumSchema(AutoSchema):
    """What drf-spectacular needs to be told about the house rules."""

    def get_override_parameters(self) -> Any:
        """Add ``?at=`` to the reads that answer as of then."""
        given = list(super().get_override_parameters())
        if getattr(self.view, "action", None) in getattr(self.view, "past_actions", ()):
            given.append(AT)
        return given

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Add the problems that every operation may answer."""
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            for parameter in operation.get("parameters", ()):
                # An empty text stands for a parameter that was not sent: no value of it.
                if parameter["schema"].get("default") == "":
                    del parameter["schema"]["default"]
            reference = {"$ref": "#/components/schemas/Problem"}
            for status, text in COMMON_PROBLEMS.items():
                content = {"application/problem+json": {"schema": reference}}
                operation["responses"].setdefault(status, {"description": text, "content": content})
        return operation


def add_problem_schema(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the one schema of all problems (a post-processing hook)."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    return result
