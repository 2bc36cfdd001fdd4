"""The building editor as a person uses it: rows by their names, dragged, typed at, read."""

from collections.abc import Callable
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser import Browser

ROW = "//*[@role='treeitem'][.//span[@class='ed-name' and normalize-space()='{}']]"
BOX = "//*[local-name()='g'][*[local-name()='text' and .='{}']]/*[local-name()='rect']"
# How far from the middle of a row: onto it, or between it and its neighbour.
ONTO, BEFORE, BEHIND = 0, -13, 13


class EditorPage:
    """The page of one site, opened by whoever the session cookie is of."""

    def __init__(self, browser: Browser, url: str, session: str) -> None:
        self.browser, self.driver = browser, browser.driver
        browser.open(f"{url}/admin/login/")
        self.driver.add_cookie({"name": "sessionid", "value": session})
        self.url = url

    def open(self, site: Any) -> None:
        """Open the editor of a site and wait until it can be used."""
        self.browser.open(f"{self.url}/admin/twin/site/{site.pk}/editor/")
        self.wait(lambda: not self.find("#editor").get_attribute("aria-busy"))

    def wait(self, condition: Any) -> Any:
        """Wait until something holds, and return it."""
        return self.browser.wait_for(condition)

    def click(self, look: Callable[[], WebElement]) -> None:
        """Click what is there; what was just drawn anew is looked for again."""

        def is_clicked() -> bool:
            look().click()
            return True

        self.wait(is_clicked)

    def find(self, css: str) -> WebElement:
        """Return an element that is there."""
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def row(self, name: str) -> WebElement:
        """Return the row of that name, waiting for it."""
        path = ROW.format(name)
        rows = self.wait(lambda: self.driver.find_elements(By.XPATH, path))
        found: WebElement = rows[0]
        return found

    def box(self, name: str) -> WebElement:
        """Return the box of that name in the picture, waiting for it."""
        path = BOX.format(name)
        found: WebElement = self.wait(lambda: self.driver.find_elements(By.XPATH, path))[0]
        return found

    def click_box(self, name: str) -> None:
        """Click a box in the picture; one that was just drawn anew is looked for again."""
        self.click(lambda: self.box(name))

    def names(self) -> list[str]:
        """Return the names in the tree, from the top."""
        script = """
            const rows = [...document.querySelectorAll('.ed-row')];
            const top = (row) => row.getBoundingClientRect().top;
            rows.sort((a, b) => top(a) - top(b));
            return rows.map((row) => row.querySelector('.ed-name').textContent);
        """
        found: list[str] = self.driver.execute_script(script)
        return found

    def selected(self) -> str:
        """Return the text of the row that is selected."""
        return self.find("[role=treeitem][aria-selected=true]").text

    def open_row(self, name: str) -> None:
        """Unfold a row."""
        self.select(name)
        self.keys(Keys.ARROW_RIGHT)

    def select(self, name: str) -> None:
        """Select a row."""
        self.click(lambda: self.row(name))

    def keys(self, *keys: str) -> None:
        """Press keys where the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, held: str, key: str) -> None:
        """Press a key while another one is held."""
        ActionChains(self.driver).key_down(held).send_keys(key).key_up(held).perform()

    def drag(self, name: str, target: str, where: int = ONTO) -> None:
        """Drag a row to another one and let it go there."""
        hand = ActionChains(self.driver, duration=60).click_and_hold(self.row(name))
        hand.move_by_offset(0, 8).move_to_element_with_offset(self.row(target), 0, where)
        hand.pause(0.1).release().perform()

    def press(self, css: str) -> None:
        """Press a button once it is there and can be pressed."""
        self.click(lambda: self.find(f"{css}:not(:disabled)"))

    def said(self, text: str) -> str:
        """Wait until the page says something with this text."""
        self.wait(lambda: text in self.find("#ed-said").text)
        return self.find("#ed-said").text

    def panel(self, text: str) -> None:
        """Wait until the panel shows this text."""
        self.wait(lambda: text in self.find("#ed-panel").text)

    def run(self, script: str) -> Any:
        """Return what a script of the test answers."""
        return self.driver.execute_script(script)

    def complaints(self) -> list[str]:
        """Return what the console holds."""
        entries: list[dict[str, str]] = self.driver.get_log("browser")
        return [entry["message"] for entry in entries]
