"""Every word that exports use exists in Brick or RealEstateCore, and says what it says exactly."""

import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import brickschema
import pytest
import yaml
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

import devices as devices_app
import twin as twin_app
from accounts.models import Organisation, User
from tests.conftest import Client
from tests.devices import factories as devices
from tests.twin import factories
from twin.models import Site
from twin.ontology.mapping import BRICK_VERSION, OWN, counterparts
from twin.services.catalogue import load_shipped_templates

BRICK = Namespace("https://brickschema.org/schema/Brick#")
UNIT = Namespace("http://qudt.org/vocab/unit/")
NASTY = 'Flat "3.2" \\ <b>é</b>\n\t🏠 ; .'


@cache
def ontology() -> Graph:
    folder = Path(brickschema.__file__).parent / "ontologies" / BRICK_VERSION
    return Graph().parse(folder / "Brick.ttl")


def full(name: str) -> URIRef:
    """Return the whole name of a prefixed one, as exports write it."""
    name = counterparts().replaced.get(name, (name,))[0]
    prefix, _, local = name.partition(":")
    return URIRef(counterparts().prefixes[prefix] + local)


def classes_of_templates() -> set[str]:
    found = set()
    for file in (Path(twin_app.__file__).parent / "catalogue").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        for part in (*document["kinds"].values(), *document["relationships"].values()):
            found |= set(part.get("classes", ()))
    return found


def classes_of_catalogue() -> set[str]:
    found = set()
    for file in (Path(devices_app.__file__).parent / "catalogue").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        for part in (*document.get("points", ()), *document.get("device_types", ())):
            found.add(f"brick:{part['ontology']}")
    return found


def classes_of_tables() -> set[str]:
    tables = counterparts()
    found = {name for classes in tables.types.values() for name in classes}
    found |= {name for kinds in tables.kinds.values() for one in kinds.values() for name in one}
    found |= {by for by, _ in tables.replaced.values()}
    found |= {edge.property for edge in tables.edges.values()} | set(tables.relationships.values())
    return {name for name in found if not name.startswith(OWN)}


@pytest.mark.parametrize("source", [classes_of_templates, classes_of_catalogue, classes_of_tables])
def test_every_word_is_defined(source: Any) -> None:
    names = source()

    assert names
    assert [name for name in sorted(names) if (full(name), RDF.type, None) not in ontology()] == []


def test_every_unit_of_the_catalogue_has_a_counterpart() -> None:
    schema = Path(devices_app.__file__).parent / "catalogue" / "catalogue.schema.json"
    units = json.loads(schema.read_text())["$defs"]["unit"]["enum"]

    assert set(units) <= counterparts().units.keys()


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A free-form site with a space and a device whose names and kinds are not of the tables."""
    site = factories.make_site(organisation, name="Home")
    space = factories.make_space(site, kind="orangery", name=NASTY)
    kind = devices.make_type(
        category="teapot",
        points=[{"key": "steam", "unit": "furlong"}, {"key": "power", "unit": "W"}],
    )
    device = devices.make_device(organisation, type=kind, site=site, space=space, name="Pot")
    factories.make_relationship(device.node, space, kind="haunts")
    return site


def export(client: Any, site: Site, form: str, name: str) -> Graph:
    response = client.get(f"/api/v1/sites/{site.pk}/graph/", {"format": form})
    return Graph().parse(data=response.content, format=name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
@pytest.mark.django_db
def test_turtle_and_json_ld_say_the_same(as_: Client, alice: User, site: Site) -> None:
    turtle = export(as_(alice), site, "ttl", "turtle")
    linked = export(as_(alice), site, "jsonld", "json-ld")

    assert len(turtle) > 15
    assert isomorphic(turtle, linked)


@pytest.mark.django_db
def test_names_survive_whatever_they_hold(as_: Client, alice: User, site: Site) -> None:
    space = URIRef(f"urn:uuid:{site.spaces.get().pk}")

    labels = export(as_(alice), site, "ttl", "turtle").objects(space, RDFS.label)

    assert list(labels) == [Literal(NASTY)]


@pytest.mark.django_db
def test_points_have_units_that_name_themselves(as_: Client, alice: User, site: Site) -> None:
    graph = export(as_(alice), site, "ttl", "turtle")

    (pot,) = graph.subjects(RDFS.label, Literal("Pot"))
    units = [graph.value(point, BRICK.hasUnit) for point in graph.objects(pot, BRICK.hasPoint)]
    assert sorted(map(str, units)) == ["None", str(UNIT.W)]
    assert (UNIT.W, RDF.type, URIRef("http://qudt.org/schema/qudt/Unit")) in graph


@pytest.mark.django_db
def test_accept_header_chooses_the_format(as_: Client, alice: User, site: Site) -> None:
    client = as_(alice)
    address = f"/api/v1/sites/{site.pk}/graph/"

    turtle = client.get(address, HTTP_ACCEPT="text/turtle")
    unknown = client.get(address, HTTP_ACCEPT="application/rdf+xml")

    assert turtle["Content-Type"].startswith("text/turtle")
    assert turtle.content.startswith(b"@prefix brick:")
    assert unknown.status_code == HTTPStatus.NOT_ACCEPTABLE


@pytest.mark.django_db
def test_report_names_what_has_no_counterpart(as_: Client, alice: User, site: Site) -> None:
    body = as_(alice).get(f"/api/v1/sites/{site.pk}/graph/report/").json()

    lacks = {(one["what"], one["name"]): (one["said_as"], one["count"]) for one in body["unmapped"]}
    assert lacks[("kind", "space:orangery")] == ("brick:Space rec:Space", 1)
    assert lacks[("kind", "device:teapot")] == ("brick:Equipment", 1)
    assert lacks[("kind", "point:steam")] == ("brick:Point", 1)
    assert lacks[("unit", "furlong")] == ("atrium:unit", 1)
    assert lacks[("word", "haunts")] == ("atrium:haunts", 1)
    assert body["mapped"] == {"asset": 1, "device": 1, "edge": 6, "point": 2, "site": 1, "space": 1}


@pytest.mark.django_db
@pytest.mark.usefixtures("templates")
def test_report_of_a_shipped_template_names_what_is_said_otherwise(
    as_: Client, alice: User
) -> None:
    body: dict[str, Any] = {"name": "Tilleuls", "template": "collective-housing@1"}
    body["parameters"] = {"floors": 2, "flats_per_floor": 2}
    site = as_(alice).post("/api/v1/sites/", body).json()["id"]

    unmapped = as_(alice).get(f"/api/v1/sites/{site}/graph/report/").json()["unmapped"]

    names = {one["name"]: one["said_as"] for one in unmapped}
    assert names == {
        "rec:ApartmentBuilding": "rec:Building",
        "rec:Apartment": "rec:Space",
        "brick:Outdoor_Area": "brick:Space",
        "has-view": "atrium:hasView",
    }


@pytest.fixture
def templates(db: None) -> None:
    """Load the shipped templates."""
    load_shipped_templates()
