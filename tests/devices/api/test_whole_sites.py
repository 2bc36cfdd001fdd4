"""Whole sites in one answer: as many queries for one space and device as for many."""

from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.factories import make_application
from tests.twin.factories import make_relationship, make_site, make_space, make_view
from twin.models import Site

pytestmark = pytest.mark.django_db


def fill(site: Site, organisation: Organisation, *, count: int) -> None:
    """Add flats with a device each, a view of it and an edge to it."""
    house = make_space(site, kind="house")
    for _ in range(count):
        flat = make_space(site, house)
        device = make_device(organisation, site=site, space=flat)
        make_relationship(device.node, flat.node)
        make_view(site, flat)


@pytest.mark.parametrize(("path", "most"), [("tree", 3), ("graph", 18)])
def test_a_whole_site_costs_the_same_however_large_it_is(
    as_: Client, organisation: Organisation, path: str, most: int
) -> None:
    site, client, counts = make_site(organisation), as_(make_application(organisation)), []
    for count in (1, 12):
        fill(site, organisation, count=count)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"/api/v1/sites/{site.pk}/{path}/")
        assert response.status_code == HTTPStatus.OK
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= most
