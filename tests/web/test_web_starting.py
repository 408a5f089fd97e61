"""The guided start: what an empty directory offers, to whom, and what pressing the button does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from directory.actions.starter import import_starter
from directory.domain.policy import OPERATOR
from directory.store.changes import read_head
from tests import build
from tests.web.conftest import FoundSite, client_of, signed_in, site_over

EMPTY = "This directory is empty"
LOOK = "Look around with Northmoor"


@pytest.fixture
def empty(sqlite_url: str, tmp_path: Path) -> Iterator[FoundSite]:
    site = site_over(sqlite_url, tmp_path)
    yield site
    site.close()


def numbered(site: FoundSite) -> int:
    with site.database.read() as connection:
        return read_head(connection).number


def test_an_editor_looks_around_with_one_press(empty: FoundSite) -> None:
    editor = signed_in(empty, "ed@northmoor.example", editor=True)
    offered = editor.get("/").text
    assert 'href="/manage/import"' in offered
    assert LOOK in offered
    pressed = editor.post("/start")
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/")
    filled = numbered(empty)
    assert filled > 100
    assert EMPTY not in editor.get("/").text
    assert editor.get("/services/leg-ulcer-clinic").status_code == 200
    # A press that comes late changes nothing.
    assert editor.post("/start").status_code == 303
    assert numbered(empty) == filled
    assert not import_starter(empty.database, by=OPERATOR, at=build.NOON, zone=build.LONDON)


@pytest.mark.parametrize("who", ["nobody", "reader"])
def test_others_are_told_the_commands(empty: FoundSite, who: str) -> None:
    reader = client_of(empty) if who == "nobody" else signed_in(empty, "nurse@northmoor.example")
    page = reader.get("/").text
    assert "signpost import services.csv" in page
    assert "signpost serve --starter" in page
    assert LOOK not in page
    assert reader.post("/start").status_code == (401 if who == "nobody" else 403)
    assert numbered(empty) == 0


def test_a_directory_with_anything_in_it_offers_nothing(site: FoundSite) -> None:
    assert EMPTY not in client_of(site).get("/").text
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    assert EMPTY not in editor.get("/").text
    before = numbered(site)
    assert editor.post("/start").status_code == 303
    assert numbered(site) == before
