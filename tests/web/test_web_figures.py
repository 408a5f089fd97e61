"""The dashboard: what each role sees of it, its drawings and tables, its files, and nothing of the few."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import insert

from directory.actions.gaps import record_gap
from directory.domain.query import Answer, Query
from directory.store.tables.learning import reports
from directory.web.views.charts import bar_chart, scale_to
from directory.web.views.figure import MOST_ROWS
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of
from tests.web.test_web_awareness import tell

KEYS = ["awareness", "teams", "changes", "kinds", "freshness", "reports", "gaps"]
FORMULA = '=HYPERLINK("x")'


@pytest.fixture
def told(site: FoundSite) -> FoundSite:
    """A change that many of one team and three of another were told of; a report; a question that means harm."""
    tell(site, 8, read=6)
    tell(site, 3, team="vascular", read=1)
    with site.database.write() as connection:
        row = {"ref": "R1", "service_id": "leg-ulcer-clinic", "kind": "number", "text": "x", "state": "open"}
        connection.execute(insert(reports).values(row | {"received_at": build.NOON, "team": "tissue-viability"}))
    for query in (FORMULA, "foot warmers"):
        record_gap(site.database, Answer(Query(query), build.TODAY, None, (), 0), at=build.NOON)
    return site


def lead_of(site: FoundSite) -> TestClient:
    return signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")


def editor_of(site: FoundSite) -> TestClient:
    return signed_in(site, "ed@northmoor.example", editor=True)


def table(who: TestClient, key: str, **asked: str) -> list[dict[str, str]]:
    answer = who.get(f"/manage/figures/{key}.csv", params=asked)
    assert answer.status_code == 200, key
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith("\ufeff".encode())
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_an_editor_sees_each_figure_as_a_drawing_a_table_and_a_file(told: FoundSite) -> None:
    editor = editor_of(told)
    page = LexborHTMLParser(editor.get("/manage").text)
    assert [it.attributes["id"] for it in page.css("main section h2")] == KEYS
    drawn = [it.attributes for it in page.css("main figure svg[role=img]")]
    # Of the teams there are too few people to draw.
    assert len(drawn) == len(KEYS) - 1
    assert all("The table below says the same" in (it["aria-label"] or "") for it in drawn)
    for key in KEYS:
        shown = page.css(f"section[aria-labelledby={key}] tbody tr")
        assert len(shown) == len(table(editor, key)) > 0, key


def test_how_soon_it_was_read_is_said_in_words_and_in_hours(told: FoundSite) -> None:
    editor = editor_of(told)
    # Of eleven, seven: the middle one after six or eight hours.
    assert "October 2026 7 of 11 (64%)" in words_of(editor.get("/manage").text)
    row = next(row for row in table(editor, "awareness") if row["month"] == "2026-10")
    assert (row["told"], row["read"], row["percent"], row["median_hours"]) == ("11", "7", "64", "6.0")


def test_nothing_is_shown_of_three_nor_of_what_they_could_be_worked_out_from(told: FoundSite) -> None:
    editor = editor_of(told)
    assert {row["team"]: row["told"] for row in table(editor, "teams")} == {
        "District Nursing": "",
        "Vascular Nurses": "",
    }
    for team in ("vascular", "district-nursing"):
        assert {row["told"] for row in table(editor, "awareness", team=team)} == {""}, team
        assert {row["told"] for row in table(editor, "teams", team=team)} == {""}, team
    assert "of 3 (" not in editor.get("/manage?team=vascular").text
    assert "of 8 (" not in editor.get("/manage").text


def test_large_teams_are_shown(site: FoundSite) -> None:
    tell(site, 8, read=6)
    tell(site, 5, team="vascular", read=1)
    read = {row["team"]: row["percent"] for row in table(editor_of(site), "teams")}
    # Where the fewest have read it comes first.
    assert list(read.items()) == [("Vascular Nurses", "20"), ("District Nursing", "75")]


def test_of_very_many_teams_those_that_somebody_is_in_are_offered(
    told: FoundSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = editor_of(told)

    def offered(query: str = "") -> list[str | None]:
        page = LexborHTMLParser(editor.get(f"/manage{query}").text)
        return [it.attributes["value"] for it in page.css("#team option")]

    assert offered() == ["", "district-nursing", "tissue-viability", "vascular"]
    monkeypatch.setattr("directory.web.figures.MOST_TEAMS", 2)
    assert offered() == ["", "district-nursing", "vascular"]
    # What was chosen stays chosen.
    assert offered("?team=tissue-viability") == ["", "district-nursing", "tissue-viability", "vascular"]


def test_a_lead_sees_their_own_teams_and_no_gaps(told: FoundSite) -> None:
    lead = lead_of(told)
    page = lead.get("/manage").text
    assert h1(page) == "How it goes"
    assert 'id="gaps"' not in page
    assert lead.get("/manage/figures/gaps.csv").status_code == 404
    assert '<option value="vascular"' not in page
    assert lead.get("/manage?team=vascular").status_code == 403
    assert lead.get("/manage/figures/reports.csv?team=vascular").status_code == 403
    assert sum(int(row["reports"]) for row in table(lead, "reports")) == 1
    assert sum(int(row["entries"]) for row in table(lead, "freshness")) == 1
    assert sum(int(row["entries"]) for row in table(editor_of(told), "freshness")) > 1


def test_an_area_narrows_and_goes_along_to_the_files(told: FoundSite) -> None:
    editor = editor_of(told)
    page = editor.get("/manage?area=eastmarsh&team=tissue-viability").text
    assert "/manage/figures/changes.csv?team=tissue-viability&amp;area=eastmarsh" in page
    everywhere, there, nowhere = (
        sum(int(row["changes"]) for row in table(editor, "changes", area=area)) for area in ("", "eastmarsh", "none")
    )
    assert everywhere > there > nowhere == 0


def test_what_people_wrote_is_not_run_by_who_opens_the_file(told: FoundSite) -> None:
    assert {row["question"] for row in table(editor_of(told), "gaps")} == {"'" + FORMULA.casefold(), "foot warmers"}


def test_others_do_not_see_it(site: FoundSite, client: TestClient) -> None:
    assert signed_in(site, "nurse@northmoor.example").get("/manage").status_code == 403
    assert client.get("/manage").headers["location"].startswith("/sign-in")
    assert editor_of(site).get("/manage/figures/none.csv").status_code == 404


def test_an_empty_directory_has_nothing_to_count(empty_client: TestClient) -> None:
    editor = editor_of(empty_client.app.state.site)  # type: ignore[attr-defined]
    page = editor.get("/manage")
    assert page.status_code == 200
    assert page.text.count("Nothing to count yet.") == len(KEYS)


def test_a_long_table_is_cut_and_says_so(site: FoundSite) -> None:
    for number in range(MOST_ROWS + 3):
        record_gap(site.database, Answer(Query(f"question {number}"), build.TODAY, None, (), 0), at=build.NOON)
    editor = editor_of(site)
    assert f"The first {MOST_ROWS}. The file has 3 lines more." in words_of(editor.get("/manage").text)
    assert len(table(editor, "gaps")) == MOST_ROWS + 3


def test_two_bars_of_one_name_are_two_bars() -> None:
    names = ["Community nursing of the north"] * 2
    drawn = LexborHTMLParser(bar_chart([(3, names[0]), (4, names[1])], upto=5, named='"><b>'))
    labels = [it.text() for it in drawn.css("text") if "Community" in it.text()]
    assert len(set(labels)) == 2
    assert drawn.css("svg")[0].attributes["aria-label"] == '"><b>'


def test_a_scale_has_room_for_the_longest_bar() -> None:
    assert [scale_to(most) for most in (0.5, 5, 6, 20, 21, 400, 2_001)] == [5, 5, 8, 20, 50, 500, 5_000]
