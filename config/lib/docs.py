"""The OpenAPI document and the reference pages made from it, all served from here."""

from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response


@lru_cache(maxsize=1)
def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document; the same for everyone, so made once per process."""
    return dict(SchemaGenerator(api_version="v1").get_schema(request=None, public=True))


class SchemaView(SpectacularAPIView):
    """``GET /api/v1/schema/``: YAML, or JSON for ``?format=json``."""

    def _get_schema_response(self, request: Request) -> Response:
        return Response(openapi_document())


class DocsView(SpectacularSwaggerSplitView):
    """``GET /api/v1/docs/``: the reference, with a place to try each call."""

    template_name = "atrium/docs.html"
