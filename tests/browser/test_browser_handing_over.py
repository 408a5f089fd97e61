"""A service changes hands and its referral route from a day ahead: one lead publishes, another accepts, the day comes.

Filmed on a phone without scripts and at a desk; see `filming`. The clock is the test's own, handed to the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from directory.actions.follow import follow_index
from directory.actions.people import subscribe_person
from directory.outbound.folder import StoredMail, read_folder
from directory.store import people
from directory.worker import Worker
from tests import build
from tests.browser.filming import Film
from tests.browser.test_browser_sign_in import LEE, Served, directory

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SCREENS, SECONDS = 12, 600
DEE, NURSE = "dee@northmoor.example", "nurse@northmoor.example"
DAY = date(2026, 12, 10)
WHY = "Most of the people who come are on the district nurses' list already, and were seen twice for the same wound."
WHAT_TO_DO = (
    "From 10 December ring the district nurses' desk, Monday to Friday from 9 to 5. Have the Doppler reading at hand. "
    "The old mailbox is read until the end of January."
)
IN_FLIGHT = "Everybody who has a date keeps it. The Tissue Viability Team passes on what arrives after 10 December."


class Town:
    """A served directory at an hour of the test's choosing, with its worker, and the mail that it sends."""

    def __init__(self, served: Served) -> None:
        self.site, self.address = served.site, served.address
        self.comes(build.NOON)
        with self.site.database.write() as connection:
            dee = people.add(connection, email=DEE, name="Dee Marsh", editor=False, at=build.NOON)
            people.join(connection, person_id=dee, team_id="district-nursing", role="lead", at=build.NOON)
        subscribe_person(
            self.site.database,
            email=NURSE,
            criteria={"service": ["leg-ulcer-clinic"]},
            frequency="immediately",
            at=build.NOON,
            today=build.TODAY,
        )
        # As `serve` does it; the worker would make the index anew in a process of its own.
        follow_index(self.site.database, self.site.engine, today=self.site.today())

    def comes(self, at: datetime) -> None:
        self.site.clock = lambda: at

    def works(self) -> None:
        assert Worker(self.site).once() == 0

    def mail_to(self, email: str) -> list[StoredMail]:
        """What they have got, oldest first."""
        return [each for each in reversed(read_folder(self.site.settings.mail_folder)) if each.to == email]

    def link_to(self, email: str) -> tuple[StoredMail, str]:
        """Their newest message, and where its first link leads."""
        self.works()
        newest = self.mail_to(email)[-1]
        found = re.search(rf"{re.escape(self.address)}/\S+", newest.text)
        assert found, newest.text
        return newest, found[0]


@pytest.fixture
def town(_sqlite_template: Path, tmp_path: Path) -> Iterator[Town]:
    with directory(_sqlite_template, tmp_path) as served:
        yield Town(served)


def someone(chromium: Browser, width: int) -> BrowserContext:
    made = chromium.new_context(viewport={"width": width, "height": 844}, java_script_enabled=width > 600)
    made.set_default_timeout(10_000)
    return made


def signs_in(film: Film, town: Town, email: str) -> None:
    """From the page that asks to be signed in, by the link of the mail."""
    film.on("Sign in")
    film.write("Your work email address", email)
    film.press("Send me a link")
    film.on("Look at your email")
    message, link = town.link_to(email)
    reads(film, town, message)
    film.page.goto(link)
    film.on(f"Sign in as {email}")
    film.press("Sign in")


def reads(film: Film, town: Town, message: StoredMail) -> str:
    """The message as it came, beside the film's own page; what it says."""
    film.message()
    page, film.page = film.page, film.page.context.new_page()
    film.page.goto(f"{town.address}/mail/{message.name}/html")
    film.picture(f"mail {message.subject}")
    said = film.page.locator("body").inner_text()
    film.page.close()
    film.page = page
    return said


@pytest.mark.again
@pytest.mark.parametrize("width", [390, 1280])
def test_two_leads_hand_a_service_over_and_on_the_day_everything_says_so(
    chromium: Browser, town: Town, width: int
) -> None:
    with closing(someone(chromium, width)) as lee:
        film = Film(lee.new_page(), f"hands-over-{width}")
        shown = publishes(film, town)
    assert film.screens <= SCREENS
    assert film.seconds <= SECONDS
    assert told_to_the_nurse(town) == []
    with closing(someone(chromium, width)) as dee:
        accepting = Film(dee.new_page(), f"accepts-{width}")
        accepts(accepting, town)
    assert film.seconds + accepting.seconds <= SECONDS
    print(
        f"{width} px: {film.screens} screens, {film.seconds:.0f} s; then {accepting.screens}, {accepting.seconds:.0f} s"
    )
    with closing(someone(chromium, width)) as reader:
        looking = Film(reader.new_page(), f"the-day-{width}")
        it_is_said_ahead(looking, town, shown)
        town.comes(datetime.combine(DAY, time(0, 1), UTC))
        town.works()
        it_holds(looking, town)


