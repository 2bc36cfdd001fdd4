"""Events are cut like series: by place, by time, by who lived there, and by consent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.choices import Resolution
from accounts.models import Organisation, User
from accounts.principals import ConsentTerms, Principal
from config.lib.ids import uuid7
from devices.models import Device
from devices.services.readings import record_readings
from integrations.events import reading
from integrations.events.catalogue import Draft
from integrations.events.log import append
from integrations.events.reading import read_page
from integrations.models import Event
from tests.devices.factories import make_device
from tests.factories import make_principal
from tests.twin import factories
from twin.models import Space
from twin.services.occupancies import end_occupancy, start_occupancy
from twin.services.policies import change_policy
from twin.services.spaces import delete_space

pytestmark = pytest.mark.django_db
MEASURED = {"device.online", "device.state.changed", "readings.recorded"}


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    site = factories.make_site(organisation)
    return factories.make_space(site, factories.make_space(site), name="Flat 1")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    return make_device(organisation, space=flat)


@pytest.fixture
def landlord(organisation: Organisation) -> Principal:
    return make_principal(organisation)


def measure(*devices: Device, value: float = 1, ago: timedelta = timedelta(0)) -> None:
    at = timezone.now() - ago
    items = [
        {"device": device.pk, "point": "active_power", "time": at, "value": value}
        for device in devices
    ]
    record_readings(items, devices=Device.objects.all())


def seen(principal: Principal, types: Iterable[str] = MEASURED) -> list[str]:
    """Return the types of the events that the principal sees, of these types."""
    found = Event.objects.visible_to(replace(principal, memo={})).filter(type__in=types)
    return sorted(found.values_list("type", flat=True))


def through(user: User, **terms: object) -> Principal:
    """Return the user's principal through a consent with these terms."""
    return replace(make_principal(user=user), terms=ConsentTerms(uuid7(), **terms))  # type: ignore[arg-type]


def test_landlord_sees_no_measurement_of_an_occupied_flat(
    meter: Device, flat: Space, landlord: Principal, dora: User
) -> None:
    factories.make_occupancy(flat, dora)

    measure(meter)

    assert seen(landlord) == []
    assert seen(landlord, {"device.created"}) == ["device.created"]


def test_landlord_sees_all_of_a_flat_in_which_nobody_lives(
    meter: Device, landlord: Principal
) -> None:
    measure(meter)

    assert seen(landlord) == sorted(MEASURED)


def test_occupant_sees_the_events_of_their_flat(meter: Device, flat: Space, dora: User) -> None:
    factories.make_occupancy(flat, dora)
    other = factories.make_space(flat.site, flat.parent)

    measure(meter, make_device(meter.asset.organisation, space=other))

    assert seen(make_principal(user=dora)) == sorted(MEASURED)
    (event,) = Event.objects.visible_to(make_principal(user=dora)).filter(type="readings.recorded")
    assert event.data["devices"] == [str(meter.pk)]


def test_successor_sees_nothing_of_before_not_even_what_comes_late(
    meter: Device, flat: Space, dora: User, charlie: User
) -> None:
    moved = timezone.now() - timedelta(days=1)
    factories.make_occupancy(flat, dora, until=moved)
    factories.make_occupancy(flat, charlie, since=moved)

    measure(meter, ago=timedelta(days=2))

    told = {"device.state.changed", "readings.recorded"}
    assert seen(make_principal(user=charlie), told) == []
    assert seen(make_principal(user=dora), told) == sorted(told)


def test_former_occupant_keeps_their_own_period(meter: Device, flat: Space, dora: User) -> None:
    occupancy = factories.make_occupancy(flat, dora)
    measure(meter)
    end_occupancy(occupancy)

    measure(meter, value=2)

    assert seen(make_principal(user=dora)) == sorted(MEASURED)


def test_site_that_shows_everything_shows_events_from_then_on(
    meter: Device, flat: Space, landlord: Principal, dora: User
) -> None:
    factories.make_occupancy(flat, dora)
    measure(meter)
    change_policy(flat.site, occupied_view="raw")

    measure(meter, value=2)

    assert seen(landlord) == ["device.state.changed", "readings.recorded"]


def test_deleted_flat_stays_closed(flat: Space, landlord: Principal, dora: User) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    factories.make_occupancy(flat, dora, until=timezone.now())
    where = {"organisation": flat.organisation_id, "site": flat.site_id, "space": flat.pk}
    draft = Draft("devices", uuid7(), **where, about=(yesterday, yesterday))
    append("device.state.changed", [draft])

    delete_space(flat)

    assert seen(landlord) == []


