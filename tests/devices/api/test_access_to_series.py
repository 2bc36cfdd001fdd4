"""Who reads which part of a device's series, and its state, over REST."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Consent, Organisation, User
from config.lib.times import format_time
from devices.models import Device
from devices.services.placements import place_device
from devices.services.readings import record_readings
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Occupancy, Space

pytestmark = pytest.mark.django_db
MOVED = datetime(2026, 3, 1, tzinfo=UTC)
TIMES = [datetime(2026, month, 15, tzinfo=UTC) for month in (2, 3, 4)]


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return factories.make_space(factories.make_site(organisation), name="Flat")


@pytest.fixture
def meter(organisation: Organisation, flat: Space) -> Device:
    """A meter in the flat with a reading in February, March and April."""
    meter = make_device(organisation, space=flat)
    values = {"device": str(meter.pk), "point": "active_power", "value": 1}
    readings = [{**values, "time": format_time(time)} for time in TIMES]
    assert record_readings(readings, devices=Device.objects.all()).accepted == 3
    return meter


def url(meter: Device, rest: str = "readings") -> str:
    return f"/api/v1/devices/{meter.pk}/{rest}/"


def months(client: Any, meter: Device, **query: str) -> list[int]:
    """Return the months of the readings that are shown."""
    response = client.get(url(meter), {"points": "active_power", **query})
    assert response.status_code == HTTPStatus.OK, response.json()
    (series,) = response.json()["series"]
    return [int(time[5:7]) for time in series["times"]]


def states(client: Any) -> dict[str, Any]:
    """Return what the list of devices tells of their states."""
    response = client.get("/api/v1/devices/", {"expand": "state", "fields": "id,state"})
    return {one["id"]: one["state"] for one in response.json()["results"]}


def test_list_tells_the_state_of_each_device_as_it_stands(
    as_: Client, vera: User, organisation: Organisation, meter: Device
) -> None:
    spare = make_device(organisation)
    alone = as_(vera).get(f"/api/v1/devices/{meter.pk}/?expand=state")

    told = states(as_(vera))

    wanted = {one: as_(vera).get(url(one, "state")).json()["points"] for one in (meter, spare)}
    assert told == {str(one.pk): state for one, state in wanted.items()}
    assert told[str(meter.pk)]["active_power"]["value"] == 1
    assert alone.json()["state"] == wanted[meter]
    again = as_(vera).get(
        alone.request["PATH_INFO"] + "?expand=state", headers={"If-None-Match": alone["ETag"]}
    )
    assert again.json()["state"] == wanted[meter]


def test_states_of_before_are_not_kept(as_: Client, vera: User, meter: Device) -> None:
    query = {"expand": "state", "at": format_time(timezone.now())}

    response = as_(vera).get("/api/v1/devices/", query)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter="expand")


def test_landlord_of_an_empty_flat_reads_it_all(as_: Client, vera: User, meter: Device) -> None:
    assert months(as_(vera), meter) == [2, 3, 4]


def test_landlord_is_refused_the_time_somebody_lives_there(
    as_: Client, vera: User, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(flat, dora, since=MOVED)

    response = as_(vera).get(url(meter))

    assert_problem(response, HTTPStatus.FORBIDDEN, "resolution-not-granted", granted="1mo")
    assert months(as_(vera), meter, end=format_time(MOVED)) == [2]
    state = as_(vera).get(url(meter, "state"))
    assert_problem(state, HTTPStatus.FORBIDDEN, "resolution-not-granted")
    assert states(as_(vera)) == {str(meter.pk): None}


def test_occupant_and_successor_read_their_own_time_each(
    as_: Client, dora: User, charlie: User, flat: Space, meter: Device
) -> None:
    left = datetime(2026, 4, 1, tzinfo=UTC)
    factories.make_occupancy(flat, dora, since=MOVED, until=left)
    factories.make_occupancy(flat, charlie, since=left)

    assert months(as_(dora), meter) == [3]
    assert months(as_(charlie), meter) == [4]
    assert_problem(as_(dora).get(f"/api/v1/devices/{meter.pk}/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(dora).get(url(meter, "state")), HTTPStatus.NOT_FOUND)


def test_successor_is_not_shown_the_state_of_before(
    as_: Client, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(flat, dora, since=datetime(2026, 5, 1, tzinfo=UTC))

    state = as_(dora).get(url(meter, "state")).json()["points"]
    power = state["active_power"]

    assert states(as_(dora)) == {str(meter.pk): state}
    assert (power["value"], power["time"], power["unit"]) == (None, None, "W")


def test_consent_cuts_how_far_back_and_how_finely(
    as_: Client, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(flat, dora, since=datetime(2026, 1, 1, tzinfo=UTC))
    client = as_(dora)
    consents = Consent.objects.filter(user=dora)

    consents.update(history_from=MOVED)
    assert months(client, meter) == [3, 4]

    consents.update(resolution="1d")
    response = client.get(url(meter))
    assert_problem(response, HTTPStatus.FORBIDDEN, "resolution-not-granted", granted="1d")


def test_neighbour_and_stranger_find_nothing(
    as_: Client, charlie: User, dora: User, flat: Space, meter: Device
) -> None:
    factories.make_occupancy(factories.make_space(flat.site), dora)

    for user in (charlie, dora):
        assert_problem(as_(user).get(url(meter)), HTTPStatus.NOT_FOUND)


def test_pages_go_on_across_the_parts_that_may_be_read(
    as_: Client, dora: User, flat: Space, meter: Device
) -> None:
    for since, until in ((1, 3), (4, 5)):
        start, end = (datetime(2026, month, 1, tzinfo=UTC) for month in (since, until))
        factories.make_occupancy(flat, dora, since=start, until=end)
    client = as_(dora)

    first = client.get(url(meter), {"points": "active_power", "limit": "1"}).json()
    second = client.get(first["next"]).json()

    shown = [page["series"][0]["times"][0][:7] for page in (first, second)]
    assert shown == ["2026-02", "2026-04"]
    assert second["next"] is None


class TestForAnExport:
    """A former occupant finds what stood in their flat in their period."""

    def stood(self, client: Any, occupancy: Occupancy) -> list[str]:
        answer = client.get(f"/api/v1/occupancies/{occupancy.pk}/devices/")
        return [one["id"] for one in answer.json()["results"]]

    def test_what_stood_there_is_listed_without_what_became_of_it(
        self, as_: Client, dora: User, flat: Space, meter: Device
    ) -> None:
        occupancy = factories.make_occupancy(flat, dora, until=timezone.now())
        place_device(device=meter, site=None, space=None)

        url = f"/api/v1/occupancies/{occupancy.pk}/devices/"
        (found,) = as_(dora).get(url).json()["results"]

        assert set(found) == {"id", "serial", "type"}
        assert found["id"] == str(meter.pk)

    def test_what_came_after_is_not(
        self, as_: Client, dora: User, flat: Space, meter: Device, organisation: Organisation
    ) -> None:
        occupancy = factories.make_occupancy(flat, dora, until=timezone.now())
        elsewhere = make_device(organisation, site=flat.site)
        place_device(device=elsewhere, site=None, space=flat)

        assert self.stood(as_(dora), occupancy) == [str(meter.pk)]

    def test_occupancy_of_another_is_not_found_not_even_by_the_landlord(
        self, as_: Client, alice: User, charlie: User, dora: User, flat: Space, meter: Device
    ) -> None:
        occupancy = factories.make_occupancy(flat, dora)

        for user in (alice, charlie):
            url = f"/api/v1/occupancies/{occupancy.pk}/devices/"
            assert_problem(as_(user).get(url), HTTPStatus.NOT_FOUND)
