"""The simulated cloud answers as the vendor's documentation says."""

import httpx
import pytest

from integrations.smartme.simulator.oauth import DEVICE_GRANT
from tests.integrations.smartme.clouds import READING_KEY, Cloud

EXPIRED = "tilleuls0demo0key0expired000000c"
CLAIMLESS = "tilleuls0demo0key0no0claim00000d"
SWITCHING = "tilleuls0demo0key0switching0000b"


def device_id(cloud: Cloud, name: str) -> str:
    meter = next(m for m in cloud.inner.accounts["tilleuls"].meters if m.name == name)
    return meter.id


@pytest.mark.parametrize("path", ["/Devices", "/devices/", "/api/Devices", "/API/DEVICES/"])
def test_paths_come_with_and_without_prefix_in_any_case(cloud: Cloud, path: str) -> None:
    assert len(cloud.get(path).json()) == 25


def test_answer_looks_like_the_clouds(cloud: Cloud) -> None:
    answer = cloud.get("/Devices")
    water = next(d for d in answer.json() if d["Serial"] == 71440145)

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "date" in answer.headers
    assert set(water) == {
        *("Id", "Name", "Serial", "DeviceEnergyType", "MeterSubType", "FamilyType"),
        *("CounterReading", "CounterReadingUnit", "FlowRate", "ValueDate"),
    }


def test_key_given_as_bearer_token_is_refused(cloud: Cloud) -> None:
    answer = cloud.http.get("/Devices", headers={"Authorization": f"Bearer {READING_KEY}"})

    assert answer.status_code == 401


@pytest.mark.parametrize(("key", "status"), [("unknown", 401), (EXPIRED, 401), (CLAIMLESS, 403)])
def test_keys_are_checked(cloud: Cloud, key: str, status: int) -> None:
    assert cloud.get("/Devices", key=key).status_code == status


def test_basic_and_card_access_tokens_get_in(cloud: Cloud) -> None:
    card = ("cardaccesstoken_123456", "155ece3459ad09d5f98aad04fcfc28ac")

    for auth in [("tilleuls", "demo-password"), card]:
        assert cloud.http.get("/Devices", auth=auth).status_code == 200


def test_one_device_is_found_by_id_and_by_serial(cloud: Cloud) -> None:
    wanted = device_id(cloud, "Comptage général")

    assert cloud.get(f"/Devices/{wanted}").json()["Serial"] == 9203117
    assert cloud.get("/DeviceBySerial", serial="09203117-123").json()["Id"] == wanted


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Devices/no-guid", 400),
        ("/Devices/00000000-0000-0000-0000-000000000001", 404),
        ("/DeviceBySerial?serial=1", 404),
        ("/Nothing", 404),
    ],
)
def test_what_is_not_there_is_not_found(cloud: Cloud, path: str, status: int) -> None:
    headers = {"Authorization": f"ApiKey {READING_KEY}"}

    assert cloud.http.get(path, headers=headers).status_code == status


def test_devices_are_filtered_by_energy_and_sub_type(cloud: Cloud) -> None:
    assert len(cloud.get("/DevicesByEnergy", meterEnergyType="4").json()) == 3
    assert len(cloud.get("/DevicesBySubType", meterSubType="1").json()) == 2


def test_values_by_obis_are_in_base_units(cloud: Cloud) -> None:
    meter_id = device_id(cloud, "Appartement 2.1")
    device = cloud.get(f"/Devices/{meter_id}").json()

    values = {v["Obis"]: v["Value"] for v in cloud.get(f"/Values/{meter_id}").json()["Values"]}

    counter = device["CounterReadingImport"]
    assert values["1-0:1.8.0*255"] == pytest.approx(counter * 1000, rel=1e-3)


def test_past_values_are_the_first_before_the_date(cloud: Cloud) -> None:
    meter_id = device_id(cloud, "Appartement 2.1")

    past = cloud.get(f"/ValuesInPast/{meter_id}", date="2026-02-01T00:00:00Z").json()
    counted = cloud.get(f"/MeterValues/{meter_id}", date="2026-02-01T00:00:00Z").json()
    too_early = cloud.get(f"/ValuesInPast/{meter_id}", date="2020-01-01T00:00:00Z")

    assert past["Date"] == counted["Date"]
    assert past["Date"].startswith("2026-01-31T23:59:5")
    assert past["Values"][0]["Value"] == pytest.approx(counted["CounterReadingImport"] * 1000)
    assert too_early.status_code == 404


def test_switching_needs_its_claim_and_a_switch(cloud: Cloud) -> None:
    plug, module = device_id(cloud, "Prise local technique"), device_id(cloud, "Appartement 3.1")

    def switch(meter_id: str, key: str) -> int:
        headers = {"Authorization": f"ApiKey {key}"}
        path = f"/Devices/{meter_id}?switchState=false"
        return cloud.http.put(path, headers=headers).status_code

    assert switch(plug, READING_KEY) == 403
    assert switch(module, SWITCHING) == 405
    assert switch(plug, SWITCHING) == 200
    assert cloud.get(f"/Devices/{plug}").json()["SwitchOn"] is False


def test_actions_are_listed_and_done(cloud: Cloud) -> None:
    plug = device_id(cloud, "Prise local technique")
    body = {"deviceID": plug, "actions": [{"obisCode": "63000C0001FF", "value": 0}]}
    headers = {"Authorization": f"ApiKey {SWITCHING}"}

    assert cloud.get(f"/actions/{plug}").json()[0]["ObisCode"] == "63000C0001FF"
    assert cloud.http.post("/actions", json=body, headers=headers).status_code == 200
    assert cloud.get(f"/Devices/{plug}").json()["SwitchOn"] is False


def test_refresh_token_works_once(cloud: Cloud) -> None:
    app = {"client_id": "public-app", "kind": "public"}
    cloud.change("accounts", name="tilleuls", apps=[app])
    client = {"client_id": "public-app"}

    def token(grant: str, **form: str) -> httpx.Response:
        return cloud.http.post("/oauth/token", data={"grant_type": grant, **client, **form})

    form = {**client, "scope": "device.read offline_access"}
    code = cloud.http.post("/oauth/device", data=form).json()
    given = {"user_code": code["user_code"], "login": "tilleuls"}
    cloud.http.get("/oauth/verify", params=given)
    first = token(DEVICE_GRANT, device_code=code["device_code"]).json()
    second = token("refresh_token", refresh_token=first["refresh_token"])
    again = token("refresh_token", refresh_token=first["refresh_token"])

    assert first["expires_in"] == 3600
    assert (second.status_code, again.json()["error"]) == (200, "invalid_grant")
    bearer = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert cloud.http.get("/Devices", headers=bearer).status_code == 200


def test_device_app_gets_in_by_client_credentials_alone(cloud: Cloud) -> None:
    client = {"client_id": "tilleuls-device-app", "client_secret": "demo-client-secret"}

    given = cloud.http.post("/oauth/token", data={"grant_type": "client_credentials", **client})
    other = cloud.http.post("/oauth/token", data={"grant_type": "refresh_token", **client})

    assert given.json()["scope"] == "device.read"
    assert other.json()["error"] == "unauthorized_client"


def test_account_with_a_limit_is_told_to_wait(cloud: Cloud) -> None:
    account = {"name": "slow", "api_key": "slow-key", "meters": 1, "calls_per_minute": 2}
    cloud.http.post("/_simulator/accounts", json=account)

    answers = [cloud.get("/Devices", key="slow-key") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