def publishes(film: Film, town: Town) -> str:
    """From the mail that signs in to the offer that waits; the message as it was shown before."""
    film.page.goto(f"{town.address}/publish")
    signs_in(film, town, LEE)
    film.on("Publish a change")
    film.press("Change Leg ulcer clinic")
    film.on("What changes?")
    film.choose("Another team handles it")
    film.choose("How to refer")
    film.choose("Phone numbers and other contact details")
    film.press("Save and go on")
    film.on("the details")
    film.pick("Which team handles it?", "community-trust/district-nursing")
    film.pick("How", "phone")
    film.write("Address or number", "01632 960999")
    film.write("Number or address", "01632 960999")
    film.press("Save and go on")
    film.on("From which day does it hold?")
    film.choose("On another day")
    film.write("The other day", f"{DAY:%d/%m/%Y}")
    film.press("Save and go on")
    film.on("Why, and what to do")
    film.write("What to do", WHAT_TO_DO)
    film.write("Referrals already made", IN_FLIGHT)
    film.write("Why", WHY)
    film.press("Save and go on")
    film.on("Who will be told")
    said = film.page.locator("main")
    expect(said).to_contain_text("1 person")
    expect(said).to_contain_text("District Nursing has to accept it.")
    film.press("Go on")
    film.on("The message, and the entry afterwards")
    message = film.page.frame_locator("iframe")
    expect(message.get_by_text("Have the Doppler reading at hand.")).to_be_visible()
    shown = message.locator("body").inner_text()
    film.press("Go on")
    film.on("Check before you publish")
    film.press("Ask them")
    film.on("Leg ulcer clinic")
    expect(film.page.locator("main")).to_contain_text("nobody is told, before everybody has agreed")
    return shown


def accepts(film: Film, town: Town) -> None:
    message, link = town.link_to(DEE)
    assert message.subject.startswith("Please agree: ")
    reads(film, town, message)
    film.page.goto(link)
    signs_in(film, town, DEE)
    film.on("Leg ulcer clinic")
    expect(film.page.locator("main")).to_contain_text("01632 960999")
    film.press("Accept it")
    film.on("Leg ulcer clinic")
    expect(film.page.get_by_role("status")).to_contain_text("It is published.")


def it_is_said_ahead(film: Film, town: Town, shown: str) -> None:
    """Told at once, in the words that were shown before, and nothing has changed yet."""
    town.works()
    [told] = told_to_the_nurse(town)
    assert told.subject.startswith("From 10 December 2026: ")
    # Why one gets it, and how to stop it, is each reader's own.
    assert reads(film, town, told).partition("Why you get this")[0] == shown.partition("Why you get this")[0] != ""
    assert handled_by(film, town) == "Tissue Viability Team"
    film.page.goto(f"{town.address}/services/leg-ulcer-clinic")
    film.on("Leg ulcer clinic")
    expect(film.page.locator("main")).to_contain_text("From 10 December 2026")
    assert entry_of(town)["owner"]["team"]["slug"] == "tissue-viability"
    assert "district-nursing" not in entry_file(town)


def it_holds(film: Film, town: Town) -> None:
    """On the day, by nobody's doing: search, the page, the feed, the mail, the files."""
    assert handled_by(film, town) == "District Nursing"
    expect(film.page.get_by_role("link", name="Call 01632 960999")).to_be_visible()
    film.page.goto(f"{town.address}/services/leg-ulcer-clinic")
    film.on("Leg ulcer clinic")
    expect(film.page.get_by_text("Handled by")).to_contain_text("District Nursing")
    film.page.goto(f"{town.address}/changes")
    film.on("Changes")
    entry = entry_of(town)
    assert entry["owner"]["team"]["slug"] == "district-nursing"
    assert entry["referral_routes"][0]["address"] == "01632 960999"
    with httpx.Client(base_url=town.address) as client:
        newest = client.get("/api/v1/changes", params={"after": 5}).json()["items"][-1]
        feed = feedparser.parse(client.get("/services/leg-ulcer-clinic/changes.atom").content)
    assert (newest["effective_from"], newest["services"][0]["slug"]) == ("2026-12-10", "leg-ulcer-clinic")
    assert not feed.bozo
    assert feed.entries[0].link == f"{town.address}/changes/{newest['number']}"
    assert "This is now in force, from 10 December 2026." in feed.entries[0].summary
    assert feed.entries[0].updated == "2026-12-10T00:00:00Z"
    _, told = told_to_the_nurse(town)
    assert told.subject.startswith("From today, 10 December 2026: "), told.subject
    reads(film, town, told)
    assert "district-nursing" in entry_file(town)
    [record] = (town.site.settings.content / "changes" / "2026").glob(f"{newest['number']:06}-*.md")
    assert WHY in record.read_text()


def told_to_the_nurse(town: Town) -> list[StoredMail]:
    """What the nurse was told of this change; the clinic has others."""
    return [each for each in town.mail_to(NURSE) if "01632 960999" in each.text]


def handled_by(film: Film, town: Town) -> str:
    """The answer to the question, as a nurse reads it."""
    film.page.goto(f"{town.address}/find?q=leg+ulcer")
    film.on("Leg ulcer clinic")
    said = film.page.get_by_text("Handled by").inner_text()
    found = re.search(r"Handled by (\w+ \w+(?: Team)?)", said)
    assert found, said
    return found[1]


def entry_of(town: Town) -> dict[str, Any]:
    with httpx.Client(base_url=town.address) as client:
        found: dict[str, Any] = client.get("/api/v1/services/leg-ulcer-clinic").json()
    return found


def entry_file(town: Town) -> str:
    return (town.site.settings.content / "services" / "leg-ulcer-clinic.md").read_text()
