"""``sites/{id}/plans/brick/``: a model becomes a plan, and an export comes back as it went."""

import sys
from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.devices import factories as devices
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Plan, Site, Space
from twin.services.catalogue import load_shipped_templates

pytestmark = pytest.mark.django_db
TURTLE, JSON_LD = "text/turtle", "application/ld+json"
MODEL = """
@prefix brick: <https://brickschema.org/schema/Brick#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix x: <http://example.org/> .
x:b a brick:Building ; rdfs:label "Tower" ; brick:hasPart x:f1 .
x:f1 a brick:Floor ; rdfs:label "Ground" .
x:m a brick:Water_Meter ; brick:hasLocation x:f1 .
"""


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return factories.make_site(organisation)


def send(client: Any, site: Site, model: str | bytes, media_type: str = TURTLE) -> Any:
    return client.post(f"/api/v1/sites/{site.pk}/plans/brick/", model, content_type=media_type)


def test_model_becomes_a_plan_and_then_a_building(as_: Client, bob: User, site: Site) -> None:
    client = as_(bob)

    response = send(client, site, MODEL)
    plan = response.json()["plan"]
    client.post(f"/api/v1/plans/{plan['id']}/apply/")

    assert response.status_code == HTTPStatus.CREATED
    assert plan["summary"] == {"create": 2}
    assert set(Space.objects.values_list("kind", "name")) == {
        ("building", "Tower"),
        ("floor", "Ground"),
    }


def test_report_tells_of_the_devices_that_no_plan_makes(as_: Client, bob: User, site: Site) -> None:
    report = send(as_(bob), site, MODEL).json()["report"]

    meter = {"name": "m", "category": "water-meter", "space": "Ground"}
    assert report["devices"] == [{**meter, "classes": ["brick:Water_Meter"]}]
    assert report["mapped"] == {"space": 2}
    assert [(one["what"], one["name"]) for one in report["unmapped"]] == [
        ("device", "brick:Water_Meter")
    ]


def test_same_model_again_changes_nothing(as_: Client, bob: User, site: Site) -> None:
    client = as_(bob)
    first = send(client, site, MODEL).json()["plan"]
    client.post(f"/api/v1/plans/{first['id']}/apply/")

    again = send(client, site, MODEL.replace("Ground", "Ground floor")).json()["plan"]

    assert again["summary"] == {"rename": 1}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
@pytest.mark.parametrize("media_type", [TURTLE, JSON_LD])
@pytest.mark.parametrize("template", ["connected-home", "collective-housing", "office"])
def test_export_comes_back_as_a_plan_that_changes_nothing(
    as_: Client, alice: User, organisation: Organisation, template: str, media_type: str
) -> None:
    load_shipped_templates()
    parameters = {"floors": 2, "flats_per_floor": 2} if template == "collective-housing" else {}
    body = {"name": "Home", "template": f"{template}@1", "parameters": parameters}
    site = Site.objects.get(pk=as_(alice).post("/api/v1/sites/", body).json()["id"])
    devices.make_device(organisation, site=site, space=site.spaces.first())
    client = as_(alice)

    model = client.get(f"/api/v1/sites/{site.pk}/graph/", HTTP_ACCEPT=media_type).content
    response = send(client, site, model, media_type)

    assert response.status_code == HTTPStatus.CREATED, response.content
    changes = response.json()["plan"]["changes"]
    assert [one for one in changes if one["noun"] == "space"] == []


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("no turtle", "malformed"),
        (MODEL.replace("brick:Floor", "brick:Meter").replace("brick:Building", "brick:Meter"),
         "no-spaces"),
    ],
)  # fmt: skip
def test_wrong_model_is_refused_and_no_plan_kept(
    as_: Client, bob: User, site: Site, model: str, code: str
) -> None:
    response = send(as_(bob), site, model)

    (error,) = assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")["errors"]
    assert (error["pointer"], error["code"]) == ("#", code)
    assert not Plan.objects.exists()


def test_missing_extra_is_named(
    as_: Client, bob: User, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)

    response = send(as_(bob), site, MODEL)

    problem = assert_problem(response, HTTPStatus.NOT_IMPLEMENTED, "extra-not-installed")
    assert "atrium[brick]" in problem["detail"]


def test_only_those_who_may_change_the_site_send_a_model(
    as_: Client, vera: User, charlie: User, bob: User, site: Site
) -> None:
    assert_problem(send(as_(charlie), site, MODEL), HTTPStatus.NOT_FOUND)
    assert_problem(send(as_(vera), site, MODEL), HTTPStatus.FORBIDDEN, "role-missing")
    unscoped = send(as_(bob, "sites:read"), site, MODEL)
    assert_problem(unscoped, HTTPStatus.FORBIDDEN, "scope-missing")


def test_another_format_is_refused(as_: Client, bob: User, site: Site) -> None:
    response = send(as_(bob), site, "<rdf/>", "application/rdf+xml")

    assert_problem(response, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
