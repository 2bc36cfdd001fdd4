"""The schemas that editors read, and the exemplary template that the documentation shows."""

from pathlib import Path

import pytest
from django.test import Client as Browser
from jsonschema import Draft202012Validator

from accounts.models import User
from tests.conftest import Client
from twin.definitions.documents import read_document
from twin.definitions.validation import validate_definition

pytestmark = pytest.mark.django_db
SCHOOL = (Path(__file__).parents[3] / "docs" / "examples" / "school.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", ["topology-template-1", "building-1"])
def test_schema_is_public_and_valid(client: Browser, name: str) -> None:
    response = client.get(f"/schemas/{name}.json")

    assert response["Content-Type"] == "application/schema+json"
    Draft202012Validator.check_schema(response.json())


def test_example_names_the_public_schema_and_fits_it(client: Browser) -> None:
    schema = client.get("/schemas/topology-template-1.json").json()
    document = read_document(SCHOOL)

    assert "$schema=https://atrium.example.org/schemas/topology-template-1.json" in SCHOOL
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert validate_definition(document) == []


def test_document_may_say_where_its_schema_stands() -> None:
    document = read_document(SCHOOL)
    assert isinstance(document, dict)
    document |= {"$schema": "/schemas/topology-template-1.json"}

    assert validate_definition(document) == []


def test_school_of_an_operator_is_built_with_an_exception(bob: User, as_: Client) -> None:
    client = as_(bob)
    client.post("/api/v1/templates/", {"definition": SCHOOL, "status": "published"})
    library = {"name": "Library", "properties": {"seats": 60}}
    body = {
        "name": "Primary school",
        "template": "school@1",
        "parameters": {"storeys": 2, "classrooms": [4, 3]},
        "exceptions": {"school/wing-1/storey-0/classroom-2": library},
    }

    response = client.post("/api/v1/sites/", body)

    assert response.json()["counts"] == {"spaces": 13, "views": 2}
    (found,) = client.get("/api/v1/spaces/?q=Library").json()["results"]
    assert (found["kind"], found["properties"]) == ("classroom", {"seats": 60})
