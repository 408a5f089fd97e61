"""Safe HTML as plain text, for rooms that know no mark-up: what people wrote, without the signs they wrote it with."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset({"p", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr"})


def plain_text(html: str) -> str:
    """The words, a line for each item and an empty one between paragraphs; a link is followed by its address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.found.append("\n\n")
        elif tag == "li":
            self.found.append("\n- ")
        elif tag in ("br", "tr"):
            self.found.append("\n")
        elif tag in ("td", "th"):
            self.found.append(" ")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.found.append("\n\n")
        elif tag == "a" and self._links and (address := self._links.pop()):
            self.found.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        self.found.append(data.replace("\n", " "))
