"""Without signal: what was seen is there, says how old it is and warns; what was not is not; signing out clears it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from directory.app import build as build_app
from directory.site import Site
from tests.browser.serving import Mute, listening, served
from tests.web.conftest import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CLINIC = "/services/leg-ulcer-clinic"
STAMP = re.compile(r"as of \d{1,2} [A-Z][a-z]+ \d{4}, \d{1,2}(:\d\d)?[ap]m")
KEPT = """(async (name) => (await caches.has(name))
    ? (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname) : [])"""
HAS_KEPT = f"async ([name, path]) => (await {KEPT}(name)).includes(path)"
COUNTS = f"async ([name, number]) => (await {KEPT}(name)).length === number"
# The day on which a change comes, in what is kept.
MOVE = """async ([path, day]) => {
    const cache = await caches.open("seen"), kept = await cache.match(path), html = await kept.text();
    const moved = html.replace(/data-from="[^"]*"/, `data-from="${day}"`);
    await cache.put(path, new Response(moved, { headers: kept.headers }));
}"""


@contextmanager
def phone(chromium: Browser) -> Iterator[tuple[BrowserContext, Page]]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.set_default_timeout(10_000)
    with closing(context):
        yield context, context.new_page()


def until(page: Page, said: str, given: list[object]) -> None:
    """Wait for what is kept to be as a function says: the worker says nothing when it is done."""
    page.evaluate(
        f"async (given) => {{ while (!await ({said})(given)) await new Promise((go) => setTimeout(go, 20)); }}", given
    )


def see(page: Page, address: str, path: str, *, name: str = "seen", entry: str = "") -> None:
    """Look at a page, until what it shows is kept."""
    page.goto(address + path)
    until(page, HAS_KEPT, [name, entry or path])


def test_what_was_seen_is_there_without_signal_and_says_as_of_when(chromium: Browser, address: str) -> None:
    with phone(chromium) as (context, page):
        see(page, address, CLINIC)
        assert page.get_by_text("Offline copy").count() == 0
        context.set_offline(True)
        page.goto(address + CLINIC)
        expect(page.get_by_role("heading", level=1)).to_have_text("Leg ulcer clinic")
        expect(page.get_by_text("Offline copy")).to_be_visible()
        expect(page.locator(".app-banner")).to_contain_text(STAMP)
        expect(page.get_by_role("link", name="Call 01632 960146")).to_have_attribute("href", "tel:01632960146")
        assert page.locator("form[method=post]").count() == 0
        for day, warned in (("2999-01-01", False), ("2000-01-01", True)):
            page.evaluate(MOVE, [CLINIC, day])
            page.reload()
            expect(page.get_by_role("heading", name="This copy is out of date")).to_have_count(int(warned))
        context.set_offline(False)
        page.goto(address + CLINIC)
        assert page.get_by_text("Offline copy").count() == 0


def test_a_network_that_never_answers_is_no_signal_either(
    chromium: Browser, standing: tuple[Site, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("directory.web.offline.PATIENCE", 1_000)
    mute = Mute(build_app(standing[0]))
    with listening() as port, served(mute, port), phone(chromium) as (_, page):
        address = f"http://127.0.0.1:{port.getsockname()[1]}"
        see(page, address, CLINIC)
        mute.is_mute = True
        page.goto(address + CLINIC)
        expect(page.get_by_text("Offline copy")).to_be_visible()
        expect(page.get_by_role("link", name="Call 01632 960146")).to_be_visible()
        page.goto(f"{address}/find?q=leg")
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no signal")
        # It leads to what was asked for.
        expect(page.get_by_role("link", name="Try again")).to_have_attribute("href", f"{address}/find?q=leg")
        mute.is_mute = False


def test_an_answer_is_kept_and_a_question_finds_it_among_what_is_kept(chromium: Browser, address: str) -> None:
    with phone(chromium) as (context, page):
        see(page, address, "/find?q=leg+ulcer", entry=CLINIC)
        see(page, address, "/services/adult-dietetics")
        see(page, address, "/services/night-sitting")
        context.set_offline(True)
        page.goto(f"{address}/find?q=LEG")
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no signal")
        expect(page.get_by_role("heading", level=3)).to_have_text(["Leg ulcer clinic"])
        expect(page.get_by_text("Kept services that say “LEG”")).to_be_visible()
        expect(page.get_by_text("Nothing of that kind is kept")).to_be_hidden()
        expect(page.get_by_role("link", name="Call 01632 960146")).to_be_visible()
        expect(page.get_by_text(STAMP)).to_be_visible()
        page.goto(f"{address}/find?q=dentist")
        expect(page.get_by_text("Nothing of that kind is kept")).to_be_visible()
        page.goto(f"{address}/services/never-seen")
        expect(page.get_by_role("heading", level=3)).to_have_text(
            ["Night sitting Closed", "Adult dietetics", "Leg ulcer clinic"]
        )
        expect(page.get_by_role("link", name="Night sitting", exact=True)).to_be_visible()
        expect(page.get_by_text("Kept services that say")).to_be_hidden()


def test_the_last_thirty_are_kept(chromium: Browser, address: str) -> None:
    with phone(chromium) as (_, page):
        see(page, address, CLINIC)
        fill = """async () => { const cache = await caches.open("seen");
            for (let i = 0; i < 30; i++) await cache.put(`/services/s${i}`, new Response("")); }"""
        page.evaluate(fill)
        see(page, address, "/services/night-sitting")
        until(page, COUNTS, ["seen", 30])
        kept = page.evaluate(KEPT, "seen")
        assert kept == [*(f"/services/s{each}" for each in range(1, 30)), "/services/night-sitting"]


def test_ones_own_are_kept_with_the_first_page_and_gone_with_signing_out(
    chromium: Browser, standing: tuple[Site, str]
) -> None:
    site, address = standing
    nurse = signed_in(site, "nell@northmoor.example")
    nurse.post("/my/services", data={"service": "leg-ulcer-clinic"})
    with phone(chromium) as (context, page):
        token = nurse.cookies["signpost-session"]
        context.add_cookies([{"name": "signpost-session", "value": token, "url": address}])
        see(page, address, "/", name="own", entry=CLINIC)
        see(page, address, "/services/night-sitting")
        page.goto(f"{address}/account")
        context.set_offline(True)
        page.goto(address)
        expect(page.get_by_role("link", name="Call 01632 960146")).to_be_visible()
        page.goto(address + CLINIC)
        expect(page.get_by_text("Offline copy")).to_be_visible()
        assert "nell@northmoor.example" not in page.content()
        for name in page.evaluate("caches.keys()"):
            # Nothing that is shown to somebody signed in is ever in what is kept.
            paths = page.evaluate(KEPT, name)
            assert all(each.startswith(("/services/", "/static/", "/offline")) for each in paths)
        context.set_offline(False)
        page.goto(f"{address}/sign-out")
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
        until(page, COUNTS, ["own", 0])
        until(page, COUNTS, ["seen", 0])


def test_when_the_session_has_ended_ones_own_are_gone(chromium: Browser, standing: tuple[Site, str]) -> None:
    site, address = standing
    nurse = signed_in(site, "nora@northmoor.example")
    nurse.post("/my/services", data={"service": "leg-ulcer-clinic"})
    with phone(chromium) as (context, page):
        token = nurse.cookies["signpost-session"]
        context.add_cookies([{"name": "signpost-session", "value": token, "url": address}])
        see(page, address, "/", name="own", entry=CLINIC)
        context.clear_cookies()
        page.goto(address)
        until(page, COUNTS, ["own", 0])


def test_it_can_be_put_on_a_home_screen(chromium: Browser, address: str) -> None:
    with phone(chromium) as (context, page):
        page.goto(address)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        session = context.new_cdp_session(page)
        found = session.send("Page.getAppManifest")
        assert found["errors"] == []
        assert '"name":"Northmoor health directory"' in found["data"]
        errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # A test's browser keeps nothing, so nothing can be installed in it.
        assert [each["errorId"] for each in errors] == ["in-incognito"]
