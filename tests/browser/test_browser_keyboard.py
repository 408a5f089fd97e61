"""The keyboard alone reaches everything that can be pressed, in the order of the page, and shows where it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from directory.site import Site
from tests.web.conftest import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# What has most on it; the others are tried where time is not short.
PATHS = ("/find?q=leg+ulcer", "/manage")
MORE = ("/", "/services/leg-ulcer-clinic", "/changes/4", "/changes", "/publish", "/account")
# How each thing that can be reached looks before, in the order of the page; of radio buttons of one name, one.
PREPARE = """() => {
  window.look = each => {
    const style = getComputedStyle(each), near = getComputedStyle(each.nextElementSibling || each, '::before');
    return [style.outline, style.boxShadow, style.backgroundColor, style.borderColor, near.boxShadow].join() };
  const names = new Set(), named = each => !names.has(each.name) && names.add(each.name);
  const kinds = 'a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, summary';
  return [...document.querySelectorAll(kinds)].filter(each => each.checkVisibility({visibilityProperty: true}))
    .filter(each => each.type !== 'radio' || named(each))
    .map((each, at) => { each.dataset.at = at; return window.look(each) }) }"""
NOW = """() => {
  const each = document.activeElement, box = each.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight;
  return {at: Number(each.dataset.at ?? -1), seen, look: window.look(each)} }"""


@pytest.fixture(scope="module")
def page(chromium: Browser, standing: tuple[Site, str]) -> Iterator[Page]:
    site, address = standing
    editor = signed_in(site, "keys@northmoor.example", editor=True)
    with closing(chromium.new_context(viewport={"width": 1280, "height": 844})) as context:
        token = editor.cookies["signpost-session"]
        context.add_cookies([{"name": "signpost-session", "value": token, "url": address}])
        yield context.new_page()


@pytest.mark.parametrize("path", [*PATHS, *(pytest.param(path, marks=pytest.mark.again) for path in MORE)])
def test_tab_goes_through_everything_and_shows_where_it_is(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    before = page.evaluate(PREPARE)
    reached: list[dict[str, Any]] = []
    for _ in before:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(NOW))
    assert [now["at"] for now in reached] == list(range(len(before)))
    assert [now["at"] for now in reached if not now["seen"]] == []
    assert [now["at"] for now, look in zip(reached, before, strict=True) if now["look"] == look] == []
    assert len(before) > 8


def test_the_first_press_leads_past_the_menu(page: Page, address: str) -> None:
    page.goto(f"{address}/changes")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "maincontent"
