"""The identity is the deployer's: their name, their logo, their colour, and nothing of the design system's own."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from starlette.routing import Route

from directory.domain.colour import contrast_with_white
from directory.web.routes import routes
from tests.web.conftest import client_of, site_over
from tests.web.test_web_components import BRAND

SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100"><script>1</script></svg>"""
# One grey point.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
NAME = "Care & <b>Company</b>"


def page_of(url: str, home: Path, path: str = "/", **given: str) -> str:
    site = site_over(url, home, **{f"SIGNPOST_{name}": value for name, value in given.items()})
    try:
        return str(client_of(site).get(path).text)
    finally:
        site.close()


@pytest.mark.parametrize(
    ("content", "kind", "size"), [(SVG, "image/svg+xml", ("120", "40")), (PNG, "image/png", ("40", "40"))]
)
def test_the_logo_is_shown_at_its_own_shape_and_runs_nothing(
    sqlite_url: str, tmp_path: Path, content: bytes, kind: str, size: tuple[str, str]
) -> None:
    (tmp_path / "logo").write_bytes(content)
    site = site_over(sqlite_url, tmp_path, SIGNPOST_LOGO=str(tmp_path / "logo"))
    client = client_of(site)
    found = re.search(
        r'<img class="app-logo" src="(/brand/logo\?v=\w+)" width="(\d+)" height="(\d+)" alt="">', client.get("/").text
    )
    assert found
    assert found.groups()[1:] == size
    sent = client.get(found[1])
    assert (sent.content, sent.headers["content-type"].partition(";")[0]) == (content, kind)
    assert "default-src 'none'" in sent.headers["content-security-policy"]
    assert "sandbox" in sent.headers["content-security-policy"]
    assert "script-src" not in sent.headers["content-security-policy"]
    site.close()


def test_the_name_and_the_colour_are_the_deployers(sqlite_url: str, tmp_path: Path) -> None:
    html = page_of(sqlite_url, tmp_path, ORGANISATION_NAME=NAME, COLOUR="#5A2A82")
    assert "Care &amp; &lt;b&gt;Company&lt;/b&gt;</a>" in html
    assert '<meta name="theme-color" content="#5a2a82">' in html
    assert 'href="/brand/colour.css?v=5a2a82"' in html
    assert page_of(sqlite_url, tmp_path, "/brand/colour.css", COLOUR="#5a2a82") == ":root{--brand:#5a2a82}\n"


def test_without_settings_there_is_neither_logo_nor_another_style(sqlite_url: str, tmp_path: Path) -> None:
    html = page_of(sqlite_url, tmp_path)
    assert "<img" not in html
    assert "/brand/" not in html
    site = site_over(sqlite_url, tmp_path)
    assert client_of(site).get("/brand/logo").status_code == 404
    site.close()


def test_no_page_that_anybody_may_read_wears_another_brand(sqlite_url: str, tmp_path: Path) -> None:
    site = site_over(sqlite_url, tmp_path)
    client, seen = client_of(site), 0
    for route in routes():
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            text = client.get(re.sub(r"\{\w+\}", "x", route.path)).text
            assert not BRAND.search(text), route.path
            seen += "<header" in text
    assert seen > 15
    site.close()


def test_contrast_is_that_of_wcag() -> None:
    """The lightest grey that passes at level AA, and the next one."""
    assert [round(contrast_with_white(grey), 2) for grey in ("#767676", "#777777")] == [4.54, 4.48]
