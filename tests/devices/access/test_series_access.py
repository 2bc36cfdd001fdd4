"""When and how finely the series of a device may be read, by whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.choices import Resolution
from accounts.models import Organisation, User
from accounts.principals import ConsentTerms, Principal
from config.lib.ids import uuid7
from devices.errors import ResolutionNotGranted
from devices.models import Device
from devices.series_access import series_access, series_access_of_all
from devices.services.placements import place_device
from devices.windows import EVER, NEVER, Window, running_bucket
from tests.devices.factories import make_device
from tests.factories import make_principal
from tests.twin import factories
from twin.models import Site, Space

pytestmark = pytest.mark.django_db
IN, OUT = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
RAW, MONTH = Resolution.RAW, Resolution.MONTH


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    site = factories.make_site(organisation, time_zone="Europe/Zurich")
    return factories.make_space(site, factories.make_space(site), name="Flat 1")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    return make_device(organisation, space=flat)


@pytest.fixture
def landlord(organisation: Organisation) -> Principal:
    return make_principal(organisation)


def windows(meter: Device, principal: Principal) -> tuple[Window, ...]:
    return series_access(meter, replace(principal, memo={})).windows


def test_landlord_reads_an_empty_flat_wholly(meter: Device, landlord: Principal) -> None:
    assert windows(meter, landlord) == (Window(EVER, NEVER, RAW),)


def test_landlord_reads_months_of_the_time_somebody_lived_there(
    meter: Device, flat: Space, landlord: Principal, dora: User
) -> None:
    factories.make_occupancy(flat, dora, since=IN, until=OUT)

    assert windows(meter, landlord) == (
        Window(EVER, IN, RAW),
        Window(IN, OUT, MONTH),
        Window(OUT, NEVER, RAW),
    )


def test_site_may_tell_its_keepers_nothing_of_that_time(
    meter: Device, flat: Space, landlord: Principal, dora: User
) -> None:
    factories.make_occupancy(flat, dora, since=IN, until=OUT)
    Site.objects.update(occupied_view="none")

    assert windows(meter, landlord) == (Window(EVER, IN, RAW), Window(OUT, NEVER, RAW))


def test_building_level_devices_stay_open_to_the_landlord(
    organisation: Organisation, flat: Space, landlord: Principal, dora: User
) -> None:
    factories.make_occupancy(flat, dora)
    boiler = make_device(organisation, space=flat.parent)

    assert windows(boiler, landlord) == (Window(EVER, NEVER, RAW),)


def test_each_occupant_reads_their_own_time_alone(
    meter: Device, flat: Space, dora: User, charlie: User
) -> None:
    factories.make_occupancy(flat, dora, since=IN, until=OUT)
    factories.make_occupancy(flat, charlie, since=OUT)

    assert windows(meter, make_principal(user=dora)) == (Window(IN, OUT, RAW),)
    assert windows(meter, make_principal(user=charlie)) == (Window(OUT, NEVER, RAW),)


def test_former_occupant_reads_but_does_not_see_the_device(
    meter: Device, flat: Space, dora: User
) -> None:
    factories.make_occupancy(flat, dora, since=IN, until=OUT)
    principal = make_principal(user=dora)

    assert not Device.objects.visible_to(principal).exists()
    assert list(Device.objects.all().readable_by(principal)) == [meter]


def test_neighbour_neither_sees_nor_reads(meter: Device, flat: Space, charlie: User) -> None:
    factories.make_occupancy(factories.make_space(flat.site, flat.parent), charlie)
    principal = make_principal(user=charlie)

    assert not Device.objects.all().readable_by(principal).exists()
    assert windows(meter, principal) == ()


def test_device_that_came_from_a_neighbour_leaves_its_past_there(
    meter: Device, flat: Space, dora: User
) -> None:
    other = factories.make_space(flat.site, flat.parent)
    factories.make_occupancy(other, dora, since=IN)
    before = timezone.now()

    place_device(device=meter, site=None, space=other)

    (window,) = windows(meter, make_principal(user=dora))
    assert window.since >= before


def test_device_that_went_elsewhere_keeps_the_time_it_stood_here(
    meter: Device, flat: Space, dora: User
) -> None:
    factories.make_occupancy(flat, dora, since=IN)

    place_device(device=meter, site=None, space=None)

    (window,) = windows(meter, make_principal(user=dora))
    assert window.since == IN
    assert window.until <= timezone.now()


def test_consent_cuts_history_and_resolution(meter: Device, flat: Space, dora: User) -> None:
    factories.make_occupancy(flat, dora, since=IN)
    terms = ConsentTerms(uuid7(), history_from=OUT, resolution=Resolution.DAY)

    cut = replace(make_principal(user=dora), terms=terms)

    assert windows(meter, cut) == (Window(OUT, NEVER, Resolution.DAY),)


def test_limited_consent_opens_the_chosen_flat_alone(
    organisation: Organisation, meter: Device, flat: Space, dora: User
) -> None:
    home = factories.make_home(dora)
    factories.make_occupancy(flat, dora, since=IN)

    cut = factories.make_limited_principal(make_principal(user=dora), home)

    assert windows(meter, cut) == ()


def test_device_of_a_home_is_read_wholly_by_its_people(dora: User, meter: Device) -> None:
    home = factories.make_home(dora)
    place_device(device=meter, site=None, space=None)
    Device.objects.update(organisation=None, site=home)
    meter.placements.update(site=home, space=None, period=(IN, None))
    meter.refresh_from_db()

    assert windows(meter, make_principal(user=dora)) == (Window(EVER, NEVER, RAW),)


class TestSpans:
    """What of an asked range is served."""

    now = datetime(2025, 8, 15, 12, 34, 56, tzinfo=UTC)

    def test_finer_than_granted_is_refused_and_says_what_is(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)
        access = series_access(meter, landlord)

        with pytest.raises(ResolutionNotGranted) as refused:
            access.spans(IN, OUT, interval=RAW, now=self.now)

        assert refused.value.status == HTTPStatus.FORBIDDEN
        assert refused.value.data == {
            "granted": "1mo",
            "windows": [{"from": "2025-03-01T00:00:00Z", "until": None, "resolution": "1mo"}],
        }

    def test_months_are_served_until_the_running_one(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)

        spans = series_access(meter, landlord).spans(IN, OUT, interval=MONTH, now=self.now)

        assert spans == [(IN, datetime(2025, 7, 31, 22, tzinfo=UTC))]

    def test_range_before_the_occupancy_is_served_as_before(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)
        start = IN - timedelta(days=9)

        spans = series_access(meter, landlord).spans(start, IN, interval=RAW, now=self.now)

        assert spans == [(start, IN)]

    def test_what_lies_outside_is_left_out(self, meter: Device, flat: Space, dora: User) -> None:
        factories.make_occupancy(flat, dora, since=IN, until=OUT)
        access = series_access(meter, make_principal(user=dora))

        assert access.spans(EVER, NEVER, interval=RAW, now=self.now) == [(IN, OUT)]
        assert access.spans(OUT, NEVER, interval=RAW, now=self.now) == []


class TestLive:
    """What is so now."""

    def test_landlord_is_not_told_what_is_so_in_an_occupied_flat(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora)

        with pytest.raises(ResolutionNotGranted):
            series_access(meter, landlord).check_live(timezone.now())

    def test_successor_is_not_shown_a_value_of_before(
        self, meter: Device, flat: Space, charlie: User
    ) -> None:
        factories.make_occupancy(flat, charlie, since=OUT)
        access = series_access(meter, make_principal(user=charlie))

        access.check_live(timezone.now())
        assert not access.shows(IN)
        assert access.shows(OUT)


@pytest.mark.parametrize(
    ("resolution", "began"),
    [
        ("raw", datetime(2026, 3, 29, 10, 50, tzinfo=UTC)),
        ("15m", datetime(2026, 3, 29, 10, 45, tzinfo=UTC)),
        ("1h", datetime(2026, 3, 29, 10, tzinfo=UTC)),
        ("1d", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("1mo", datetime(2026, 2, 28, 23, tzinfo=UTC)),
    ],
)
def test_running_bucket_begins_by_the_clock_of_the_site(resolution: str, began: datetime) -> None:
    now = datetime(2026, 3, 29, 10, 50, tzinfo=UTC)

    assert running_bucket(now, Resolution(resolution), zone=ZoneInfo("Europe/Zurich")) == began


def test_many_devices_cost_as_many_queries_as_one(
    organisation: Organisation,
    flat: Space,
    landlord: Principal,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    devices = [make_device(organisation, space=flat) for _ in range(3)]

    with django_assert_num_queries(3):
        series_access_of_all(devices, landlord)
