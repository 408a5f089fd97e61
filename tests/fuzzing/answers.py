"""What came of a request, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser


@dataclass(slots=True)
class Answer:
    """What came of a request."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    whole: bool = False

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name), "")


def wrong(answer: Answer, method: str) -> list[str]:
    """What is wrong with an answer."""
    found = []
    if not answer.whole or not 200 <= answer.status < 500:
        found.append(f"answers {answer.status}{'' if answer.whole else ', not to its end'}")
    kind = answer.header(b"content-type")
    if answer.body and not kind:
        found.append("says not of what type it is")
    if answer.header(b"x-content-type-options") != "nosniff":
        found.append("may be taken for another type")
    if any(b"\r" in part or b"\n" in part for header in answer.headers for part in header):
        found.append("has a line break in a header")
    if any("zq" in value.decode("latin-1") for name, value in answer.headers if name.lower() == b"set-cookie"):
        found.append("sets a cookie that was sent")
    if answer.status in (301, 302, 303, 307, 308) and not _ours(answer.header(b"location")):
        found.append(f"leads to {answer.header(b'location')[:80]}")
    if kind.startswith("text/html") and method != "HEAD":
        found += _markup(answer.body)
    return found


def _ours(location: str) -> bool:
    parts = urlsplit(location)
    if parts.scheme or parts.netloc:
        return (parts.scheme, parts.netloc) == ("https", "signpost.example")
    return location.startswith("/") and not location.startswith(("//", "/\\"))


def _markup(body: bytes) -> list[str]:
    lower = body.lower()
    if b"zq" not in lower and b"javascript:" not in lower:
        return []
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    found = ["shows what was sent as markup"] if tree.css("zq, [onzq]") else []
    leading = [str(node.attributes.get("href") or "") for node in tree.css("a[href], link[href]")]
    return found + [f"links to {href[:60]}" for href in leading if href.lower().lstrip().startswith("javascript:")]
