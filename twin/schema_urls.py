"""The published JSON Schemas, public under /schemas/, for editors and generators."""

from django.http import HttpRequest, JsonResponse
from django.urls import path

from twin.definitions.schema import format_schema
from twin.definitions.specs import spec_schema

A_DAY = "public, max-age=86400"
SCHEMA_TYPE = "application/schema+json"


def template_schema(request: HttpRequest) -> JsonResponse:
    """Return the schema of topology templates."""
    return _published(format_schema())


def building_schema(request: HttpRequest) -> JsonResponse:
    """Return the schema of explicit buildings."""
    return _published(spec_schema())


def _published(schema: dict[str, object]) -> JsonResponse:
    headers = {"Cache-Control": A_DAY, "Access-Control-Allow-Origin": "*"}
    return JsonResponse(schema, content_type=SCHEMA_TYPE, headers=headers)


urlpatterns = [
    path("topology-template-1.json", template_schema, name="template-schema"),
    path("building-1.json", building_schema, name="building-schema"),
]
