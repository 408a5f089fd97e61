"""Where an address leads: to this machine only, or to a path of this site."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

LONGEST_PATH = 2000


# Every request asks it of our own address.
@lru_cache(maxsize=64)
def is_loopback(host: str | None) -> bool:
    """Whether a host name or address means the machine itself."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost" or (host or "").endswith(".localhost")


def safe_path(given: str | None) -> str:
    """Where to go on, from an address's `next`: a path of this site, or `/` for anything else, however it is spelt.

    Browsers take `//host`, `/\\host` and `/<tab>/host` for other sites, and drop tabs and line breaks anywhere; a proxy
    may decode `%5c` or `%2f` first. A path begins with one slash and holds nothing of the kind near its beginning.
    """
    if not given or len(given) > LONGEST_PATH or not given.isprintable() or not given.isascii():
        return "/"
    once = unquote(given)
    for spelling in (given, once, unquote(once)):
        if not spelling.startswith("/") or spelling[1:2] in ("/", "\\") or "\\" in spelling.partition("?")[0]:
            return "/"
        if any(ord(character) < 32 or ord(character) == 127 for character in spelling):
            return "/"
    try:
        parts = urlsplit(given)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc or "//" in unquote(unquote(parts.path)) else given
