"""Merging, splitting and deleting flats opens to nobody what was lived in them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from accounts.choices import Resolution
from accounts.models import Organisation, User
from accounts.principals import Principal
from devices.models import Device, Placement
from devices.series_access import series_access
from devices.services.readings import record_readings
from devices.windows import Window
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.factories import make_principal, make_user
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Space
from twin.services.occupancies import start_occupancy
from twin.services.space_merging import merge_spaces, split_space
from twin.services.spaces import delete_space

pytestmark = pytest.mark.django_db
IN, OUT = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
LIVED = datetime(2025, 6, 1, tzinfo=UTC)
Reshape = Callable[[Space, Device], Space]


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return factories.make_space(factories.make_site(organisation), kind="flat", name="Flat 1")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    meter = make_device(organisation, space=flat)
    Placement.objects.filter(device=meter).update(period=(IN - timedelta(days=30), None))
    return meter


@pytest.fixture
def tenant(flat: Space) -> User:
    """Somebody who has lived in the flat, and moved out."""
    tenant = make_user()
    factories.make_occupancy(flat, tenant, since=IN, until=OUT)
    return tenant


def merged(flat: Space, meter: Device) -> Space:
    other = factories.make_space(flat.site, kind="flat", name="Flat 2")
    return merge_spaces(flat, into=other)


def split(flat: Space, meter: Device) -> Space:
    return split_space(flat, name="Studio", things=[meter.pk])


def deleted(flat: Space, meter: Device) -> Space:
    other = factories.make_space(flat.site, kind="flat", name="Flat 2")
    delete_space(flat, move_to=other)
    return Space.objects.get(pk=other.pk)


RESHAPED = pytest.mark.parametrize("reshape", [merged, split, deleted])


def finest(meter: Device, principal: Principal, moment: datetime) -> Resolution | None:
    thing = Device.objects.get(pk=meter.pk)
    found: tuple[Window, ...] = series_access(thing, replace(principal, memo={})).windows
    return next((one.resolution for one in found if one.since <= moment < one.until), None)


@RESHAPED
def test_landlord_reads_the_lived_time_no_finer_than_before(
    organisation: Organisation, flat: Space, meter: Device, tenant: User, reshape: Reshape
) -> None:
    landlord = make_principal(organisation)
    before = finest(meter, landlord, LIVED)

    reshape(flat, meter)

    assert before is Resolution.MONTH
    assert finest(meter, landlord, LIVED) in {Resolution.MONTH, None}
    assert finest(meter, landlord, timezone.now()) is Resolution.RAW


@RESHAPED
def test_who_moves_in_afterwards_reads_nothing_of_before(
    flat: Space, meter: Device, tenant: User, reshape: Reshape
) -> None:
    newcomer = make_user()
    place = reshape(flat, meter)
    start_occupancy(space=place, user=newcomer)

    principal = make_principal(user=newcomer)
    assert finest(meter, principal, timezone.now()) is Resolution.RAW
    for moment in (LIVED, OUT + timedelta(days=9), IN - timedelta(days=9)):
        assert finest(meter, principal, moment) is None


@RESHAPED
def test_former_occupant_keeps_no_more_than_their_own_period(
    flat: Space, meter: Device, tenant: User, reshape: Reshape
) -> None:
    reshape(flat, meter)

    principal = make_principal(user=tenant)
    assert finest(meter, principal, LIVED) in {Resolution.RAW, None}
    assert finest(meter, principal, OUT + timedelta(days=9)) is None
    assert finest(meter, principal, timezone.now()) is None


@pytest.mark.parametrize("noun", ["spaces", "sites"])
def test_sums_of_a_place_are_cut_like_the_series_of_its_devices(
    noun: str,
    organisation: Organisation,
    alice: User,
    flat: Space,
    meter: Device,
    tenant: User,
    as_: Client,
) -> None:
    point = {"device": str(meter.pk), "point": "active_power"}
    rows = [{**point, "time": at, "value": 7} for at in (LIVED, OUT + timedelta(days=9))]
    record_readings(rows, devices=Device.objects.all())
    place = flat.pk if noun == "spaces" else flat.site_id
    address = f"/api/v1/{noun}/{place}/readings/"
    newcomer = make_user()
    start_occupancy(space=flat, user=newcomer)
    asked = {"point": "active_power", "interval": "1d", "aggregate": "sum"}
    lived = {"start": IN.isoformat(), "end": OUT.isoformat()}

    by_landlord = as_(alice).get(address, asked | lived)
    assert_problem(by_landlord, HTTPStatus.FORBIDDEN, "resolution-not-granted")
    if noun == "spaces":
        by_newcomer = as_(newcomer).get(address, asked | lived)
        assert by_newcomer.status_code == HTTPStatus.OK, by_newcomer.content
        told = [one for series in by_newcomer.json()["series"] for one in series["values"]]
        assert told == [], "nothing of before one moved in"
