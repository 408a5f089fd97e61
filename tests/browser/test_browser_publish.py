"""Publishing a change as a lead does it, on a phone and without scripts: every screen counted, none too wide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from directory.store import services
from tests.browser.test_browser_sign_in import Served, directory, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SCREENS = 12
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def at(_sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    with directory(_sqlite_template, tmp_path) as served:
        yield served


@pytest.fixture(params=[390, 1280])
def context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": request.param, "height": 844}, java_script_enabled=False)
    made.set_default_timeout(10_000)
    with closing(made):
        yield made


class Journey:
    """Goes from screen to screen, and films and counts each."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder, self.screens = page, folder, 0

    def on(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.screens += 1
        self.page.screenshot(path=self.folder / f"{self.screens:02}.png", full_page=True)
        assert self.page.evaluate(WIDER) <= 0, f"{heading} is wider than the screen"

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()


def test_a_route_changes_from_a_day_ahead(context: BrowserContext, at: Served, tmp_path: Path) -> None:
    page = context.new_page()
    sign_in(page, at)
    day = at.site.today() + timedelta(days=30)
    page.goto(f"{at.address}/services/leg-ulcer-clinic")
    journey = Journey(page, tmp_path)
    journey.on("Leg ulcer clinic")
    journey.press("Publish a change")
    journey.on("A change to Leg ulcer clinic")
    page.get_by_role("link", name="Go on").click()
    journey.on("What changes?")
    page.get_by_label("How to refer").check()
    journey.press("Save and go on")
    journey.on("the details")
    page.locator("#referral_routes-0-method").select_option("phone")
    page.get_by_label("Address or number").fill("01632 960999")
    # The return key saves, and presses none of the buttons on the way.
    page.keyboard.press("Enter")
    journey.on("From which day does it hold?")
    page.get_by_label("On another day").check()
    page.get_by_label("The other day").fill(f"{day:%d/%m/%Y}")
    journey.press("Save and go on")
    journey.on("Why, and what to do")
    page.get_by_label("What to do", exact=True).fill("Ring the desk.")
    _session_ends(context, page, at)
    journey.on("Who will be told")
    journey.press("Go on")
    journey.on("The message, and the entry afterwards")
    expect(page.frame_locator("iframe").get_by_text("Ring the desk.")).to_be_visible()
    expect(page.locator("main ins").first).to_contain_text("Phone")
    # By the keyboard: headless Chromium loses a click just after the frame of another process was drawn.
    page.get_by_role("button", name="Go on").press("Enter")
    journey.on("Check before you publish")
    journey.press("Publish")
    journey.on("Published as change")
    assert journey.screens <= SCREENS
    with at.site.database.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=day)
    assert entry.facts.referral_routes[0].address == "01632 960999"


def _session_ends(context: BrowserContext, page: Page, at: Served) -> None:
    """Before the words are saved: they wait on the page while one signs in again beside it."""
    context.clear_cookies()
    page.get_by_role("button", name="Save and go on", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in again to go on")
    beside = context.new_page()
    sign_in(beside, at)
    beside.close()
    page.get_by_role("button", name="Send what I typed").click()


def test_the_pages_of_what_ends_a_service_fit(context: BrowserContext, at: Served, tmp_path: Path) -> None:
    page = context.new_page()
    sign_in(page, at)
    page.goto(f"{at.address}/publish")
    journey = Journey(page, tmp_path)
    journey.on("Publish a change")
    journey.press("Change Leg ulcer clinic")
    page.get_by_role("link", name="Go on").click()
    page.get_by_label("It is split by age, area or need").check()
    journey.press("Save and go on")
    journey.on("Which part goes where?")
    for name in ("Young legs", "Grown legs"):
        page.get_by_label("Name of the service").fill(name)
        journey.press("Find it")
        journey.press(f"Open a new service called “{name}”")
        expect(page.get_by_role("group", name=name)).to_be_visible()
    page.get_by_role("group", name="Young legs").get_by_label("Oldest age, in years").fill("17")
    page.get_by_role("group", name="Grown legs").get_by_label("Youngest age, in years").fill("18")
    journey.on("Which part goes where?")
    journey.press("Save and go on")
    journey.on("Young legs: the details")
