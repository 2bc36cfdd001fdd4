"""devices/ over HTTP: activation, changes, filters, rights."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.choices import ApplicationKind
from accounts.models import Application, Organisation, User
from devices.api.serializers.devices import DeviceOut
from devices.models import Device
from tests.conftest import Client
from tests.devices.factories import make_asset, make_device, make_gateway, make_type
from tests.factories import make_application
from tests.problems import assert_problem
from tests.twin.factories import (
    make_home,
    make_occupancy,
    make_site,
    make_site_member,
    make_space,
)

URL = "/api/v1/devices/"


@pytest.fixture
def client(meter_app: Application, as_: Client) -> APIClient:
    return as_(meter_app, "devices:read", "devices:write")


@pytest.fixture
def device(organisation: Organisation) -> Device:
    site = make_site(organisation)
    return make_device(organisation, space=make_space(site), tags={"floor": "1"}, name="Boiler")


def body(organisation: Organisation, **overrides: Any) -> dict[str, Any]:
    given = {"asset": str(make_asset(organisation).pk), "type": make_type().key, "name": "Meter"}
    return {**given, **overrides}


def test_device_comes_from_a_declared_asset(client: APIClient, organisation: Organisation) -> None:
    space = make_space(make_site(organisation))
    given = body(organisation, space=str(space.pk), tags={"a": "b"})

    response = client.post(URL, given)

    made = response.json()
    assert response.status_code == HTTPStatus.CREATED
    assert made["type"] == given["type"]
    assert (made["site"], made["space"]) == (str(space.site_id), str(space.pk))
    assert made["asset"] == given["asset"]
    assert made["tags"] == {"a": "b"}
    assert client.get(f"{URL}{made['id']}/").json() == made


def test_without_an_asset_there_is_no_device(client: APIClient) -> None:
    response = client.post(URL, {"type": make_type().key, "name": "Meter"})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/asset")


def test_foreign_asset_does_not_exist(client: APIClient, charlie: User) -> None:
    elsewhere = Organisation.objects.exclude(name="Tilleuls Gestion").get()

    response = client.post(URL, body(elsewhere))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/asset")


@pytest.mark.parametrize("status", ["suspended", "retired"])
def test_asset_out_of_service_is_refused(
    client: APIClient, organisation: Organisation, status: str
) -> None:
    asset = make_asset(organisation, status=status)

    response = client.post(URL, body(organisation, asset=str(asset.pk)))

    assert_problem(response, HTTPStatus.CONFLICT, "asset-not-active")


def test_asset_in_use_is_refused(
    client: APIClient, device: Device, organisation: Organisation
) -> None:
    response = client.post(URL, body(organisation, asset=str(device.asset_id)))

    assert_problem(response, HTTPStatus.CONFLICT, "asset-in-use")


@pytest.mark.parametrize("field", ["site", "space", "gateway", "type", "asset"])
def test_unknown_reference_is_named(
    client: APIClient, organisation: Organisation, field: str
) -> None:
    given = body(organisation, **{field: "0198aaaa-0000-7000-8000-000000000000"})

    response = client.post(URL, given)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=f"#/{field}")
    assert not Device.objects.exists()


@pytest.mark.parametrize("tags", [{"a:b": "c"}, {"a": 1}, {"": "x"}, [], {"a": None}])
def test_odd_tags_are_refused(client: APIClient, organisation: Organisation, tags: Any) -> None:
    response = client.post(URL, body(organisation, tags=tags))

    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_change_keeps_what_is_not_named(client: APIClient, device: Device) -> None:
    changed = client.patch(f"{URL}{device.pk}/", {"name": "غلاية 🔥"}).json()

    assert changed["name"] == "غلاية 🔥"
    assert changed["space"] == str(device.space_id)


def test_device_leaves_its_place(client: APIClient, device: Device) -> None:
    changed = client.patch(f"{URL}{device.pk}/", {"site": None, "space": None}).json()

    assert (changed["site"], changed["space"]) == (None, None)


def test_stale_version_is_not_overwritten(client: APIClient, device: Device) -> None:
    url = f"{URL}{device.pk}/"
    etag = client.get(url)["ETag"]
    client.patch(url, {"name": "One"}, headers={"If-Match": etag})

    response = client.patch(url, {"name": "Two"}, headers={"If-Match": etag})

    assert_problem(response, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")


def test_device_is_deleted(client: APIClient, device: Device) -> None:
    assert client.delete(f"{URL}{device.pk}/").status_code == HTTPStatus.NO_CONTENT
    assert_problem(client.get(f"{URL}{device.pk}/"), HTTPStatus.NOT_FOUND)


def test_each_filter_finds_the_device_and_no_other(
    client: APIClient, device: Device, organisation: Organisation
) -> None:
    gateway = make_gateway(organisation)
    Device.objects.update(gateway=gateway, status="online")
    make_device(organisation)
    wanted = {
        "site": device.site_id,
        "space": device.space_id,
        "within": device.space_id,
        "fleet": device.fleet_id,
        "gateway": gateway.pk,
        "type": device.type.key,
        "status": "online",
        "tag": "floor:1",
        "q": "oil",
    }

    for name, value in wanted.items():
        found = client.get(URL, {name: str(value)}).json()["results"]
        assert [item["id"] for item in found] == [str(device.pk)], name


def test_subtree_reaches_any_depth(
    client: APIClient, device: Device, organisation: Organisation
) -> None:
    flat = device.space
    assert flat is not None
    room = make_space(flat.site, flat)
    inner = make_device(organisation, space=room)

    found = client.get(URL, {"within": str(flat.pk)}).json()["results"]

    assert {item["id"] for item in found} == {str(device.pk), str(inner.pk)}


@pytest.mark.parametrize(("name", "value"), [("colour", "red"), ("status", "x"), ("site", "1")])
def test_bad_filter_is_named(client: APIClient, name: str, value: str) -> None:
    response = client.get(URL, {name: value})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter=name)


def test_quick_read_shows_what_the_whole_one_shows(client: APIClient, device: Device) -> None:
    url = f"{URL}{device.pk}/"

    quick, whole = client.get(url), client.get(url, {"fields": ",".join(DeviceOut.Meta.fields)})

    assert quick.json() == whole.json()
    assert quick["ETag"] == whole["ETag"]
    unchanged = client.get(url, headers={"If-None-Match": quick["ETag"]})
    assert unchanged.status_code == HTTPStatus.NOT_MODIFIED


def test_points_tell_units_and_natures(client: APIClient, device: Device) -> None:
    points = {
        point["key"]: point for point in client.get(f"{URL}{device.pk}/points/").json()["results"]
    }

    assert points["active_energy_import"]["unit"] == "kW.h"
    assert points["active_energy_import"]["symbol"] == "kWh"
    assert points["active_energy_import"]["nature"] == "counter"
    assert points["message"]["unit"] is None


def test_related_things_are_embedded_on_demand(client: APIClient, device: Device) -> None:
    url = f"{URL}{device.pk}/"

    found = client.get(url, {"expand": "asset,fleet,gateway", "fields": "asset,fleet"}).json()

    assert set(found) == {"asset", "fleet"}
    assert found["asset"]["serial"] == device.asset.serial


def test_what_the_reader_cannot_reach_is_null(
    dora: User, alice: User, organisation: Organisation, as_: Client
) -> None:
    flat = make_space(make_site(organisation))
    box = make_gateway(organisation, site=flat.site, space=make_space(flat.site, name="Cellar"))
    device = make_device(organisation, space=flat, gateway=box)
    make_occupancy(flat, dora)
    box.application = make_application(organisation, kind=ApplicationKind.GATEWAY)
    box.save()

    def told(who: Any, url: str, *names: str) -> list[bool]:
        body = as_(who).get(url).json()
        return [body[name] is not None for name in names]

    names = ("site", "space", "fleet", "gateway")
    url = f"{URL}{device.pk}/"
    assert told(alice, url, *names) == [True] * 4
    assert told(dora, url, *names) == [True, True, False, False]
    assert told(box.application, url, *names) == [False, False, False, True]
    assert told(box.application, f"/api/v1/gateways/{box.pk}/", "site", "space") == [False, False]
    embedded = as_(dora).get(f"{url}?expand=asset,fleet,gateway").json()
    assert (embedded["asset"]["fleet"], embedded["gateway"]) == (None, None)
    client = as_(dora)
    with CaptureQueriesContext(connection) as queries:
        (row,) = client.get(URL).json()["results"]
    assert (row["fleet"], row["space"]) == (None, str(flat.pk))
    assert len([one for one in queries if "devices_device" in one["sql"]]) == 1


@pytest.mark.parametrize(("expand", "cost"), [("", 3), ("asset,fleet,gateway", 4), ("state", 5)])
def test_list_costs_a_constant_number_of_queries(
    client: APIClient,
    organisation: Organisation,
    django_assert_num_queries: Any,
    expand: str,
    cost: int,
) -> None:
    gateway, site = make_gateway(organisation), make_site(organisation)
    for _ in range(3):
        make_device(organisation, gateway=gateway, site=site)

    with django_assert_num_queries(cost):
        found = client.get(URL, {"expand": expand} if expand else {}).json()["results"]

    assert len(found) == 3


def test_viewer_may_look_but_not_touch(
    vera: User, device: Device, organisation: Organisation, as_: Client
) -> None:
    client, url = as_(vera), f"{URL}{device.pk}/"

    assert client.get(url).status_code == HTTPStatus.OK
    assert_problem(client.patch(url, {"name": "x"}), HTTPStatus.FORBIDDEN, "role-missing")
    assert_problem(client.delete(url), HTTPStatus.FORBIDDEN, "role-missing")
    response = client.post(URL, body(organisation))
    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


def test_stranger_finds_nothing(charlie: User, device: Device, as_: Client) -> None:
    client = as_(charlie)

    assert client.get(URL).json()["results"] == []
    for path in ("", "points/", "state/", "readings/"):
        assert_problem(client.get(f"{URL}{device.pk}/{path}"), HTTPStatus.NOT_FOUND)


def test_person_without_a_home_finds_nothing(dora: User, device: Device, as_: Client) -> None:
    assert_problem(as_(dora).get(f"{URL}{device.pk}/"), HTTPStatus.NOT_FOUND)


def test_member_of_a_home_sees_its_devices(dora: User, device: Device, as_: Client) -> None:
    Device.objects.update(organisation=None, site=make_home(dora))

    assert as_(dora).get(f"{URL}{device.pk}/").json()["id"] == str(device.pk)


def test_resident_sees_no_device_of_an_organisations_building(
    dora: User, device: Device, as_: Client
) -> None:
    assert device.site is not None
    make_site_member(device.site, dora)

    assert_problem(as_(dora).get(f"{URL}{device.pk}/"), HTTPStatus.NOT_FOUND)


def test_each_read_needs_its_scope(meter_app: Application, device: Device, as_: Client) -> None:
    client = as_(meter_app, "sites:read")

    for path in ("", f"{device.pk}/", f"{device.pk}/state/", f"{device.pk}/readings/"):
        assert_problem(client.get(f"{URL}{path}"), HTTPStatus.FORBIDDEN, "scope-missing")
