"""What stands in a space that is deleted, merged or split goes where it was said."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Organisation, User
from config.lib.errors import InvalidInput
from devices.models import Device, Gateway, Placement
from devices.series_access import series_access
from devices.services.devices import update_device
from tests.devices.factories import make_device, make_gateway
from tests.factories import make_organisation, make_principal
from tests.twin.factories import make_occupancy, make_site, make_space
from tests.twin.past import backdate
from tests.twin.trees import together
from twin.errors import SpaceOccupied
from twin.models import Space
from twin.services.space_merging import merge_spaces, split_space
from twin.services.spaces import delete_space


@pytest.fixture
def flats(organisation: Organisation) -> tuple[Space, Space]:
    site = make_site(organisation)
    one, other = (make_space(site, kind="flat", name=name) for name in ("Flat 1", "Flat 2"))
    return one, other


Flats = tuple[Space, Space]


def places(device: Device) -> list[tuple[object, bool]]:
    """Return (space, whether it stands there now) of each placement, oldest first."""
    rows = Placement.objects.filter(device=device).order_by("period")
    return [(row.space_id, row.period.upper is None) for row in rows]


def test_devices_and_gateways_go_where_it_was_said(
    organisation: Organisation, flats: Flats
) -> None:
    one, other = flats
    room = make_space(one.site, one)
    meter, lamp = (make_device(organisation, site=one.site, space=place) for place in (one, room))
    gateway = make_gateway(organisation, site=one.site, space=room)

    delete_space(one, move_to=other)

    for thing in (meter, lamp, gateway):
        thing.refresh_from_db()
        assert thing.space_id == other.pk
    assert places(lamp)[-1] == (other.pk, True)
    assert places(lamp)[:-1] in ([], [(room.pk, False)])


def test_without_a_place_for_them_the_space_stays(organisation: Organisation, flats: Flats) -> None:
    make_device(organisation, site=flats[0].site, space=make_space(flats[0].site, flats[0]))

    with pytest.raises(SpaceOccupied) as refused:
        delete_space(flats[0])

    assert refused.value.data == {"devices": 1, "people": 0}


def test_a_merge_takes_devices_along(organisation: Organisation, flats: Flats) -> None:
    meter = make_device(organisation, site=flats[0].site, space=flats[0])
    gateway = make_gateway(organisation, site=flats[0].site, space=flats[0])

    merge_spaces(flats[0], into=flats[1])

    assert Device.objects.get(pk=meter.pk).space_id == flats[1].pk
    assert Gateway.objects.get(pk=gateway.pk).space_id == flats[1].pk


def test_a_split_takes_the_devices_that_were_named(
    organisation: Organisation, flats: Flats
) -> None:
    one = flats[0]
    meter, lamp = (make_device(organisation, site=one.site, space=one) for _ in range(2))

    made = split_space(one, name="Half", things=[lamp.pk])

    assert Device.objects.get(pk=meter.pk).space_id == one.pk
    assert Device.objects.get(pk=lamp.pk).space_id == made.pk


def test_a_split_refuses_devices_from_elsewhere(organisation: Organisation, flats: Flats) -> None:
    meter = make_device(organisation, site=flats[1].site, space=flats[1])

    with pytest.raises(InvalidInput) as refused:
        split_space(flats[0], name="Half", things=[meter.pk])

    assert refused.value.findings[0].pointer == "#/devices/0"


def test_what_was_lived_in_a_merged_flat_stays_closed_to_its_landlord(
    organisation: Organisation, flats: Flats, dora: User
) -> None:
    one, other = flats
    room = make_space(one.site, one)
    meter = make_device(organisation, site=one.site, space=room)
    moved_out = timezone.now()
    backdate(make_occupancy(one, dora, until=moved_out))
    before = series_access(meter, make_principal(organisation)).windows

    merge_spaces(one, into=other)

    after = series_access(Device.objects.get(pk=meter.pk), make_principal(organisation)).windows
    assert [w.resolution for w in before] == [w.resolution for w in after]
    lived = moved_out - timedelta(days=400)
    assert not series_access(meter, make_principal(organisation)).shows(lived)


@pytest.mark.django_db(transaction=True)
def test_deleting_while_something_moves_in_leaves_it_standing_somewhere() -> None:
    organisation = make_organisation()
    site = make_site(organisation)
    one, other = make_space(site), make_space(site)
    meter = make_device(organisation, site=site, space=other)

    refused = together(
        lambda: delete_space(one), lambda: update_device(device=meter, changes={"space": one})
    )

    # Either the meter came first and the space stays, or the space went and the meter stays.
    assert len(refused) == 1
    meter.refresh_from_db()
    assert Space.objects.filter(pk=meter.space_id).exists()
    assert isinstance(refused[0], SpaceOccupied if meter.space_id == one.pk else InvalidInput)
