"""What somebody has lived opens to nobody else afterwards, whatever is put on record later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from accounts.choices import Resolution
from accounts.models import Consent, Organisation, User
from accounts.principals import ConsentTerms, Principal
from accounts.services.consents import grant_consent
from accounts.terms import Terms
from devices.models import Device
from devices.series_access import series_access
from devices.services.placements import place_device
from devices.windows import EVER, NEVER, Window
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.factories import make_application, make_consent, make_organisation, make_principal
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Occupancy, Space
from twin.services.occupancies import end_occupancy, start_occupancy
from twin.services.policies import change_policy
from twin.services.spaces import change_space, delete_space

pytestmark = pytest.mark.django_db
IN, OUT = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
RAW, MONTH, HOUR = Resolution.RAW, Resolution.MONTH, Resolution.HOUR


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


def windows(meter: Device, principal: Principal) -> tuple[Window, ...]:
    return series_access(Device.objects.get(pk=meter.pk), replace(principal, memo={})).windows


def put_on_record_earlier(occupancy: Occupancy) -> None:
    """Let the row be older than those who move in together."""
    Occupancy.objects.filter(pk=occupancy.pk).update(created_at=timezone.now() - timedelta(days=9))


class TestMovingIn:
    """Beside others one lives from now on."""

    def url(self, flat: Space) -> str:
        return f"/api/v1/spaces/{flat.pk}/occupancies/"

    def test_admin_cannot_move_into_time_that_a_resident_has_lived(
        self, as_: Client, alice: User, dora: User, flat: Space
    ) -> None:
        put_on_record_earlier(factories.make_occupancy(flat, dora, since=IN))
        body = {"email": alice.email, "from": "2025-03-02T00:00:00Z"}

        for space in (flat, flat.parent, factories.make_space(flat.site, flat)):
            assert space is not None
            response = as_(alice).post(self.url(space), body)

            assert_problem(response, HTTPStatus.CONFLICT, "period-lived")

    def test_flatmate_who_comes_later_reads_from_then_on(
        self, as_: Client, alice: User, dora: User, charlie: User, flat: Space, meter: Device
    ) -> None:
        put_on_record_earlier(factories.make_occupancy(flat, dora, since=IN))
        before = timezone.now()

        response = as_(alice).post(self.url(flat), {"email": charlie.email})

        assert response.status_code == HTTPStatus.CREATED, response.json()
        (window,) = windows(meter, make_principal(user=charlie))
        assert window.since >= before

    def test_people_who_move_in_together_are_put_on_record_together(
        self, as_: Client, alice: User, dora: User, charlie: User, flat: Space
    ) -> None:
        for user in (dora, charlie):
            body = {"email": user.email, "from": "2025-03-01T00:00:00Z"}
            response = as_(alice).post(self.url(flat), body)

            assert response.status_code == HTTPStatus.CREATED, response.json()

    def test_time_in_which_nobody_lived_there_is_open(
        self, as_: Client, alice: User, dora: User, charlie: User, flat: Space
    ) -> None:
        put_on_record_earlier(factories.make_occupancy(flat, dora, since=OUT))
        body = {"email": charlie.email, "from": "2025-03-01T00:00:00Z"}

        response = as_(alice).post(self.url(flat), {**body, "until": "2025-09-01T00:00:00Z"})

        assert response.status_code == HTTPStatus.CREATED, response.json()


class TestMovingOut:
    """An end in the past opens nothing of the time until it was put on record."""

    def test_what_was_lived_until_the_record_stays_closed(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        occupancy = end_occupancy(factories.make_occupancy(flat, dora, since=IN), at=OUT)

        closed = occupancy.closed_until
        assert closed
        assert windows(meter, landlord) == (
            Window(EVER, IN, RAW),
            Window(IN, closed, MONTH),
            Window(closed, NEVER, RAW),
        )
        assert windows(meter, make_principal(user=dora)) == (Window(IN, OUT, RAW),)

    def test_nobody_is_let_into_it(self, as_: Client, alice: User, dora: User, flat: Space) -> None:
        end_occupancy(factories.make_occupancy(flat, dora, since=IN), at=OUT)
        body = {"email": alice.email, "from": "2025-09-02T00:00:00Z"}

        response = as_(alice).post(f"/api/v1/spaces/{flat.pk}/occupancies/", body)

        assert_problem(response, HTTPStatus.CONFLICT, "period-sealed")

    def test_end_that_was_known_before_closes_nothing_more(self, dora: User, flat: Space) -> None:
        occupancy = start_occupancy(space=flat, user=dora, starts_at=IN, ends_at=OUT)

        assert occupancy.closed_until is None


class TestPolicy:
    """A policy that is loosened counts from then on, one that is tightened for all time."""

    def test_loosening_opens_nothing_of_the_past(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)

        change_policy(flat.site, occupied_view=HOUR)

        _, before, after = windows(meter, landlord)
        assert (before.resolution, after.resolution) == (MONTH, HOUR)
        assert before.until == flat.site.policy_changes.get().at

    def test_tightening_closes_the_past_too(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)
        change_policy(flat.site, occupied_view=RAW)

        change_policy(flat.site, occupied_view="none")

        assert windows(meter, landlord) == (Window(EVER, IN, RAW),)

    def test_loosening_again_brings_nothing_back(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)
        for view in (HOUR, "none", HOUR):
            change_policy(flat.site, occupied_view=view)

        last = flat.site.policy_changes.latest("at")
        assert windows(meter, landlord) == (Window(EVER, IN, RAW), Window(last.at, NEVER, HOUR))

    def test_change_to_the_same_is_none(self, flat: Space) -> None:
        change_policy(flat.site, occupied_view=MONTH)

        assert not flat.site.policy_changes.exists()


class TestMovedSpaces:
    """Time belongs to the place where the device stood then, also if the place has moved."""

    def test_room_that_joins_another_flat_leaves_its_past_behind(
        self, organisation: Organisation, flat: Space, dora: User, charlie: User
    ) -> None:
        room = factories.make_space(flat.site, flat)
        other = factories.make_space(flat.site, flat.parent, name="Flat 2")
        sensor = make_device(organisation, space=room)
        factories.make_occupancy(flat, dora, since=IN)
        factories.make_occupancy(other, charlie, since=IN)

        change_space(room, parent=other)

        first, second = sensor.placements.order_by("period")
        assert first.spaces == [flat.parent_id, flat.pk, room.pk]
        moved = second.period.lower
        assert windows(sensor, make_principal(user=dora)) == (Window(IN, moved, RAW),)
        assert windows(sensor, make_principal(user=charlie)) == (Window(moved, NEVER, RAW),)

    def test_who_once_lived_around_the_room_still_comes_to_the_series(
        self, organisation: Organisation, flat: Space, dora: User
    ) -> None:
        room = factories.make_space(flat.site, flat)
        sensor = make_device(organisation, space=room)
        factories.make_occupancy(flat, dora, since=IN)

        change_space(room, parent=flat.parent)

        readable = Device.objects.all().readable_by(make_principal(user=dora))
        assert list(readable) == [sensor]

    def test_past_placements_keep_their_way_too(
        self, meter: Device, flat: Space, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN)
        place_device(device=meter, site=None, space=None)
        floor = factories.make_space(flat.site)

        change_space(flat, parent=floor)

        (placement,) = meter.placements.all()
        assert placement.spaces == [flat.parent_id, flat.pk]
        assert placement.period.upper is not None

    def test_deleted_flat_stays_closed(
        self, meter: Device, flat: Space, landlord: Principal, dora: User
    ) -> None:
        factories.make_occupancy(flat, dora, since=IN, until=OUT)
        place_device(device=meter, site=flat.site, space=None)

        delete_space(Space.objects.get(pk=flat.pk))

        before, after = windows(meter, landlord)
        assert (before.since, before.resolution, after.resolution) == (EVER, MONTH, RAW)


class TestConsents:
    """With the move-out ends what applications saw of the flat, whatever the consent covers."""

    def principal(self, consent: Consent) -> Principal:
        terms = ConsentTerms(consent.pk, is_limited=consent.is_limited)
        return replace(make_principal(user=consent.user), terms=terms, memo={})

    def test_unlimited_consent_ends_for_the_flat(
        self, meter: Device, flat: Space, dora: User
    ) -> None:
        occupancy = factories.make_occupancy(flat, dora, since=IN)
        consent = make_consent(dora, make_application(make_organisation()))
        assert windows(meter, self.principal(consent))

        end_occupancy(occupancy)

        assert windows(meter, self.principal(consent)) == ()
        assert windows(meter, make_principal(user=dora))

    def test_it_ends_to_the_second_not_when_the_task_runs(
        self, meter: Device, flat: Space, dora: User
    ) -> None:
        consent = make_consent(dora, make_application(make_organisation()))
        over = timezone.now() - timedelta(seconds=1)

        factories.make_occupancy(flat, dora, since=IN, until=over, sealed_at=None)

        assert windows(meter, self.principal(consent)) == ()

    def test_new_yes_opens_the_own_period_for_an_export(
        self, meter: Device, flat: Space, dora: User
    ) -> None:
        application = make_application(make_organisation())
        consent = make_consent(dora, application)
        factories.make_occupancy(flat, dora, since=IN, until=OUT)

        grant_consent(user=dora, application=application, terms=Terms(frozenset(["readings:read"])))

        assert windows(meter, self.principal(consent)) == (Window(IN, OUT, RAW),)
