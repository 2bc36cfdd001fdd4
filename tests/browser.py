"""A headless Chromium for tests of pages; the fixture ``browser`` hands out one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

Found = TypeVar("Found")

WITHIN_S = 20
ARRIVED = "return !window.pressedHere && document.readyState === 'complete'"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
MISSING = "needs chromium: apt-get install chromium chromium-driver"


class Browser:
    """What a person does: open an address, read, tick, fill in, press."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    @property
    def url(self) -> str:
        """Return where the browser is."""
        return str(self.driver.current_url)

    @property
    def text(self) -> str:
        """Return what there is to read."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def open(self, url: str) -> None:
        """Go to an address."""
        self.driver.get(url)

    def find(self, css: str) -> WebElement:
        """Return the first element that is shown, waiting for it."""
        return self.wait_for(lambda: self._shown(css))

    def _shown(self, css: str) -> WebElement | None:
        found = self.driver.find_elements(By.CSS_SELECTOR, css)
        return next((one for one in found if one.is_displayed()), None)

    def fill(self, name: str, text: str) -> None:
        """Type into a field."""
        field = self.find(f"[name='{name}']")
        field.clear()
        field.send_keys(text)

    def tick(self, label: str) -> None:
        """Press the checkbox or radio button of this label."""
        path = f"//label[contains(normalize-space(), {_quoted(label)})]"
        self.driver.find_element(By.XPATH, path).click()

    def press(self, label: str) -> None:
        """Press a button or link that leads to another page, and wait until it is there."""
        text = _quoted(label)
        path = f"//button[normalize-space()={text}] | //a[starts-with(normalize-space(), {text})]"
        button = self.driver.find_element(By.XPATH, path)
        self.driver.execute_script("window.pressedHere = true")
        button.click()
        self.wait_for(lambda: self.driver.execute_script(ARRIVED))

    def wait_for(self, look: Callable[[], Found | None]) -> Found:
        """Look until there is something; a page that changes meanwhile is looked at again."""
        wait = WebDriverWait(self.driver, WITHIN_S, 0.05, ignored_exceptions=[WebDriverException])
        found = wait.until(lambda _: look())
        assert found is not None
        return found

    def back(self) -> None:
        """Press the back button."""
        self.driver.back()

    def shoot(self, path: Path, *, width: int) -> None:
        """Keep a picture of the whole page at a width in pixels."""
        size: Any = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**size, "height": int(height)}
        )
        self.driver.save_screenshot(str(path))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def _quoted(text: str) -> str:
    """Return the text as XPath writes it."""
    assert '"' not in text
    return f'"{text}"'


def start_browser(profile: Path) -> Browser:
    """Start a Chromium with a new profile, or skip the test where there is none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(MISSING)
    options = Options()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    return Browser(webdriver.Chrome(options=options, service=Service(driver)))
