"""Filters change what is listed in place: the address, the focus and what is said go with it, and back goes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_browser_offline import CLINIC, HAS_KEPT, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NARROW = "Narrow by area, setting or date, or see distances"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with closing(chromium.new_context(viewport={"width": 390, "height": 844})) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def is_same_document(page: Page) -> bool:
    """Whether nothing was loaded anew since `mark`."""
    return bool(page.evaluate("window.marked === true"))


def test_an_answer_is_narrowed_in_place_and_back_goes_back(page: Page, address: str) -> None:
    page.goto(f"{address}/find?q=leg+ulcer&as_of=2025-04-01")
    page.evaluate("window.marked = true")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Leg club")
    page.get_by_label("Who handled it on").fill("")
    page.get_by_label("Setting").select_option("community")
    page.get_by_role("button", name="Find again").click()
    expect(page).to_have_url(f"{address}/find?q=leg+ulcer&setting=community")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_be_focused()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ services? found$"))
    expect(page.get_by_label("Setting")).to_have_value("community")
    page.get_by_role("link", name="Remove Setting").click()
    expect(page).to_have_url(f"{address}/find?q=leg+ulcer")
    expect(heading).to_contain_text("Leg ulcer clinic")
    # The worker is told of the answer that is shown now.
    until(page, HAS_KEPT, ["seen", CLINIC])
    for _ in range(2):
        page.go_back()
    expect(heading).to_contain_text("Leg club")
    expect(page.get_by_label("Who handled it on")).to_have_value("2025-04-01")
    page.go_forward()
    expect(page.get_by_label("Setting")).to_have_value("community")
    assert is_same_document(page)


def test_what_is_wrong_is_said_and_has_the_focus(page: Page, address: str) -> None:
    page.goto(f"{address}/find?q=leg")
    page.evaluate("window.marked = true")
    page.get_by_text(NARROW).click()
    page.get_by_label("Who handled it on").fill("31/2/2025")
    page.get_by_label("Who handled it on").press("Enter")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    assert is_same_document(page)


def test_the_list_of_changes_is_narrowed_in_place(page: Page, address: str) -> None:
    page.goto(f"{address}/changes")
    page.evaluate("window.marked = true")
    page.get_by_label("What changes").select_option("closed")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{address}/changes?kind=closed")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ changes? shown$"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert is_same_document(page)


def test_without_an_answer_the_browser_goes_there_as_it_would(page: Page, address: str) -> None:
    page.goto(f"{address}/changes")
    page.evaluate("window.marked = true")
    page.route(
        lambda url: "kind=" in url,
        lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_(),
    )
    page.get_by_label("What changes").select_option("closed")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{address}/changes?kind=closed")
    expect(page.get_by_label("What changes")).to_have_value("closed")
    assert not is_same_document(page)
