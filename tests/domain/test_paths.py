"""Where to go on after signing in: to a path of this site and nowhere else, however it is spelt."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.paths import is_loopback, safe_path

ELSEWHERE = (
    "https://evil.example", "http:evil.example", "//evil.example", "///evil.example", "////evil.example/x",
    "\\\\evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "/\n/evil.example",
    "\t//evil.example", " //evil.example", "/%09/evil.example", "/%0a/evil.example", "/%2f/evil.example",
    "/%2fevil.example", "/%5cevil.example", "/%255cevil.example", "/%252fevil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "evil.example", "./evil.example", "../evil.example", "?next=x", "#x", "",
    "/\u2028/evil.example", "/a//evil.example", "/a/..//evil.example", "/.//evil.example", "/..//evil.example",
    "/;//evil.example", "/\u3002evil.example", "/\uff0fevil.example", "http:///evil.example", "https:/evil.example",
    "/\r\nLocation: https://evil.example", "/\x00/evil.example", "/%00/x", "//evil.example:80", "//user@evil.example",
    "/ok\\..\\evil", "/" + "a" * 3000, "//[::1",
)  # fmt: skip
HERE = (
    "/", "/changes", "/find?q=leg+ulcer&area=Eastmarsh", "/services/leg-ulcer-clinic#refer", "/find?q=a%2F%2Fb",
    "/services/x/history?from=1&to=2", "/publish?note=50%25", "/pages/a%20b", "/find?q=http://x.example", "/%",
)  # fmt: skip


@pytest.mark.parametrize("given", ELSEWHERE)
def test_other_places_become_the_first_page(given: str) -> None:
    assert safe_path(given) == "/"


@pytest.mark.parametrize("given", HERE)
def test_paths_of_this_site_stay_as_they_are(given: str) -> None:
    assert safe_path(given) == given


def test_nothing_is_the_first_page() -> None:
    assert safe_path(None) == "/"


MARKS = st.sampled_from(
    ["/", "//", "\\", "\t", "\n", "\r", " ", ":", "@", "?", "#", ".", "..", "%2f", "%5c", "%09", "%25", "http",
     "https:", "javascript:", "evil.example", "a", ";", "[", "]", "\u2215"]
)  # fmt: skip


def _as_browsers_do(location: str) -> str | None:
    """The host to which a browser goes (URL Standard: tabs and line breaks are dropped, a backslash is a slash)."""
    address = "".join(each for each in location if each not in "\t\n\r").strip().replace("\\", "/")
    try:
        return urlsplit(urljoin("https://here.example/sign-in", address)).hostname
    except ValueError:
        return None


@given(st.lists(MARKS, max_size=8).map("".join) | st.text(max_size=30))
def test_no_spelling_leads_away(given_: str) -> None:
    found = safe_path(given_)
    assert found.startswith("/")
    assert not found.startswith("//")
    for spelling in (found, quote(found, safe="/?&=%#;:@.,+~-_")):
        assert _as_browsers_do(spelling) == "here.example"
    # A proxy that decodes once before it passes the answer on.
    assert "\n" not in found
    assert "\r" not in found


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "a.localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [None, "", "127.evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "1"])
def test_not_loopback(host: str | None) -> None:
    assert not is_loopback(host)
