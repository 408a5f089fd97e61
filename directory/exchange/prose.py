"""HTML, or text that may be HTML, as Markdown that is safe to keep and to show."""

from __future__ import annotations

import html
import re

import nh3

_TAGS = {
    "a", "b", "blockquote", "br", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
# Blocks of no meaning must still part the words on either side of them once their tags are gone.
_BLOCK = re.compile(r"<(/?)(?:div|section|article|header|footer|main|figure|dl|dt|dd|center)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_UNSAFE_LINK = re.compile(r"\]\(\s*<?\s*(?!(?:https?|mailto|tel):)[a-z][a-z0-9+.&#;-]*:[^)]*\)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# More than a page of prose is never a description; BeautifulSoup takes seconds for it.
_LONGEST = 200_000


def markdown_of(text: str) -> str:
    """Markdown of a description in HTML; one without any tag is taken to be Markdown already.

    Scripts, styles, images, unknown tags and links but `http`, `https`, `mailto` and `tel` are gone, entities are
    resolved, headings begin at the third level since those above are the page's, and white space is tidied.
    """
    text = _visible(text)[:_LONGEST]
    if not _TAG.search(text):
        plain = _visible(html.unescape(text))
        return _tidy(_UNSAFE_LINK.sub("]", re.sub(r"<(?!https?://|mailto:)", "&lt;", plain)))
    parted = _BLOCK.sub(r"<\1p>", text)
    safe = nh3.clean(
        parted, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None
    )
    # Late, since a server that takes in no file needs neither it nor BeautifulSoup.
    from directory.exchange.markup import Converter

    try:
        converted = str(Converter(heading_style="ATX", bullets="-", autolinks=False).convert(safe))
    except RecursionError:
        # Tags nested by the thousand are no description; their text still is.
        converted = html.unescape(nh3.clean(safe, tags=set())).replace("<", "&lt;")
    return _tidy(re.sub(r"(?m)^#{1,2} ", "### ", _visible(converted)))


def line_of(text: str) -> str:
    """One line of plain text: entities resolved, tags gone, white space single."""
    plain = html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text
    return " ".join(_visible(plain).split())


def _visible(text: str) -> str:
    unbroken = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return _INVISIBLE.sub("", _CONTROL.sub("", unbroken))


def _tidy(markdown: str) -> str:
    """Single blank lines, and two spaces at the end of a line only where they break it within a paragraph."""
    # A table of one column is only a frame round a text.
    unframed = re.sub(r"(?m)^\| *(?:-{3})? *\|$\n?", "", markdown)
    unframed = re.sub(r"(?m)^\| ([^|\n]+) \|$", r"\n\1\n", unframed)
    lines = [line if line.strip() else "" for line in unframed.strip().split("\n")]
    joined = re.sub(r" {3,}$", "  ", "\n".join(lines), flags=re.MULTILINE)
    parted = re.sub(r"[ \t]+(?=\n\n|$)", "", joined)
    return re.sub(r"\n{3,}", "\n\n", parted).strip()
