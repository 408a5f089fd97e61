"""No page breaks a rule that a machine can check (axe-core, every rule), on a phone and at a desk; nor the house's own.

axe-core comes in a package of its own, pinned with the others; nothing of it is kept here, and nothing is skipped.
Those of the house (`manners`): nothing sideways at 320 pixels, 44 pixels to press, no other host, nothing inline.
"""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from directory.actions.follow import follow_index
from directory.app import build as build_app
from directory.domain.change import Edit
from directory.domain.service import ReferralRoute
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from tests import build
from tests.browser.manners import Manners
from tests.browser.serving import listening, served
from tests.web import world
from tests.web.conftest import TestClient
from tests.web.furnished import Furnished

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PICTURES = Path(__file__).resolve().parents[2] / "build" / "pages"
PHONE, SMALL_PHONE, DESK = 390, 320, 1280
at_each_width = pytest.mark.parametrize(
    "width", [PHONE, *(pytest.param(width, marks=pytest.mark.again) for width in (SMALL_PHONE, DESK))]
)
RUN = "axe.run(document, {iframes: false, resultTypes: ['violations'], rules: {'color-contrast': {enabled: %s}}})"

UNSAID = """[...document.querySelectorAll("[id$='-error']")].map(each => each.id).filter(
    id => !document.querySelector(`[aria-describedby~='${id}']`))"""


