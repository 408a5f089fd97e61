"""Atom feeds (RFC 4287), paged (RFC 5005), with tombstones for what was withdrawn (RFC 6721)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
CONTENT_TYPE = "application/atom+xml; charset=utf-8"
# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("", ATOM)
ET.register_namespace("at", TOMBSTONES)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to read. `html` is safe HTML; `link` leads to the page."""

    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    html: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry that does not hold any more, by its id, since an instant."""

    ref: str
    when: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One page of a feed, newest first. `link` is its page for people; `next` the page with what is older."""

    id: str
    title: str
    author: str
    link: str
    self: str
    updated: datetime
    entries: tuple[Entry, ...]
    gone: tuple[Gone, ...] = ()
    next: str | None = None


def atom(feed: Feed) -> bytes:
    """The feed as XML, in UTF-8."""
    root = ET.Element(_atom("feed"))
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", _instant(feed.updated))
    _text(ET.SubElement(root, _atom("author")), "name", feed.author)
    _link(root, "alternate", feed.link, "text/html")
    _link(root, "self", feed.self, "application/atom+xml")
    if feed.next:
        _link(root, "next", feed.next, "application/atom+xml")
    for gone in feed.gone:
        _tombstone(root, gone)
    for entry in feed.entries:
        _entry(root, entry)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(root: ET.Element, entry: Entry) -> None:
    found = ET.SubElement(root, _atom("entry"))
    _text(found, "id", entry.id)
    _text(found, "title", entry.title)
    _text(found, "published", _instant(entry.published))
    _text(found, "updated", _instant(entry.updated))
    _link(found, "alternate", entry.link, "text/html")
    for category in entry.categories:
        ET.SubElement(found, _atom("category"), term=category)
    content = ET.SubElement(found, _atom("content"), type="html")
    content.text = _written(entry.html)


def _tombstone(root: ET.Element, gone: Gone) -> None:
    found = ET.SubElement(root, f"{{{TOMBSTONES}}}deleted-entry", ref=gone.ref, when=_instant(gone.when))
    if gone.comment:
        ET.SubElement(found, f"{{{TOMBSTONES}}}comment").text = _written(gone.comment)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _atom(name)).text = _written(text)


def _link(parent: ET.Element, rel: str, href: str, media_type: str) -> None:
    ET.SubElement(parent, _atom("link"), rel=rel, href=_written(href), type=media_type)


def _written(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"
