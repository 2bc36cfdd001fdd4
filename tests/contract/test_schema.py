"""The OpenAPI document and the reference pages."""

import io
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_framework.test import APIClient

from accounts.scopes import SCOPES
from tests.contract.routes import routes


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return dict(yaml.safe_load(out.getvalue()))


def test_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_document_describes_every_call(document: dict[str, Any]) -> None:
    described = {(path, method) for path, item in document["paths"].items() for method in item}

    for route in routes():
        path = "/" + route.path
        for kind in ("uuid", "int", "str", "slug"):
            path = path.replace(f"<{kind}:", "{")
        for method in route.served:
            assert (path.replace(">", "}").replace("<", "{"), method) in described


def test_document_names_the_scope_of_every_call(document: dict[str, Any]) -> None:
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]

    assert set(flows) == {"clientCredentials", "authorizationCode"}
    assert flows["authorizationCode"]["scopes"] == dict(SCOPES)
    assert document["paths"]["/api/v1/me/"]["get"]["security"] == [{"oauth2": ["profile"]}]


@pytest.mark.django_db
def test_document_is_served_as_json(anonymous: APIClient) -> None:
    response = anonymous.get("/api/v1/schema/?format=json")

    assert response.json()["openapi"] == "3.1.0"


@pytest.mark.django_db
def test_reference_pages_load_nothing_from_elsewhere(anonymous: APIClient) -> None:
    response = anonymous.get("/api/v1/docs/")

    assert response.status_code == 200
    assert "https://" not in response.content.decode()
    assert "unsafe-eval" not in response["Content-Security-Policy"]
