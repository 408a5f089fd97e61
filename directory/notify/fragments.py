"""What a message says, in pieces: what is the same for many people is put into words, and into bytes, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from directory.notify.items import Item
from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.notice import full_date

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"], default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["full_date"] = full_date
# A style sheet may be taken out on the way; a style beside its element stays. A line of code must not widen a phone.
_WRAPPED = '<pre style="white-space:pre-wrap;">'


def written(html: str) -> Markup:
    """What people wrote in Markdown, as safe HTML, so that it fits a narrow screen."""
    return Markup(html.replace("<pre>", _WRAPPED))  # noqa: S704


TEMPLATES.filters["written"] = written


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a message as text and as HTML; each ends with a line break, or is empty."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Section:
    """Items of a digest under one heading."""

    heading: str
    items: tuple[Item, ...]


def opening(subject: str) -> Fragment:
    """What stands above everything."""
    return Fragment("", _rendered("opening.html", subject=one_line(subject)))


def heading(words: str) -> Fragment:
    """The heading of a section."""
    return _both("heading", heading=words)


def entry(item: Item, *, alone: bool) -> Fragment:
    """One item; `alone` says that no other follows or precedes it in its section."""
    return _both("item", item=item, alone=alone)


def closing(unsubscribe: str, letterhead: Letterhead) -> Fragment:
    """Who sends it, and by which link its recipient stops it."""
    return _both("closing", letterhead=letterhead, unsubscribe=unsubscribe)


def fragments(
    sections: Sequence[Section], *, subject: str, unsubscribe: str, letterhead: Letterhead
) -> Iterator[Fragment]:
    """A whole message, from the top."""
    yield opening(subject)
    for section in sections:
        if section.heading:
            yield heading(section.heading)
        for item in section.items:
            yield entry(item, alone=len(section.items) == 1)
    yield closing(unsubscribe, letterhead)


def _both(template: str, **shown: Any) -> Fragment:
    return Fragment(_rendered(f"{template}.txt", **shown), _rendered(f"{template}.html", **shown))


def _rendered(template: str, **shown: Any) -> str:
    made = TEMPLATES.get_template(template).render(shown)
    return made if made.endswith("\n") else f"{made}\n"
