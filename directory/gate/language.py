"""In which language somebody reads: what they chose, else what their browser asks for, else English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import HTTPConnection
from starlette.responses import Response

# By its code (BCP 47), as it calls itself. The first is the language in which Signpost is written.
LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "cy": "Cymraeg"})
ENGLISH = "en"
# It says nothing of who reads, so it needs neither a prefix nor Secure, and an answer may be kept in spite of it.
COOKIE = "signpost-language"
_A_YEAR = 365 * 24 * 60 * 60


def language_of(request: HTTPConnection) -> str:
    """The code of one of LANGUAGES."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else _asked_for(request.headers.get("accept-language", ""))


def choose(response: Response, language: str) -> None:
    """Have the browser remember a choice for a year."""
    response.set_cookie(COOKIE, language, max_age=_A_YEAR, path="/", httponly=True, samesite="lax")


def _asked_for(header: str) -> str:
    """The best of ours by Accept-Language (RFC 9110, 12.5.4): of equal weights the first; English where none is."""
    best, weight = ENGLISH, 0.0
    for each in header.split(","):
        tag, _, quality = each.partition(";")
        code = tag.strip().lower().partition("-")[0]
        wanted = _weight(quality)
        if code in LANGUAGES and wanted > weight:
            best, weight = code, wanted
    return best


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(float(value), 1.0) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