def test_consent_to_sums_shows_no_measurement(meter: Device, flat: Space, dora: User) -> None:
    factories.make_occupancy(flat, dora)
    measure(meter)

    assert seen(through(dora, resolution=Resolution.DAY)) == []
    assert seen(through(dora)) == sorted(MEASURED)


def test_consent_without_a_past_shows_no_events_of_it(
    meter: Device, flat: Space, dora: User
) -> None:
    factories.make_occupancy(flat, dora)
    measure(meter)

    later = timezone.now() + timedelta(seconds=1)
    assert seen(through(dora, history_from=later)) == []


def test_consent_to_another_place_shows_nothing(meter: Device, flat: Space, dora: User) -> None:
    factories.make_occupancy(flat, dora)
    measure(meter)
    home = factories.make_home(dora)

    assert seen(factories.make_limited_principal(make_principal(user=dora), home)) == []


def test_visitor_by_grant_sees_the_part_but_not_who_lives_there(
    meter: Device, flat: Space, dora: User, charlie: User
) -> None:
    factories.make_grant(flat, charlie)
    measure(meter)
    start_occupancy(space=flat, user=dora)

    visitor = make_principal(user=charlie)
    assert seen(visitor, {*MEASURED, "occupancy.started"}) == sorted(MEASURED)


def test_residents_are_told_of_flatmates_and_of_policies(
    flat: Space, dora: User, charlie: User, landlord: Principal
) -> None:
    factories.make_occupancy(flat, dora)
    start_occupancy(space=flat, user=charlie)
    change_policy(flat.site, occupied_view="1h")

    told = {"occupancy.started", "site.policy.changed"}
    for principal in (make_principal(user=dora), landlord):
        assert seen(principal, told) == sorted(told)
    event = Event.objects.get(type="site.policy.changed")
    assert event.data == {"site": str(flat.site_id), "before": "1mo", "after": "1h"}
    assert str(charlie.pk) not in str(Event.objects.get(type="occupancy.started").data)


def test_events_without_a_known_place_tell_no_measurement(
    meter: Device, landlord: Principal
) -> None:
    measure(meter)

    Event.objects.update(spaces=None)

    assert seen(landlord) == []
    assert seen(landlord, {"device.created"}) == ["device.created"]


class TestPages:
    """A page costs the same however little of the log one may see."""

    @pytest.fixture(autouse=True)
    def settled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count the running transaction as over, and look through few events at a time."""
        oldest_open = "pg_snapshot_xmin(pg_current_snapshot())"
        sql = reading.NEXT_SQL.replace(oldest_open, "'9000000000000000000'::xid8")
        monkeypatch.setattr(reading, "NEXT_SQL", sql)
        monkeypatch.setattr(reading, "LOOKED_THROUGH", 4)

    def append(self, flat: Space, kind: str, times: int) -> None:
        where = {"organisation": flat.organisation_id, "site": flat.site_id, "space": flat.pk}
        append(kind, [Draft("devices", uuid7(), **where) for _ in range(times)])

    def test_what_is_not_to_be_seen_is_passed_over(
        self, flat: Space, dora: User, landlord: Principal
    ) -> None:
        factories.make_occupancy(flat, dora)
        self.append(flat, "device.state.changed", 6)
        self.append(flat, "device.updated", 1)

        first = read_page(landlord, after=None, limit=5)
        second = read_page(landlord, after=first.reached, limit=5)

        assert (len(first.events), first.has_more) == (0, True)
        assert ([one.type for one in second.events], second.has_more) == (["device.updated"], False)
        assert read_page(landlord, after=second.reached, limit=5).reached == second.reached

    def test_pages_of_an_occupant_hold_each_event_once(self, flat: Space, dora: User) -> None:
        factories.make_occupancy(flat, dora)
        factories.make_site_member(flat.site, dora)
        self.append(flat, "device.state.changed", 7)
        found: list[Event] = []
        after, has_more = None, True

        while has_more:
            page = read_page(make_principal(user=dora), after=after, limit=3)
            found, after, has_more = [*found, *page.events], page.reached, page.has_more

        assert [one.pk for one in found] == sorted({one.pk for one in found})
        assert len(found) == 7

    def test_page_costs_three_queries(
        self, flat: Space, dora: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        factories.make_occupancy(flat, dora)
        self.append(flat, "device.updated", 3)

        with django_assert_num_queries(3):
            read_page(make_principal(user=dora), after=None, limit=5)
