"""A resident lets a third party's app read one of two homes by day, and takes it back.

A real Chromium, a real client with an OAuth library, and a platform of its own.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.browser import Browser
from tests.end_to_end.conftest import Stack
from tests.end_to_end.third_party import CALLBACK, ThirdParty, third_party

# Starting a stack takes long on a busy machine.
pytestmark = pytest.mark.timeout(300)

EMAIL = "rosa.resident@example.org"
PASSWORD = "correct horse battery staple"
SCOPES = "openid profile sites:read devices:read readings:read"
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
MOVED_IN = TODAY - timedelta(days=20)
SET_PASSWORD = """
from accounts.models import User
user = User.objects.get(email="{email}")
user.set_password("{password}")
user.save()
"""


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Landlord:
    """Builds houses, hangs meters into flats and lets people in."""

    def __init__(self, api: httpx.Client) -> None:
        self.api = api
        self.fleet = self.post("fleets/", name="Homes of Rosa")["id"]
        kinds = api.get("/device-types/", params={"limit": 500}).json()["results"]
        self.kind = next(
            kind["key"]
            for kind in kinds
            if "active_energy_import" in {point["key"] for point in kind["points"]}
        )

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.api.post(f"/{path}", json=body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def home(self, name: str) -> dict[str, str]:
        """Build a house with a flat in which the resident lives and a meter counts by the hour."""
        site = self.post("sites/", name=name, timezone="UTC")["id"]
        flat = self.post("spaces/", site=site, kind="flat", name=f"Flat in {name}")["id"]
        self.post(f"spaces/{flat}/occupancies/", email=EMAIL, **{"from": at(MOVED_IN)})
        asset = self.post(
            "assets/", fleet=self.fleet, role="device", manufacturer="m", model="m", serial=name
        )["id"]
        device = self.post(
            "devices/", asset=asset, type=self.kind, site=site, space=flat, name=f"Meter in {name}"
        )["id"]
        since = TODAY - timedelta(days=4)
        readings = [
            {
                "device": device,
                "point": "active_energy_import",
                "time": at(since + timedelta(hours=hour)),
                "value": 100 + hour,
            }
            for hour in range(97)
        ]
        assert self.post("readings/", readings=readings)["accepted"] == len(readings)
        return {"site": site, "flat": flat, "device": device}


@pytest.fixture(scope="module")
def homes(stack: Stack, operator: httpx.Client) -> dict[str, dict[str, str]]:
    landlord = Landlord(operator)
    made = {name: landlord.home(name) for name in ("Home by the lake", "Flat in town")}
    stack.manage("shell", "-c", SET_PASSWORD.format(email=EMAIL, password=PASSWORD))
    return made


@pytest.fixture(scope="module")
def app(stack: Stack, operator: httpx.Client) -> Iterator[ThirdParty]:
    with third_party() as running:
        body = {
            "name": "Daylight",
            "purpose": "Shows what your home uses, day by day.",
            "privacy_url": "https://daylight.example.org/privacy",
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": [f"{running.url}{CALLBACK}"],
            "scopes": SCOPES.split(),
        }
        answer = operator.post("/applications/", json=body)
        assert answer.is_success, answer.text
        running.client, running.atrium, running.scope = answer.json(), stack.url, SCOPES
        yield running


def log_in(browser: Browser) -> None:
    browser.fill("username", EMAIL)
    browser.fill("password", PASSWORD)
    browser.press("Log in")


def ask(browser: Browser, app: ThirdParty, path: str) -> tuple[int, dict[str, Any]]:
    """Let the app ask Atrium, and return what it was answered."""
    browser.open(f"{app.url}/api?path={quote(path, safe='')}")
    shown = json.loads(browser.text)
    return shown["status"], shown["body"]


def series_of(home: dict[str, str], interval: str) -> str:
    query = {"interval": interval, "start": at(TODAY - timedelta(days=4)), "end": at(TODAY)}
    return f"devices/{home['device']}/readings/?{urlencode(query)}"


def consent_by_day_to(browser: Browser, name: str) -> None:
    """Narrow what the page asks for, and allow the rest."""
    browser.tick(name)
    browser.tick("1 month back")
    browser.tick("One value for each day")
    browser.tick("For 1 day")
    browser.press("Allow")


def test_resident_consents_to_one_home_by_day_and_withdraws(
    browser: Browser, app: ThirdParty, homes: dict[str, dict[str, str]]
) -> None:
    lake, town = homes["Home by the lake"], homes["Flat in town"]
    browser.open(f"{app.url}/connect")
    log_in(browser)
    assert "Let Daylight act for you?" in browser.text
    consent_by_day_to(browser, "Home by the lake")
    assert (browser.url, browser.text) == (f"{app.url}/", "connected")

    status, body = ask(browser, app, series_of(lake, "1d"))
    assert (status, body["series"][0]["values"]) == (200, [24.0] * 4)
    status, body = ask(browser, app, series_of(lake, "1h"))
    assert (status, body["granted"]) == (403, "1d")
    assert body["type"].endswith("/resolution-not-granted")
    assert ask(browser, app, f"devices/{town['device']}/")[0] == 404
    assert ask(browser, app, series_of(town, "1d"))[0] == 404
    assert [site["id"] for site in ask(browser, app, "sites/")[1]["results"]] == [lake["site"]]

    browser.open(f"{app.atrium}/accounts/apps/")
    assert "Daylight" in browser.text
    assert "One value for each day" in browser.text
    browser.press("Withdraw")
    browser.press("Withdraw")
    assert "Daylight has no access any more." in browser.text
    assert "No app has access to your data." in browser.text

    assert ask(browser, app, series_of(lake, "1d"))[0] == 401
    assert refresh(app) == "invalid_grant"


def refresh(app: ThirdParty) -> str:
    """Return the error that the app's refresh token gets."""
    session = next(one for one in app.sessions.values() if "token" in one)
    form = {"grant_type": "refresh_token", "refresh_token": session["token"]["refresh_token"]}
    client = (app.client["client_id"], app.client["client_secret"])
    return str(httpx.post(f"{app.atrium}/oauth/token/", data=form, auth=client).json()["error"])


def test_resident_who_refuses_shares_nothing(
    browser: Browser, app: ThirdParty, homes: dict[str, dict[str, str]]
) -> None:
    browser.open(f"{app.url}/connect")
    log_in(browser)
    browser.press("Refuse")

    assert browser.text == "refused: access_denied"


def test_room_unfolds_without_a_new_page_and_nothing_is_lost(
    browser: Browser, app: ThirdParty, homes: dict[str, dict[str, str]]
) -> None:
    browser.open(f"{app.url}/connect")
    log_in(browser)
    browser.tick("One value for each month")
    browser.find("button[name=open]").click()

    browser.find("button[name=close]")
    checked = browser.driver.execute_script(
        "return document.querySelector('[name=resolution]:checked').value"
    )
    assert checked == "1mo"
    assert "Flat in Flat in town" in browser.text
