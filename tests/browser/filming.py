"""A journey as it is filmed: a picture of every screen, their number, and the time that it takes at a person's pace.

The pace is a keystroke-level model, slow on purpose: reading a screen and finding what to press on it, finding and
pointing at each field, typing at 40 words a minute (of five letters), and fetching and reading each message.
The pictures are in build/journeys, a folder of their own for each journey and width.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SECONDS_A_SCREEN = 10.0
SECONDS_A_FIELD = 3.0
SECONDS_A_LETTER = 60 / (40 * 5)
SECONDS_A_MESSAGE = 30.0
FILMS = Path(__file__).resolve().parents[2] / "build" / "journeys"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Film:
    """Goes from screen to screen with one page at a time; counts what a person would do there."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.folder = page, FILMS / name
        self.screens, self.pictures, self.seconds = 0, 0, 0.0
        shutil.rmtree(self.folder, ignore_errors=True)

    def on(self, heading: str) -> None:
        """A screen of Signpost, which must fit."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.screens += 1
        self.seconds += SECONDS_A_SCREEN
        self.picture(heading)
        assert self.page.evaluate(WIDER) <= 0, f"{heading} is wider than the screen"

    def picture(self, name: str) -> None:
        self.pictures += 1
        for frame in self.page.locator("iframe").all():
            # What was never on the screen is not drawn.
            frame.scroll_into_view_if_needed()
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.page.screenshot(path=self.folder / f"{self.pictures:02}-{slug}.png", full_page=True)

    def message(self) -> None:
        """A message is fetched and read, in whatever reads mail."""
        self.seconds += SECONDS_A_MESSAGE

    def choose(self, label: str) -> None:
        self.seconds += SECONDS_A_FIELD
        self.page.get_by_label(label, exact=True).check()

    def pick(self, label: str, value: str) -> None:
        self.seconds += SECONDS_A_FIELD
        self._field(label).select_option(value)

    def write(self, label: str, text: str) -> None:
        self.seconds += SECONDS_A_FIELD + SECONDS_A_LETTER * len(text)
        self._field(label).fill(text)

    def press(self, name: str) -> None:
        """By the keyboard: headless Chromium loses a click just after the frame of another process was drawn."""
        self.page.get_by_role("button", name=name, exact=True).first.press("Enter")

    def _field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True).first
