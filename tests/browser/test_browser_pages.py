"""What a person does: ask on a phone, press the number, read on a narrow screen, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.manners import Manners

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATHS = (
    "/", "/find?q=leg+ulcer", "/find?q=leg&as_of=31/2/2025", "/find?q=zzzzqq", "/services/leg-ulcer-clinic",
    "/services/dietetics", "/services/hostile", "/services/hostile/history", "/services/leg-ulcer-clinic/history",
    "/services/leg-ulcer-clinic/as-of/2025-04-01", "/services/leg-ulcer-clinic/print",
    "/services/hostile/print", "/services/hostile/offline", "/offline", "/changes",
    "/changes/2", "/changes/4", "/pages", "/pages/leg-wound",
    "/teams/tissue-viability", "/organisations/community-trust", "/mail", "/accessibility", "/privacy", "/nowhere",
)  # fmt: skip


@contextmanager
def opened(chromium: Browser, *, width: int, height: int = 844, touch: bool = False) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": width, "height": height}, has_touch=touch, java_script_enabled=True
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_nurse_asks_and_sees_who_and_the_number_to_press(chromium: Browser, address: str, width: int) -> None:
    with opened(chromium, width=width) as page:
        elsewhere: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(address) else elsewhere.append(request.url))
        page.goto(address)
        page.get_by_label("What do you need to refer?").fill("leg ulcer")
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Leg ulcer clinic")
        expect(page.get_by_text("Handled by")).to_contain_text("Tissue Viability Team")
        call = page.get_by_role("link", name="Call 01632 960146")
        expect(call).to_have_attribute("href", "tel:01632960146")
        expect(call).to_be_in_viewport(ratio=1)
        assert elsewhere == []


def test_a_former_name_answers_with_the_present_service(chromium: Browser, address: str) -> None:
    with opened(chromium, width=390) as page:
        page.goto(f"{address}/find?q=leg+club")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Leg ulcer clinic")
        expect(page.get_by_role("heading", level=1)).to_contain_text("You asked for “Leg club”")


def test_on_the_smallest_screen_the_call_button_ends_high(chromium: Browser, address: str) -> None:
    with opened(chromium, width=320, height=568, touch=True) as page:
        page.goto(f"{address}/find?q=leg+ulcer")
        box = page.get_by_role("link", name="Call 01632 960146").bounding_box()
        assert box
        assert box["y"] + box["height"] <= 300
        assert box["height"] >= 44


def test_every_page_has_manners(chromium: Browser, address: str) -> None:
    with opened(chromium, width=1280) as page:
        manners, dialogs = Manners(page, address), list[str]()
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        found = {}
        for path in PATHS:
            page.goto(address + path)
            if broken := manners.faults():
                found[path] = broken
        assert found == {}
        assert dialogs == []
        assert manners.requests > 2 * len(PATHS)


def test_the_keyboard_alone_is_enough(chromium: Browser, address: str) -> None:
    with opened(chromium, width=1280) as page:
        page.goto(f"{address}/services/leg-ulcer-clinic")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
        expect(page.get_by_role("link", name="Skip to main content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.closest('main') !== null")
        assert focused
        assert page.evaluate("getComputedStyle(document.activeElement).backgroundColor") == "rgb(255, 235, 59)"


def test_two_versions_are_compared_by_a_form(chromium: Browser, address: str) -> None:
    with opened(chromium, width=390) as page:
        page.goto(f"{address}/services/leg-ulcer-clinic/history")
        page.get_by_label("First version").select_option("1")
        page.get_by_label("Second version").select_option("3")
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", name="Version 1 compared with version 3")).to_be_visible()
        expect(page.locator("section del").first).to_contain_text("District Nursing")


def test_print_leaves_out_what_paper_cannot_press(chromium: Browser, address: str) -> None:
    with opened(chromium, width=1280) as page:
        page.goto(f"{address}/services/leg-ulcer-clinic")
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()
        expect(page.get_by_text("01632 960146").first).to_be_visible()
