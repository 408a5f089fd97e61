"""What search engines may read, and what a page says of itself to them."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import FoundSite, TestClient, client_of


@pytest.mark.parametrize(("reading", "lines"), [("public", {"Disallow: /sign-in"}), ("signed-in", {"Disallow: /"})])
def test_robots_read_what_everybody_may_read(site: FoundSite, reading: str, lines: set[str]) -> None:
    site.settings = site.settings.model_copy(update={"reading": reading})
    answer = client_of(site).get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    said = set(answer.text.splitlines())
    assert {"User-agent: *"} | lines <= said
    assert ("Disallow: /" in said) == (reading == "signed-in")


def test_each_page_describes_itself_on_one_line(client: TestClient) -> None:
    for path, words in {"/": "how to refer", "/services/leg-ulcer-clinic": "compression for leg ulcers"}.items():
        found = re.findall(r'<meta name="description" content="([^"]*)">', client.get(path).text)
        assert len(found) == 1
        assert words in found[0]
        assert len(found[0]) < 200
