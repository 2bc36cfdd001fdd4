"""A place with devices in it stays."""

import pytest

from accounts.models import Organisation
from devices.services.devices import update_device
from tests.devices.factories import make_device, make_gateway
from tests.twin.factories import make_site, make_space
from twin.errors import SiteOccupied, SpaceOccupied
from twin.models import Site, Space
from twin.services.sites import delete_site
from twin.services.spaces import delete_space


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return make_site(organisation)


def test_site_with_a_gateway_is_kept(site: Site, organisation: Organisation) -> None:
    make_gateway(organisation, site=site)

    with pytest.raises(SiteOccupied):
        delete_site(site)

    assert Site.objects.exists()


def test_space_with_a_device_below_is_kept(site: Site, organisation: Organisation) -> None:
    flat = make_space(site)
    make_device(organisation, space=make_space(site, flat))

    with pytest.raises(SpaceOccupied):
        delete_space(flat)

    assert Space.objects.count() == 2


def test_past_placement_keeps_no_place(site: Site, organisation: Organisation) -> None:
    flat = make_space(site)
    device = make_device(organisation, space=flat)
    update_device(device=device, changes={"site": None, "space": None})

    delete_space(flat)
    delete_site(site)

    assert device.placements.count() == 1
