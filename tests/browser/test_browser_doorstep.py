"""On a doorstep: a thumb, a small screen, a slow network. Counted are keystrokes, taps, pixels and bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from directory.app import build as build_app
from directory.site import Site
from tests.browser.serving import Meter, listening, served
from tests.web.conftest import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CLINIC = "/services/leg-ulcer-clinic"
QUESTION = "What do you need to refer?"
CALL = "Call 01632 960146"
SHIFTED = """() => new Promise((say) => new PerformanceObserver((list) => list).observe({type: "layout-shift"}) ?? say(
    performance.getEntriesByType("layout-shift").reduce((sum, each) => sum + each.value, 0)))"""


@contextmanager
def phone(chromium: Browser, **given: object) -> Iterator[tuple[BrowserContext, Page]]:
    size = {"width": 320, "height": 568}
    context = chromium.new_context(viewport=size, has_touch=True, **given)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    with closing(context):
        yield context, context.new_page()


def test_from_home_to_dialling_in_three_keystrokes_and_two_taps(chromium: Browser, address: str) -> None:
    with phone(chromium) as (_, page):
        page.goto(address)
        page.get_by_label(QUESTION).press_sequentially("leg")
        page.get_by_role("option", name="Leg ulcer clinic").tap()
        call = page.get_by_role("link", name=CALL)
        expect(call).to_be_in_viewport(ratio=1)
        expect(call).to_have_attribute("href", "tel:01632960146")


def test_a_favourite_is_on_the_first_page_and_added_from_the_answer(
    chromium: Browser, standing: tuple[Site, str]
) -> None:
    site, address = standing
    token = signed_in(site, "dora@northmoor.example").cookies["signpost-session"]
    with phone(chromium, java_script_enabled=False) as (context, page):
        context.add_cookies([{"name": "signpost-session", "value": token, "url": address}])
        page.goto(f"{address}/find?q=leg+ulcer")
        page.get_by_role("button", name="Add to my services").tap()
        expect(page).to_have_url(f"{address}/find?q=leg+ulcer")
        expect(page.get_by_role("link", name="One of your services")).to_be_visible()
        page.goto(address)
        call = page.get_by_role("link", name=CALL)
        expect(call).to_be_in_viewport(ratio=1)
        expect(call).to_have_attribute("href", "tel:01632960146")


@pytest.mark.parametrize("path", ["/find?q=leg+ulcer", CLINIC])
def test_the_call_button_ends_within_the_first_300_pixels_and_nothing_moves(
    chromium: Browser, address: str, path: str
) -> None:
    with phone(chromium) as (_, page):
        page.goto(address + path)
        box = page.get_by_role("link", name=CALL).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 300
        assert page.evaluate(SHIFTED) == 0


def test_a_number_is_copied_and_an_answer_shared_and_both_are_said(chromium: Browser, address: str) -> None:
    with phone(chromium, permissions=["clipboard-read", "clipboard-write"]) as (_, page):
        page.add_init_script("delete Navigator.prototype.share")
        page.goto(address + CLINIC)
        page.get_by_role("button", name="Copy 01632 960146").first.tap()
        expect(page.get_by_role("status")).to_have_text("Copied: 01632 960146")
        assert page.evaluate("navigator.clipboard.readText()") == "01632 960146"
        page.get_by_role("button", name="Share").tap()
        expect(page.get_by_role("status")).to_contain_text("Link copied")
        assert page.evaluate("navigator.clipboard.readText()") == address + CLINIC
        page.add_init_script("Navigator.prototype.share = async (given) => { window.shared = given; }")
        page.goto(address + CLINIC)
        page.get_by_role("button", name="Share").tap()
        assert page.evaluate("window.shared") == {"title": "Leg ulcer clinic", "url": address + CLINIC}


def test_what_needs_a_script_is_not_offered_without_one(chromium: Browser, address: str) -> None:
    with phone(chromium, java_script_enabled=False) as (_, page):
        page.goto(address + CLINIC)
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        expect(page.get_by_role("button", name="Share")).to_have_count(0)
        expect(page.get_by_role("link", name="Print")).to_be_visible()


def test_suggestions_go_by_the_keyboard(chromium: Browser, address: str) -> None:
    with phone(chromium) as (_, page):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/suggest" in request.url else None)
        page.goto(address)
        question = page.get_by_role("combobox", name=QUESTION)
        question.press_sequentially("le")
        expect(question).to_have_attribute("aria-expanded", "false")
        assert asked == []
        question.press("g")
        options = page.get_by_role("option")
        expect(options.first).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("3 suggestions")
        assert options.count() <= 8
        question.press("ArrowDown")
        question.press("ArrowDown")
        expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        expect(question).to_have_attribute("aria-activedescendant", "suggested-1")
        question.press("ArrowUp")
        question.press("ArrowUp")
        assert question.get_attribute("aria-activedescendant") is None
        question.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        question.press("Escape")
        expect(question).to_have_attribute("aria-expanded", "false")
        expect(question).to_have_value("leg")
        question.press("Space")
        question.press("u")
        expect(options.first).to_be_visible()
        question.press("ArrowDown")
        question.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Leg ulcer clinic")


def test_an_answer_is_small_and_smaller_the_second_time(chromium: Browser, standing: tuple[Site, str]) -> None:
    """All that the server sends, to the page and to its worker, with heads."""
    site, _ = standing
    meter = Meter(build_app(site))
    with listening() as port, served(meter, port), phone(chromium) as (_, page):
        here = f"http://127.0.0.1:{port.getsockname()[1]}"
        page.goto(f"{here}/find?q=leg+ulcer")
        page.evaluate(WHOLE)
        assert {"/find", "/worker.js", "/offline", f"{CLINIC}/offline"} <= set(meter.sent)
        assert sum(meter.sent.values()) <= 30_000, meter.sent
        meter.sent.clear()
        page.goto(f"{here}/find?q=leg+ulcer")
        page.evaluate(WHOLE)
        assert "/find" in meter.sent
        assert sum(meter.sent.values()) <= 4_000, meter.sent


# Until the answer is kept, and kept again: its worker has nothing more to ask then.
WHOLE = f"""async () => {{
    await navigator.serviceWorker.ready;
    while (!(await (await caches.open("seen")).match("{CLINIC}"))) await new Promise((go) => setTimeout(go, 20));
}}"""
