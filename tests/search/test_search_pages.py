"""Pages beside an answer: what they are about before what they mention, three at most, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from directory.actions.follow import follow_index
from directory.actions.import_content import import_folder
from directory.actions.page_index import follow_page_index
from directory.actions.pages import PageEdit, save_page
from directory.answer import answer
from directory.content.folder import read_folder
from directory.domain.policy import OPERATOR
from directory.domain.query import Query
from directory.guidance import guidance
from directory.settings import load
from directory.site import Site
from directory.store import pages
from tests import build
from tests.conftest import STARTER


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Site]:
    """The starter content, indexed."""
    home = tmp_path_factory.mktemp("pages")
    (home / "signpost.db").write_bytes(_sqlite_template.read_bytes())
    opened = Site.open(load({"SIGNPOST_HOME": str(home)}))
    opened.clock = lambda: build.NOON
    import_folder(opened.database, read_folder(STARTER), by=OPERATOR, at=build.NOON, zone=build.LONDON)
    follow_index(opened.database, opened.engine, today=build.TODAY)
    follow_page_index(opened.database, opened.page_engine, today=build.TODAY)
    yield opened
    opened.close()


def slugs(site: Site, text: str, **more: object) -> list[str]:
    with site.database.read() as connection:
        found = answer(connection, Query(text, **more), site.search, today=site.today())  # type: ignore[arg-type]
        return [each.slug for each in guidance(connection, found, site.search_pages)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("leg ulcer", "leg-wound"),
        ("falls", "falls-at-home"),
        ("COPD", "breathlessness-and-copd"),
        ("palliative champions", "palliative-champions-network"),
        ("dying at home", "palliative-care-at-home"),
        ("night sitter", "palliative-care-at-home"),
        ("Leg wound that is not healing", "leg-wound"),
    ],
)
def test_the_page_that_is_about_it_comes_first(site: Site, text: str, first: str) -> None:
    assert slugs(site, text)[:1] == [first]
    assert len(slugs(site, text)) <= 3


def test_a_page_that_only_mentions_it_stays_away_where_another_is_about_it(site: Site) -> None:
    assert slugs(site, "leg ulcer") == ["leg-wound"]


@pytest.mark.parametrize("text", ["xyzzy", "01632 960145", "", "\x00", "🦵", "audiology"])
def test_nothing_is_shown_where_nothing_is_meant(site: Site, text: str) -> None:
    assert slugs(site, text) == []


def test_a_question_about_another_day_gets_no_pages_of_today(site: Site) -> None:
    assert slugs(site, "leg ulcer", as_of=build.TODAY - timedelta(days=90)) == []


def test_a_deleted_index_is_made_anew_and_never_in_the_way(site: Site, tmp_path: Path) -> None:
    settings = site.settings.model_copy(update={"home": tmp_path})
    bare = Site(settings, site.database, site.engine, clock=lambda: build.NOON)
    assert slugs(bare, "leg ulcer") == []
    assert bare.suggest_pages("leg") == ()
    assert follow_page_index(bare.database, bare.page_engine, today=build.TODAY) == 10
    assert follow_page_index(bare.database, bare.page_engine, today=build.TODAY) == 0
    assert slugs(bare, "leg ulcer") == ["leg-wound"]
    bare.page_engine.close()


def test_titles_are_suggested_as_one_types(site: Site) -> None:
    assert [each.service_id for each in site.suggest_pages("pall")] == [
        "palliative-care-at-home",
        "palliative-champions-network",
    ]
    assert site.suggest_pages("pa") == ()


def test_a_page_is_found_by_its_former_title_and_its_new_words_at_the_next_question(site: Site) -> None:
    with site.database.read() as connection:
        page = pages.load(connection, "handing-over-a-service")
    text = page.text.replace("title: How to hand over", "title: How to transfer")
    edit = PageEdit(slug=page.slug, text=f"{text}\nAsk about the kingfisher form.\n", expected=page.number)
    save_page(site.database, edit, by=OPERATOR, at=build.NOON, today=build.TODAY)
    assert follow_page_index(site.database, site.page_engine, today=build.TODAY) == 10
    assert slugs(site, "kingfisher form") == ["handing-over-a-service"]
    assert slugs(site, "How to hand over a service without losing a referral")[:1] == ["handing-over-a-service"]
