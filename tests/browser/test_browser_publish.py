"""Publishing on a phone and without scripts, where it is not the straight way: the session ends, a service ends.

The straight way, with every screen counted, is in `test_browser_handing_over`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from directory.store import changes
from tests.browser.filming import Film
from tests.browser.test_browser_sign_in import Served, directory, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def at(_sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    with directory(_sqlite_template, tmp_path) as served:
        yield served


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    made.set_default_timeout(10_000)
    with closing(made):
        yield made


def test_the_session_ends_midway_and_nothing_typed_is_lost(context: BrowserContext, at: Served) -> None:
    page = context.new_page()
    sign_in(page, at)
    page.goto(f"{at.address}/services/leg-ulcer-clinic")
    film = Film(page, "session-ends-390")
    film.press("Publish a change")
    film.on("What changes?")
    film.choose("Hours")
    film.press("Save and go on")
    # The return key saves, and presses none of the buttons on the way.
    film.write("Hours", "Mo-Fr 09:00-17:00")
    page.keyboard.press("Enter")
    film.on("From which day does it hold?")
    page.locator("#when-today").check()
    film.press("Save and go on")
    film.write("What to do", "Ring the desk.\n\nNot <before> nine & not after five.")
    context.clear_cookies()
    film.press("Save and go on")
    film.on("Sign in again to go on")
    beside = context.new_page()
    sign_in(beside, at)
    beside.close()
    film.press("Send what I typed")
    film.on("Who will be told")
    film.press("Go on")
    film.press("Go on")
    film.press("Publish")
    film.on("Published as change")
    with at.site.database.read() as connection:
        made = changes.load(connection, changes.read_head(connection).number)
    assert made.what_to_do == "Ring the desk.\n\nNot <before> nine & not after five."


def test_the_pages_of_what_ends_a_service_fit(context: BrowserContext, at: Served) -> None:
    page = context.new_page()
    sign_in(page, at)
    page.goto(f"{at.address}/publish")
    film = Film(page, "split-390")
    film.on("Publish a change")
    film.press("Change Leg ulcer clinic")
    film.choose("It is split by age, area or need")
    film.press("Save and go on")
    film.on("Which part goes where?")
    for name in ("Young legs", "Grown legs"):
        film.write("Name of the service", name)
        film.press("Find it")
        film.press(f"Open a new service called “{name}”")
        expect(page.get_by_role("group", name=name)).to_be_visible()
    page.get_by_role("group", name="Young legs").get_by_label("Oldest age, in years").fill("17")
    page.get_by_role("group", name="Grown legs").get_by_label("Youngest age, in years").fill("18")
    film.on("Which part goes where?")
    film.press("Save and go on")
    film.on("Young legs: the details")
