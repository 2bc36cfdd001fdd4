"""Exports are held to the shapes of Brick and RealEstateCore, which Brick 1.5 carries."""

from functools import cache
from pathlib import Path
from typing import Any

import brickschema
import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, Graph

from accounts.models import Organisation, User
from devices.models import DeviceType
from devices.services.catalogue import load_catalogue
from tests.conftest import Client
from tests.devices import factories as devices
from tests.twin import factories
from twin.models import Site, Space, View
from twin.ontology.mapping import BRICK_VERSION
from twin.services.catalogue import load_shipped_templates

pytestmark = pytest.mark.django_db
BODIES: dict[str, dict[str, Any]] = {
    "connected-home": {},
    "collective-housing": {"floors": 1, "flats_per_floor": 1, "rooms_per_flat": 1},
    "office": {"floors": 1, "zones_per_floor": 1, "rooms_per_zone": 1},
}


@cache
def brick() -> Graph:
    """Return the ontology with its shapes; nothing is fetched."""
    folder = Path(brickschema.__file__).parent / "ontologies" / BRICK_VERSION
    return Graph().parse(folder / "Brick.ttl")


@pytest.fixture
def types() -> list[DeviceType]:
    """Load what ships, and return a type of each category."""
    load_shipped_templates()
    load_catalogue()
    return list(DeviceType.objects.order_by("category", "key").distinct("category"))


def furnish(site: Site, organisation: Organisation, types: list[DeviceType]) -> None:
    """Put a device of each type somewhere, let each feed or measure its space, join the views."""
    spaces = list(Space.objects.filter(site=site).order_by("-path"))
    gateway = devices.make_gateway(organisation, site=site)
    views = list(View.objects.filter(site=site))
    for number, kind in enumerate(types):
        space = spaces[number % len(spaces)]
        device = devices.make_device(
            organisation, type=kind, site=site, space=space, gateway=gateway
        )
        name = "measures" if "meter" in kind.category else "controls"
        factories.make_relationship(device.node, space, kind=name)
        view = views[number % len(views)]
        view.members.create(node=device.node, organisation=organisation)


def exported(client: Any, site: Site, form: str = "ttl") -> Graph:
    response = client.get(f"/api/v1/sites/{site.pk}/graph/", {"format": form})
    names = {"ttl": "turtle", "jsonld": "json-ld"}
    return Graph().parse(data=response.content, format=names[form])


def violations(graph: Graph) -> list[str]:
    """Return what the shapes find wrong with the export.

    The classes above those of the export are written into it, so that the shapes meet them without
    the whole ontology being mixed in and checked too. What Brick's own rules add to it (a charging
    station without a direction gets one) is not the export's.
    """
    ours = {*graph.subjects(), *graph.objects(), None}
    for thing, kind in list(graph.subject_objects(RDF.type)):
        for above in brick().transitive_objects(kind, RDFS.subClassOf):
            if above is not None:
                graph.add((thing, RDF.type, above))
    _, report, _ = pyshacl.validate(
        graph, shacl_graph=brick(), advanced=True, allow_warnings=True, inplace=True
    )
    found = []
    for result in report.subjects(SH.resultSeverity, SH.Violation):
        told = (SH.focusNode, SH.value, SH.resultPath, SH.resultMessage)
        values = [report.value(result, name) for name in told]
        if ours.issuperset(values[:2]):
            found.append(" ".join(map(str, values)))
    return found


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("template", BODIES)
def test_building_of_a_shipped_template_violates_no_shape(
    as_: Client,
    alice: User,
    organisation: Organisation,
    types: list[DeviceType],
    template: str,
) -> None:
    body = {"name": 'Les Érables "A"', "template": f"{template}@1", "parameters": BODIES[template]}
    key = as_(alice).post("/api/v1/sites/", body).json()["id"]
    site = Site.objects.get(pk=key)
    furnish(site, organisation, types)

    graph = exported(as_(alice), site)

    assert len(graph) > 200
    assert violations(graph) == []
