"""A question and its answer, as the page puts it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from directory.actions.follow import follow_index
from directory.domain.query import Query
from directory.search.find import Found
from directory.search.plan import Plan
from directory.site import Site
from directory.web.parameters import LONGEST_QUESTION, asked_of
from tests.examples import examples
from tests.web.conftest import FoundSite, TestClient, client_of, found, h1, hit, site_over, words_of


def plan(text: str, age_group: str | None) -> Plan:
    return Plan(text=text, age_group=age_group)


def ask(site: FoundSite, path: str = "/find?q=leg") -> str:
    answer = client_of(site).get(path)
    assert answer.status_code == 200
    return str(answer.text)


def test_the_answer_comes_first_with_a_number_to_press(site: FoundSite) -> None:
    site.finds = lambda query: found(
        hit("leg-ulcer-clinic", "need", "leg ulcer"), hit("adult-dietetics"), confident=True
    )
    html = ask(site)
    said = words_of(html)
    assert h1(html) == "Leg ulcer clinic"
    assert "Handled by Tissue Viability Team" in said
    assert said.index("Call 01632 960146") < said.index("since 2 November 2026") < said.index("Other services")
    assert "Found by a need it meets: leg ulcer" in said
    assert "From 1 December 2026" in said
    assert "Adult dietetics" in said[said.index("Other services") :]


def test_a_former_name_is_answered_with_the_present_one(site: FoundSite) -> None:
    site.finds = lambda query: found(hit("leg-ulcer-clinic", "former_name", "Leg club"), confident=True)
    assert h1(ask(site)) == "You asked for “Leg club”. It is now: Leg ulcer clinic"


def test_a_service_that_was_split_leads_to_its_parts_and_one_question(site: FoundSite) -> None:
    site.finds = lambda query: found(hit("dietetics", "name", "Dietetics"), confident=True)
    html = ask(site, "/find?q=dietetics&area=Eastmarsh")
    said = words_of(html)
    assert h1(html) == "“dietetics” may mean more than one service. For adults or children?"
    assert said.index("Adult dietetics") < said.index("Does what “Dietetics” did.")
    assert 'href="/find?q=dietetics+child&amp;area=Eastmarsh">Children</a>' in html


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("dietetics child", "Childrens dietetics"),
        ("dietetics 5 year old", "Childrens dietetics"),
        ("dietetics aged 40", "Adult dietetics"),
    ],
)
def test_the_part_that_the_question_means_is_the_answer(site: FoundSite, asked: str, name: str) -> None:
    understood = plan(asked, "child" if "child" in asked else None)
    site.finds = lambda query: replace(found(hit("dietetics", "name", "Dietetics"), confident=True), plan=understood)
    html = ask(site, f"/find?q={asked}")
    assert h1(html) == f"You asked for “Dietetics”. It is now: {name}"
    assert "For adults or children?" not in html


def test_nothing_is_asked_where_the_split_service_is_only_near(site: FoundSite) -> None:
    site.finds = lambda query: found(hit("dietetics", "text", "Ask about diet"))
    assert "We are not sure" in h1(ask(site, "/find?q=unicorn"))
    site.finds = lambda query: replace(found(hit("dietetics")), plan=Plan(text="", unknown=("unicorn",)))
    assert "We are not sure" in h1(ask(site, "/find?q=unicorn+dietetics"))


def test_services_alike_but_for_their_ages_are_told_apart_by_a_question(site: FoundSite) -> None:
    met = ("adult-dietetics", "childrens-dietetics")
    site.finds = lambda query: found(*(hit(service, "need", "diet") for service in met))
    assert "For adults or children?" in h1(ask(site, "/find?q=diet"))
    site.finds = lambda query: found(*(hit(service, "need", service) for service in ("leg-ulcer-clinic", *met)))
    assert "We are not sure" in h1(ask(site, "/find?q=diet"))


def test_an_old_number_says_so(site: FoundSite) -> None:
    site.finds = lambda query: found(hit("leg-ulcer-clinic", "former_phone", "01632 960145"), confident=True)
    assert "01632 960145 is an old number. Use the one below. Call 01632 960146" in words_of(ask(site))


def test_a_closed_service_asked_for_by_name_says_what_to_do(site: FoundSite) -> None:
    site.finds = lambda query: found(hit("leg-ulcer-clinic"), hit("night-sitting"), confident=True)
    html = ask(site, "/find?q=night%20Sitters")
    assert h1(html) == "Night sitting has closed"
    assert "What to do instead Ring hospice at home on 01632 960511." in words_of(html)
    other = ask(site, "/find?q=carer")
    assert h1(other) == "Leg ulcer clinic"
    assert "Ring hospice at home" in words_of(other)


def test_without_confidence_the_nearest_three_are_shown_as_such(site: FoundSite) -> None:
    every = ("leg-ulcer-clinic", "adult-dietetics", "childrens-dietetics", "hostile")
    site.finds = lambda query: found(*map(hit, every))
    said = words_of(ask(site))
    nearest = said[said.index("Nearest services") : said.index("Other services")]
    assert all(name in nearest for name in ("Leg ulcer clinic", "Adult dietetics", "Childrens dietetics"))


def test_nothing_found_says_so_and_offers_another_spelling(site: FoundSite) -> None:
    site.finds = lambda query: found(did_you_mean="leg ulcer")
    html = ask(site, "/find?q=lge&area=Eastmarsh")
    assert h1(html) == "We found nothing for “lge”"
    assert '<a href="/find?q=leg+ulcer&amp;area=Eastmarsh">leg ulcer</a>' in html
    assert "Look everywhere" in html


def test_a_past_day_names_who_handled_it_then_and_no_button(site: FoundSite) -> None:
    site.finds = lambda query: found(hit("leg-ulcer-clinic"), confident=True)
    html = ask(site, "/find?q=leg&as_of=2025-04-01")
    assert "Who handled it on 1 April 2025" in words_of(html)
    assert h1(html) == "Leg club"
    assert 'href="tel:' not in html


def test_the_question_reaches_search_as_it_was_put(site: FoundSite) -> None:
    asked: list[Query] = []
    site.finds = lambda query: asked.append(query) or found()  # type: ignore[func-returns-value]
    ask(site, "/find?q=+leg%00%0Aulcer%E2%80%AE+&area=Eastmarsh&setting=acute")
    assert asked == [Query("leg ulcer", "Eastmarsh", "acute")]


@pytest.mark.parametrize(
    "path", ["/find?q=leg&as_of=31/2/2025", "/find?q=leg&setting=%3Cb%3E", "/find?q=leg&as_of=99999-01-01"]
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(site: FoundSite, path: str) -> None:
    answer = client_of(site).get(path)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert 'name="q" value="leg"' in answer.text
    if "31/2" in path:
        assert 'value="31/2/2025"' in answer.text


@pytest.mark.parametrize("text", ["%00", "x" * 60_000, "%F0%9F%A6%B5" * 2000, "%ff%fe", "<script>", "a AND (", "*"])
def test_any_question_gets_a_page(site: FoundSite, text: str) -> None:
    html = ask(site, f"/find?q={text}")
    assert h1(html)
    # The page has two scripts, of its own.
    assert html.count("<script") == len(re.findall(r'<script src="/static/built/(?:hand|narrow)\.js\?v=', html)) == 2
    assert len(html) < 16_000


@pytest.fixture(scope="module")
def searched(_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The pages over a real index of the real directory."""
    home = tmp_path_factory.mktemp("searched")
    shutil.copy(_world, home / "signpost.db")
    site = site_over(f"sqlite:///{home / 'signpost.db'}", home)
    follow_index(site.database, site.engine, today=site.today())
    site.finds = lambda query: Site.search(site, query)
    yield client_of(site)
    site.close()


