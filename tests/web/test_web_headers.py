"""Every answer, page or call, found or refused, tells browsers what they may make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from directory.web.offline import OWN
from tests.web.conftest import FoundSite, client_of, site_over

PATHS = [
    "/",
    "/find?q=x",
    "/nothing-here",
    "/live",
    "/api/v1/services",
    "/api/openapi.json",
    "/changes.atom",
    "/sign-in",
    "/worker.js",
    "/static/icon.svg",
    "/manifest.webmanifest",
    "/fhir/metadata",
    "/hsds/services",
]


@pytest.fixture(scope="module")
def site(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> FoundSite:
    home = tmp_path_factory.mktemp("headers")
    (home / "signpost.db").write_bytes(_sqlite_template.read_bytes())
    return site_over(f"sqlite:///{home / 'signpost.db'}", home, SIGNPOST_BASE_URL="https://signpost.example")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_them(site: FoundSite, path: str) -> None:
    headers = client_of(site).get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_what_a_browser_keeps_of_a_page_is_not_replaced(site: FoundSite) -> None:
    """The headers of "not modified" take the place of those that came with the page, its policy too."""
    client = client_of(site)
    for path in ("/worker.js", "/static/icon.svg", "/changes.atom"):
        tag = client.get(path).headers["etag"]
        answer = client.get(path, headers={"If-None-Match": tag})
        assert answer.status_code == 304
        assert answer.headers.get("content-security-policy", OWN) == OWN


def test_the_worker_may_ask_for_what_it_keeps(site: FoundSite) -> None:
    assert "connect-src 'self'" in client_of(site).get("/worker.js").headers["content-security-policy"]


def test_no_answer_repeats_a_request(site: FoundSite) -> None:
    for path in ("/", "/api/v1/services", "/static/icon.svg", "/live"):
        answer = client_of(site).request("TRACE", path, headers={"X-Secret": "said"})
        assert answer.status_code in (403, 405)
        assert "said" not in answer.text


def test_in_clear_nothing_is_said_of_https(sqlite_url: str, tmp_path: Path) -> None:
    assert "strict-transport-security" not in client_of(site_over(sqlite_url, tmp_path / "home")).get("/live").headers


def test_the_host_that_somebody_sends_is_in_no_answer(site: FoundSite) -> None:
    for path in PATHS:
        answer = client_of(site).get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fapp.py", "/static/....//app.py", "/static/%00",
     "/pages/../../secret", "/pages/..%2f..%2fsecret", "/services/..%5c..%5csecret", "/mail/..%2fsecret"],
)  # fmt: skip
def test_no_spelling_of_a_path_leaves_its_folder(site: FoundSite, path: str) -> None:
    answer = client_of(site).get(path)
    assert answer.status_code in (303, 307, 404)
    assert "import annotations" not in answer.text


def test_no_header_can_be_written_by_what_somebody_sends(site: FoundSite) -> None:
    for path in ("/sign-in?next=/x%0d%0aSet-Cookie:%20a=b", "/find?q=%0d%0aX-Evil:%201", "/services/%0d%0aX-Evil:%201"):
        headers = client_of(site).get(path, headers={"X-Request-ID": "a\tb"}).headers
        assert "x-evil" not in headers
        assert "a=b" not in headers.get("set-cookie", "")