@pytest.fixture(scope="module")
def furnished(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    home = tmp_path_factory.mktemp("axe")
    with listening() as port:
        address = _address(port)
        (home / "signpost.db").write_bytes(_sqlite_template.read_bytes())
        settings = load({"SIGNPOST_HOME": str(home), "SIGNPOST_BASE_URL": address})
        site = Site(settings, Database(settings.database_url), WhooshEngine(settings.index_folder), lambda: build.NOON)
        with closing(site):
            world.fill(site.database)
            routes_ = (ReferralRoute("email", "legs@northmoor.example", who="Any nurse"),)
            build.change(site.database, build.draft(Edit("night-sitting", {"referral_routes": routes_})))
            follow_index(site.database, site.engine, today=site.today())
            site.settings = settings.model_copy(update={"passkeys": "offered"})
            with served(build_app(site), port):
                yield Furnished(site, address)


def _address(port: socket.socket) -> str:
    return f"http://127.0.0.1:{port.getsockname()[1]}"


@pytest.fixture(scope="module")
def looking(chromium: Browser) -> Iterator[Page]:
    with closing(chromium.new_context(viewport={"width": 390, "height": 844})) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def violations(page: Page, width: int) -> list[str]:
    """What axe finds at a width."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    page.set_viewport_size({"width": width, "height": 844})
    # Colours are the same at every width, and dear to look at.
    result: dict[str, Any] = page.evaluate(RUN % ("true" if width == DESK else "false"))
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in result["violations"]]


def test_axe_finds_what_is_wrong(looking: Page) -> None:
    """Else all below would pass whatever the pages are like."""
    looking.set_content("<main><img src='x.png'><input></main>")
    assert {each.split(": ")[0] for each in violations(looking, PHONE)} >= {"image-alt", "label", "html-has-lang"}


@pytest.mark.again
@at_each_width
def test_no_page_has_a_violation(furnished: Furnished, looking: Page, width: int) -> None:
    found: dict[str, list[str]] = {}
    nowhere: list[str] = []
    seen = list(furnished.looked_at())
    manners = Manners(looking, furnished.address)
    for route, who, path in seen:
        _as(looking, furnished, who)
        answer = looking.goto(furnished.address + path)
        assert answer is not None
        # No message, no such link: the two that lead to a page that says so.
        if answer.status not in ((403, 404) if path.endswith("/none") else (200, 409)):
            nowhere.append(f"{route}: {answer.status}")
        assert looking.url == furnished.address + path, f"{route} leads on to {looking.url}"
        if broken := [*manners.faults(), *violations(looking, width)]:
            found[path] = broken
    assert nowhere == [], "say in `_ways` what there is to see"
    assert found == {}
    assert len(seen) >= 35
    assert manners.requests >= 2 * len(seen)


# What readers see: the drawings, the answer and the record each day, the others where time is not short.
DRAWN = ("/services/dietetics", "/find?q=leg+ulcer", "/changes/4")
READ = (
    "/", "/find?q=zzzz", "/find?q=dietetics&as_of=2025-01-01", "/services/leg-ulcer-clinic/history",
    "/services/leg-ulcer-clinic", "/services/leg-ulcer-clinic/as-of/2025-01-01", "/services/leg-ulcer-clinic/print",
    "/services/night-sitting", "/changes", "/pages", "/pages/leg-wound", "/pages/leg-wound/history", "/mail",
    "/teams/tissue-viability", "/organisations/community-trust", "/offline", "/accessibility", "/privacy", "/api",
    "/nowhere",
)  # fmt: skip


@pytest.mark.parametrize("width", [DESK, pytest.param(PHONE, marks=pytest.mark.again)])
@pytest.mark.parametrize("paths", [DRAWN, pytest.param(READ, marks=pytest.mark.again)], ids=["drawn", "read"])
def test_no_page_for_readers_has_a_violation(
    furnished: Furnished, looking: Page, width: int, paths: tuple[str, ...]
) -> None:
    looking.context.clear_cookies()
    found = {}
    manners = Manners(looking, furnished.address)
    for path in paths:
        looking.goto(furnished.address + path)
        if broken := [*manners.faults(), *violations(looking, width)]:
            found[path] = broken
    assert found == {}


@pytest.mark.again
@pytest.mark.parametrize("width", [SMALL_PHONE, DESK])
def test_no_page_has_a_violation_where_no_script_comes(furnished: Furnished, chromium: Browser, width: int) -> None:
    """Where scripts are off axe would not run either."""
    found: dict[str, list[str]] = {}
    with closing(chromium.new_context(service_workers="block")) as context:
        context.route(lambda url: ".js" in url, lambda route: route.abort())
        page = context.new_page()
        for path in (*DRAWN, *READ):
            page.goto(furnished.address + path)
            if broken := violations(page, width):
                found[path] = broken
        for _, who, path in furnished.looked_at():
            _as(page, furnished, who)
            page.goto(furnished.address + path)
            if broken := violations(page, width):
                found[path] = broken
    assert found == {}


@pytest.mark.again
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_has_its_picture(furnished: Furnished, looking: Page, width: int) -> None:
    """To be looked at by a person: build/pages."""
    looking.set_viewport_size({"width": width, "height": 844})
    album = PICTURES / str(width)
    shutil.rmtree(album, ignore_errors=True)
    pages = [(path, furnished.stranger, path) for path in (*DRAWN, *READ)] + list(furnished.looked_at())
    for route, who, path in pages:
        _as(looking, furnished, who)
        looking.goto(furnished.address + path)
        name = re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-") or "home"
        # The page of the API is longer than a picture can be.
        looking.screenshot(path=album / f"{name}.png", full_page=path != "/api")
    assert len(list(album.iterdir())) == len({route for route, _, _ in pages})


@at_each_width
def test_no_form_that_comes_back_has_a_violation(furnished: Furnished, looking: Page, width: int) -> None:
    found: dict[str, list[str]] = {}
    for who, path, typed in furnished.wrong():
        answer = who.post(path, data=typed)
        assert answer.status_code == 422, path
        looking.goto(f"{furnished.address}/privacy")
        looking.set_content(answer.text)
        # What is wrong is said with the field that it is said of, also to those who do not see it.
        alone = [f"nobody says {each}" for each in looking.evaluate(UNSAID)]
        if broken := [*alone, *violations(looking, width)]:
            found[path] = broken
    assert found == {}


def _as(page: Page, furnished: Furnished, who: TestClient) -> None:
    """The browser's session is that of this person."""
    page.context.clear_cookies()
    if token := who.cookies.get("signpost-session"):
        page.context.add_cookies([{"name": "signpost-session", "value": token, "url": furnished.address}])


def test_the_answer_is_read_in_welsh_on_a_phone(furnished: Furnished, looking: Page) -> None:
    looking.set_viewport_size({"width": PHONE, "height": 844})
    looking.goto(f"{furnished.address}/find?q=leg+ulcer+clinic")
    looking.get_by_role("button", name="Cymraeg").click()
    looking.wait_for_selector("html[lang=cy]", state="attached")
    assert looking.get_by_text("Sut i atgyfeirio").is_visible()
    assert "q=leg+ulcer+clinic" in looking.url
    assert violations(looking, PHONE) == []
    assert looking.evaluate("document.documentElement.scrollWidth") <= PHONE
    looking.get_by_role("complementary").get_by_role("button", name="English").click()
    looking.wait_for_selector("html[lang=en]", state="attached")
    assert looking.get_by_text("How to refer").is_visible()
