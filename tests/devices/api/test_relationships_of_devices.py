"""``relationships/`` between devices and spaces: the categories that a template lets join."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.devices import factories as devices
from tests.problems import assert_problem
from tests.twin import factories
from tests.twin.definitions.documents import car_park
from twin.models import Relationship, Site, Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/relationships/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A car park whose template lets chargers, and only these, feed bays."""
    document: dict[str, Any] = car_park()
    feeds = {"name": "feeds", "from": {"devices": ["charger"]}, "to": {"spaces": ["bay"]}}
    document["relationships"] = {"feeds": feeds}
    version = factories.make_version(organisation, definition=document)
    site = factories.make_site(organisation, template_version=version)
    factories.make_space(site, kind="bay")
    return site


@pytest.mark.parametrize(
    ("category", "status"),
    [("charger", HTTPStatus.CREATED), ("heat-meter", HTTPStatus.BAD_REQUEST)],
)
def test_template_says_which_categories_join(
    as_: Client,
    bob: User,
    organisation: Organisation,
    site: Site,
    category: str,
    status: HTTPStatus,
) -> None:
    device = devices.make_device(organisation, site=site, type=devices.make_type(category=category))
    body = {"kind": "feeds", "source": device.pk, "target": Space.objects.get().pk}

    response = as_(bob).post(URL, body)

    assert response.status_code == status
    if status == HTTPStatus.BAD_REQUEST:
        assert_problem(response, status, "validation", pointer="#/source")


def test_gateway_cannot_stand_where_the_template_wants_devices(
    as_: Client, bob: User, organisation: Organisation, site: Site
) -> None:
    gateway = devices.make_gateway(organisation, site=site)
    body = {"kind": "feeds", "source": gateway.pk, "target": Space.objects.get().pk}

    response = as_(bob).post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/source")


def test_edge_goes_with_the_device_that_goes(
    as_: Client, alice: User, organisation: Organisation, site: Site
) -> None:
    device = devices.make_device(organisation, site=site)
    factories.make_relationship(device.node, Space.objects.get())

    response = as_(alice).delete(f"/api/v1/devices/{device.pk}/")

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert not Relationship.objects.exists()


def test_loop_at_one_node_is_refused(
    as_: Client, bob: User, organisation: Organisation, site: Site
) -> None:
    bay = Space.objects.get().pk

    response = as_(bob).post(URL, {"kind": "feeds", "source": bay, "target": bay})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target")


def test_list_is_filtered_by_site_and_node(
    as_: Client, vera: User, organisation: Organisation, site: Site
) -> None:
    bay, other = Space.objects.get(), factories.make_space(factories.make_site(organisation))
    device = devices.make_device(organisation, site=site)
    here = factories.make_relationship(device.node, bay)
    across = factories.make_relationship(bay, other, site=None, kind="neighbours")
    client = as_(vera)

    def found(**query: Any) -> set[str]:
        return {one["id"] for one in client.get(URL, query).json()["results"]}

    assert found(site=site.pk) == {str(here.pk)}
    assert found(node=bay.pk) == {str(here.pk), str(across.pk)}
    assert found(node=bay.pk, kind="neighbours") == {str(across.pk)}
    assert found(source=device.pk, target=other.pk) == set()