_PIECES = [
    "leg",
    "ulcer",
    '"',
    "AND",
    "*",
    "(",
    "\0",
    "🦵",
    "שלום",
    "\u202e",
    "NM4 7BD",
    "01632 960146",
    "aged 6",
    "%",
    "'",
    "\\",
]


@settings(max_examples=examples(25), deadline=None)
@given(
    text=st.one_of(st.text(max_size=120), st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join)),
    page=st.one_of(st.integers(-5, 10**12).map(str), st.text(max_size=6)),
)
def test_whatever_is_typed_gets_a_page(searched: TestClient, text: str, page: str) -> None:
    answer = searched.get("/find", params={"q": text, "page": page})
    assert answer.status_code == 200
    assert "<h1" in answer.text


def test_what_was_understood_is_shown_and_can_be_taken_away(searched: TestClient) -> None:
    html = searched.get("/find?q=leg+ulcer+aged+84+urgent").text
    assert 'href="/find?q=leg+ulcer+urgent"><span class="nhsuk-u-visually-hidden">Remove </span>Aged 84' in html
    assert 'href="/find?q=leg+ulcer+aged+84"><span class="nhsuk-u-visually-hidden">Remove </span>Urgent' in html


def test_an_age_that_is_not_taken_is_said(searched: TestClient) -> None:
    assert "Not for this age: it takes people aged 17 and under" in words_of(
        searched.get("/find?q=childrens+dietetics+aged+40").text
    )


def test_more_services_are_a_page_away_with_all_that_was_typed(site: FoundSite) -> None:
    asked: list[Query] = []

    def finds(query: Query) -> Found:
        asked.append(query)
        return replace(found(hit("leg-ulcer-clinic"), confident=True), total=70)

    site.finds = finds
    html = ask(site, "/find?q=leg&area=Eastmarsh&as_of=2026-11-20&page=2")
    assert asked[0].offset == 20
    assert h1(html) == "“leg” More services, page 2"
    assert 'rel="prev" href="/find?q=leg&amp;area=Eastmarsh&amp;as_of=2026-11-20"' in html
    assert 'rel="next" href="/find?q=leg&amp;area=Eastmarsh&amp;as_of=2026-11-20&amp;page=3"' in html
    assert 'rel="next"' not in ask(site, "/find?q=leg&page=4")


def test_a_question_is_cut_before_it_is_read(site: FoundSite) -> None:
    # Longer than the test client can send.
    request = Request({"type": "http", "query_string": b"q=" + b"x " * 100_000})
    assert len(asked_of(request).text) <= LONGEST_QUESTION
