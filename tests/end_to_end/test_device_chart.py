"""An operator looks at a device in a real Chromium: the chart draws, reads and says its zone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from devices.models import Device
from devices.services.readings import record_readings
from tests.browser import Browser
from tests.devices.factories import make_device
from tests.factories import make_member, make_organisation
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device(transactional_db: None) -> Device:
    """A meter with two days of quarter hours, the last a moment ago."""
    organisation = make_organisation(name="Tilleuls Gestion")
    site = make_site(organisation, time_zone="Europe/Zurich")
    device = make_device(organisation, site=site, name="Main meter")
    now = timezone.now()
    rows = [
        {"device": device.pk, "point": point, "time": (now - ago).isoformat(), "value": value}
        for index in range(192)
        for ago in [timedelta(minutes=15 * index)]
        for point, value in (("active_power", 100.0 + index), ("active_energy_import", 999 - index))
    ]
    record_readings(rows, devices=Device.objects.all())
    return device


@pytest.fixture
def page(browser: Browser, live_server: Any, device: Device) -> Browser:
    """The page of the device, with its first chart drawn."""
    client = Client()
    user = make_member(device.organisation, role="viewer")  # type: ignore[arg-type]
    client.force_login(user)
    browser.open(f"{live_server.url}/healthz")
    browser.driver.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    browser.open(f"{live_server.url}/operations/devices/{device.pk}/")
    choose(browser, "c-range", "1")
    drawn(browser, "active_energy_import 15m")
    return browser


def choose(browser: Browser, field: str, value: str) -> None:
    Select(browser.find(f"#{field}")).select_by_value(value)


def drawn(browser: Browser, what: str) -> None:
    """Wait until the chart shows this point at this interval."""
    browser.find(f"#chart-said[data-drawn='{what}']")


def parts(browser: Browser, css: str) -> list[str]:
    return [one.text for one in browser.driver.find_elements(By.CSS_SELECTOR, f"#chart {css}")]


def test_chart_draws_any_point_over_a_chosen_range_and_reads_it_by_keys(page: Browser) -> None:
    assert len(parts(page, ".column")) >= 90
    assert parts(page, ".unit") == ["kWh"]
    assert parts(page, ".zone") == ["Times in Europe/Zurich"]

    choose(page, "c-point", "active_power")
    drawn(page, "active_power raw")
    assert (len(parts(page, ".line")), parts(page, ".unit")) == (1, ["W"])
    assert "mean" in page.find("#chart-said").text

    page.find("#chart svg").send_keys(Keys.END)
    assert page.find("#chart .told").text.endswith("100 W")
    page.find("#chart svg").send_keys(Keys.ARROW_LEFT)
    assert page.find("#chart .told").text.endswith("101 W")

    choose(page, "c-range", "own")
    choose(page, "c-interval", "1h")
    drawn(page, "active_power 1h")
    assert page.find("#c-from").is_displayed()
    assert str(page.find("#chart-csv").get_attribute("href")).endswith("format=csv")
    assert complaints(page) == []


def test_page_fits_a_phone(page: Browser, tmp_path: Path) -> None:
    page.driver.set_window_size(390, 844)

    wide = page.driver.execute_script("return document.documentElement.scrollWidth")

    assert wide <= page.driver.execute_script("return window.innerWidth")


def complaints(browser: Browser) -> list[str]:
    entries: list[dict[str, str]] = browser.driver.get_log("browser")
    return [one["message"] for one in entries if "favicon.ico" not in one["message"]]
