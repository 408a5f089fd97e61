"""Signing in as a person does it, in a browser: from a mail, with one's organisation, with a passkey; and out."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from directory.app import build as build_app
from directory.notify.post import send_letters
from directory.outbound.folder import FolderMailer, read_folder
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store import people
from directory.store.database import Database
from directory.worker import letterhead
from tests.browser.serving import listening, served
from tests.web import world

with warnings.catch_warnings():
    # It imports a part of Authlib that Authlib is about to leave.
    warnings.simplefilter("ignore")
    import oidc_provider_mock

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LEE = "lee@northmoor.example"


@dataclass
class Served:
    """A directory with a lead in it, and the mail that it sends."""

    site: Site
    address: str

    def mail_to(self, email: str) -> str:
        folder = self.site.settings.mail_folder
        send_letters(
            self.site.database,
            FolderMailer(folder),
            letterhead=letterhead(self.site.settings),
            clock=self.site.now,
        )
        return next(each.text for each in read_folder(folder) if each.to == email)


Opened = Callable[..., AbstractContextManager[Served]]


@contextmanager
def directory(template: Path, home: Path, **given: str) -> Iterator[Served]:
    with listening() as port:
        # A passkey needs a name: browsers do not take an address for one.
        address = f"http://localhost:{port.getsockname()[1]}"
        shutil.copy(template, home / "signpost.db")
        names = {"SIGNPOST_HOME": str(home), "SIGNPOST_BASE_URL": address} | given
        settings = load(names)
        site = Site(settings, Database(settings.database_url), WhooshEngine(settings.index_folder))
        world.fill(site.database)
        with site.database.write() as connection:
            lee = people.add(connection, email=LEE, name="Lee Fenn", editor=False, at=site.now())
            people.join(connection, person_id=lee, team_id="tissue-viability", role="lead", at=site.now())
        with served(build_app(site), port):
            yield Served(site, address)
        site.close()


@pytest.fixture
def opened(_sqlite_template: Path, tmp_path: Path) -> Opened:
    """Serves a directory with these settings."""
    return partial(directory, _sqlite_template, tmp_path)


@pytest.fixture
def at(opened: Opened) -> Iterator[Served]:
    with opened() as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 390, "height": 844})
    made.set_default_timeout(10_000)
    yield made
    made.close()


def sign_in(page: Page, at: Served, *, email: str = LEE) -> None:
    """From wherever the browser is: ask, open the link of the mail in the same browser, press the button."""
    page.goto(f"{at.address}/sign-in")
    page.get_by_label("Your work email address").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look at your email")
    link = re.search(r"http://localhost\S+", at.mail_to(email))
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("header")).to_contain_text("Sign out")


def test_from_a_mail_and_out_again(context: BrowserContext, at: Served) -> None:
    page = context.new_page()
    sign_in(page, at)
    page.goto(f"{at.address}/account")
    expect(page.locator("main")).to_contain_text("Tissue Viability Team, lead")
    kept = {cookie["name"]: cookie for cookie in context.cookies()}
    assert kept["signpost-session"]["httpOnly"]
    assert kept["signpost-session"]["sameSite"] == "Lax"
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    assert "signpost-session" not in {cookie["name"] for cookie in context.cookies()}
    page.go_back()
    assert "Tissue Viability" not in page.locator("main").inner_text()


def test_without_a_relay_from_the_page_that_shows_mail(context: BrowserContext, at: Served) -> None:
    page = context.new_page()
    page.goto(f"{at.address}/sign-in")
    page.get_by_label("Your work email address").fill(LEE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look at your email")
    at.mail_to(LEE)
    page.get_by_role("link", name="Mail").click()
    page.get_by_role("link", name="Sign in to Signpost").click()
    with context.expect_page() as opening:
        page.frame_locator("iframe").get_by_role("link", name="Sign in").click()
    beside = opening.value
    beside.get_by_role("button", name="Sign in", exact=True).click()
    expect(beside.locator("header")).to_contain_text("Sign out")


def test_by_the_code_where_it_was_asked(context: BrowserContext, at: Served) -> None:
    page = context.new_page()
    page.goto(f"{at.address}/changes")
    page.goto(f"{at.address}/sign-in?next=/changes")
    page.get_by_label("Your work email address").fill(LEE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look at your email")
    code = re.search(r"^\d{4} \d{4}$", at.mail_to(LEE), re.MULTILINE)
    assert code
    page.get_by_label("Code from the message").fill(code[0])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{at.address}/changes")


def test_reading_can_need_sign_in(chromium: Browser, opened: Opened) -> None:
    with opened(SIGNPOST_READING="signed-in") as at:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{at.address}/services/leg-ulcer-clinic?x=1")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.get_by_label("Your work email address").fill(LEE)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Look at your email")
        code = re.search(r"^\d{4} \d{4}$", at.mail_to(LEE), re.MULTILINE)
        assert code
        page.get_by_label("Code from the message").fill(code[0])
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Leg ulcer clinic")
        context.close()


# The provider's own library warns of what it will leave behind.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_with_ones_organisation(chromium: Browser, opened: Opened) -> None:
    user = oidc_provider_mock.User(sub="lee-1", claims={"email": LEE, "email_verified": True})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as provider:
        given = {
            "SIGNPOST_OIDC_ISSUER": f"http://localhost:{provider.server_port}",
            "SIGNPOST_OIDC_CLIENT_ID": "signpost",
            "SIGNPOST_OIDC_CLIENT_SECRET": "secret",
            "SIGNPOST_OIDC_NAME": "Northmoor account",
        }
        with opened(**given) as at:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(f"{at.address}/sign-in?next=/account")
            page.get_by_role("link", name="Sign in with Northmoor account").click()
            page.get_by_role("button", name="lee-1").first.click()
            page.wait_for_url(f"{at.address}/account")
            expect(page.locator("main")).to_contain_text(LEE)
            page.goto(f"{at.address}/sign-in/openid")
            page.get_by_role("button", name="Deny").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("You could not be signed in")
            context.close()


def test_with_a_passkey_as_a_second_step(chromium: Browser, opened: Opened) -> None:
    with opened(SIGNPOST_PASSKEYS="required") as at:
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        device = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
        sign_in(page, at)
        page.goto(f"{at.address}/step-up?next=/changes")
        expect(page.locator("main")).to_contain_text("You have none yet")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("What you call it").fill("Ward laptop")
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url(f"{at.address}/changes")
        assert "Ward laptop" in at.mail_to(LEE)
        page.goto(f"{at.address}/account/passkeys")
        expect(page.locator("main")).to_contain_text("Ward laptop")
        page.goto(f"{at.address}/step-up?next=/account")
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url(f"{at.address}/account")
        # A device that does not know its owner is not enough.
        devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        page.goto(f"{at.address}/step-up?next=/account")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("That did not work")).to_be_visible()
        assert complaints == []
        context.close()
