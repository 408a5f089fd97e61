"""A message for a room, in words alone: what Teams and Slack each put into their own shape."""

from __future__ import annotations

from dataclasses import dataclass

# Beyond these, a card points to the page: a room is read at a glance, and both services refuse what is long.
LONGEST_TITLE = 150
LONGEST_TEXT = 600
LONGEST_PROSE = 1_500


@dataclass(frozen=True, slots=True)
class Part:
    """Something under a heading: rows of a label and what it says, and words of people."""

    heading: str
    rows: tuple[tuple[str, str], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One message. All of it is plain text, whoever wrote it: nothing in it is meant as mark-up."""

    title: str
    parts: tuple[Part, ...]
    link: str
    link_text: str
    because: str

    def short(self) -> Card:
        """The same without its parts, for a room that refuses them."""
        return Card(self.title, (), self.link, self.link_text, self.because)


def cut(text: str, longest: int) -> str:
    """A text of at most so many characters, with a sign where something is missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
