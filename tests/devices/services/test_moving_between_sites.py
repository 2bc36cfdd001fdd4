"""What ties a device to a site does not outlive its leaving; what reaches across sites does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.dispatch import Signal

from accounts.models import Organisation
from devices.models import Device
from devices.services.placements import place_device
from tests.devices import factories as devices
from tests.twin import factories
from twin.models import Relationship, Site, Space, View, ViewMember
from twin.signals import relationship_deleted, view_updated

pytestmark = pytest.mark.django_db


@contextmanager
def heard(signal: Signal, noun: str) -> Iterator[list[Any]]:
    """Give the ids that the signal tells of while the block runs."""
    told: list[Any] = []

    def hear(**news: Any) -> None:
        told.append(news[noun].pk)

    signal.connect(hear)
    yield told
    signal.disconnect(hear)


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return factories.make_space(factories.make_site(organisation), kind="flat")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    return devices.make_device(organisation, site=flat.site, space=flat)


@pytest.fixture
def elsewhere(organisation: Organisation) -> Site:
    return factories.make_site(organisation, name="Elsewhere")


def test_relationships_of_the_site_are_parted(meter: Device, flat: Space, elsewhere: Site) -> None:
    inside = factories.make_relationship(meter.node, flat)
    back = factories.make_relationship(flat, meter.node, kind="houses")

    with heard(relationship_deleted, "relationship") as told:
        place_device(device=meter, site=elsewhere, space=None)

    assert not Relationship.objects.exists()
    assert set(told) == {inside.pk, back.pk}


def test_relationships_across_sites_stay(meter: Device, elsewhere: Site) -> None:
    hall = factories.make_space(elsewhere)
    across = factories.make_relationship(meter.node, hall, site=None)

    place_device(device=meter, site=elsewhere, space=hall)

    assert list(Relationship.objects.all()) == [across]


def test_device_leaves_the_views_of_the_site(
    meter: Device, flat: Space, elsewhere: Site, organisation: Organisation
) -> None:
    here = factories.make_view(flat.site, meter.node, flat)
    everywhere = factories.make_view(elsewhere, meter.node)
    View.objects.filter(pk=everywhere.pk).update(site=None)

    with heard(view_updated, "view") as told:
        place_device(device=meter, site=elsewhere, space=None)

    left = set(ViewMember.objects.values_list("view", "node"))
    assert left == {(here.pk, flat.pk), (everywhere.pk, meter.pk)}
    assert told == [here.pk]


def test_move_within_the_site_parts_nothing(meter: Device, flat: Space) -> None:
    edge = factories.make_relationship(meter.node, flat)
    factories.make_view(flat.site, meter.node)

    place_device(device=meter, site=flat.site, space=factories.make_space(flat.site))

    assert list(Relationship.objects.all()) == [edge]
    assert ViewMember.objects.filter(node=meter.pk).exists()


def test_device_without_a_site_keeps_no_tie_to_the_last(meter: Device, flat: Space) -> None:
    factories.make_relationship(meter.node, flat)

    place_device(device=meter, site=None, space=None)

    assert not Relationship.objects.exists()
