"""Gaps and the vocabulary in the browser: what editors make of them, and how soon search has it."""

from __future__ import annotations

import pytest

from directory.actions.follow import follow_index
from directory.actions.gaps import record_gap
from directory.actions.vocabulary import put_line
from directory.domain.policy import OPERATOR
from directory.domain.query import Answer, Query
from directory.store import gaps, reports, vocabulary
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of


@pytest.fixture
def editor(site: FoundSite) -> TestClient:
    follow_index(site.database, site.engine, today=site.today())
    site.finds = lambda query: site.search_with(query, site.vocabulary())
    for query, times in (("foot warmers", 1), ("slimming club", 3)):
        for _ in range(times):
            record_gap(site.database, Answer(Query(query), build.TODAY, None, (), 0), at=build.NOON)
    return signed_in(site, "ed@northmoor.example", editor=True)


def gap(site: FoundSite, query: str) -> gaps.Gap:
    with site.database.read() as connection:
        found = gaps.load(connection, query)
    assert found is not None
    return found


def lines(site: FoundSite) -> list[vocabulary.Line]:
    with site.database.read() as connection:
        return vocabulary.terms(connection)


def found_by(site: FoundSite, text: str) -> list[str]:
    return [hit.service_id for hit in site.search(Query(text)).hits]


def test_gaps_are_listed_most_asked_first(editor: TestClient) -> None:
    html = editor.get("/manage/gaps").text
    assert h1(html) == "What people asked and did not find"
    said = words_of(html)
    assert said.index("slimming club") < said.index("foot warmers")
    assert "Asked 3 times" in said
    assert "Closed gaps: 0" in said


def test_only_editors_see_them(site: FoundSite, editor: TestClient, client: TestClient) -> None:
    reader = signed_in(site, "amina@northmoor.example")
    for path in ("/manage/gaps", "/manage/gap?q=foot+warmers", "/manage/vocabulary", "/manage/vocabulary/line"):
        assert reader.get(path).status_code == 403
        assert client.get(path).headers["location"].startswith("/sign-in")
    assert reader.post("/manage/gap", data={"q": "foot warmers", "do": "dismiss"}).status_code == 403
    assert gap(site, "foot warmers").closed_at is None


SYNONYM = {"q": "slimming club", "do": "synonym", "term": "slimming club", "means": "dietetics", "kind": "synonym"}


def test_a_gap_becomes_a_synonym_in_two_steps_and_search_has_it_at_once(site: FoundSite, editor: TestClient) -> None:
    assert "adult-dietetics" not in found_by(site, "slimming club")
    seen = editor.post("/manage/gap", data=SYNONYM | {"preview": "1"})
    assert "With this line, “slimming club” finds:" in words_of(seen.text)
    assert "Adult dietetics" in words_of(seen.text)
    assert lines(site) == []
    done = editor.post("/manage/gap", data=SYNONYM)
    assert done.headers["location"] == "/manage/gaps?done=1"
    assert lines(site) == [("slimming club", ("dietetics",), "synonym")]
    assert gap(site, "slimming club").outcome == "synonym"
    assert "adult-dietetics" in found_by(site, "slimming club")
    said = words_of(editor.get("/manage/gaps?closed=1").text)
    assert "slimming club" in said
    assert "a line of the vocabulary" in said


def test_what_is_wrong_with_a_line_is_said_and_the_gap_stays(site: FoundSite, editor: TestClient) -> None:
    answer = editor.post("/manage/gap", data=SYNONYM | {"means": "  "})
    assert answer.status_code == 422
    assert "say what it means" in words_of(answer.text)
    assert gap(site, "slimming club").closed_at is None


def test_a_gap_becomes_a_report(site: FoundSite, editor: TestClient) -> None:
    form = {"q": "foot warmers", "text": "Do you warm feet?"}
    wrong = editor.post("/manage/gap", data=form | {"do": "report", "service": "no-such"})
    assert wrong.status_code == 422
    assert "Do you warm feet?" in wrong.text
    editor.post("/manage/gap", data=form | {"do": "report", "service": "/services/leg-ulcer-clinic"})
    editor.post("/manage/gap", data={"q": "slimming club", "do": "service", "text": "Nobody runs one."})
    with site.database.read() as connection:
        found = reports.of_gaps(connection, limit=9)
    assert [(each.service_id, each.text, each.person_id) for each in found] == [
        (None, "Nobody runs one.", 1),
        ("leg-ulcer-clinic", "Do you warm feet?", 1),
    ]
    said = words_of(editor.get("/manage/gaps").text)
    assert "foot warmers , to the owner of Leg ulcer clinic" in said
    assert "slimming club , to the editors" in said


def test_a_gap_is_dismissed_and_is_gone_from_the_list(site: FoundSite, editor: TestClient) -> None:
    editor.post("/manage/gap", data={"q": "foot warmers", "do": "dismiss"})
    assert "foot warmers" not in editor.get("/manage/gaps").text
    assert "This gap is closed." in words_of(editor.get("/manage/gap?q=foot+warmers").text)
    assert editor.post("/manage/gap", data={"q": "foot warmers", "do": "dismiss"}).status_code == 404
    assert editor.get("/manage/gap?q=never+asked").status_code == 404


def test_a_line_is_added_changed_removed_and_put_back(site: FoundSite, editor: TestClient) -> None:
    new = {"term": "DN", "means": "district nursing\r\ncommunity nursing", "kind": "abbreviation", "number": "0"}
    assert editor.post("/manage/vocabulary/line", data=new).status_code == 303
    assert lines(site) == [("DN", ("district nursing", "community nursing"), "abbreviation")]
    assert "district nursing; community nursing" in words_of(editor.get("/manage/vocabulary?q=commun").text)
    assert "0 lines of 1" in words_of(editor.get("/manage/vocabulary?q=zzz").text)
    assert 'name="number" value="1"' in editor.get("/manage/vocabulary/line?term=DN").text
    editor.post("/manage/vocabulary/line", data=new | {"means": "district nursing", "number": "1"})
    editor.post("/manage/vocabulary/remove", data={"term": "DN", "number": "2"})
    assert lines(site) == []
    assert "Removed lines: 1" in words_of(editor.get("/manage/vocabulary").text)
    editor.post("/manage/vocabulary/restore", data={"term": "DN"})
    assert lines(site) == [("DN", ("district nursing",), "abbreviation")]
    assert editor.get("/manage/vocabulary/line?term=nothing").status_code == 404


def test_of_two_editors_the_second_sees_both_lines(site: FoundSite, editor: TestClient) -> None:
    put_line(site.database, ("DN", ("district nursing",), "synonym"), expected=0, by=OPERATOR, at=build.NOON)
    mine = {"term": "DN", "means": "night nursing", "kind": "synonym", "number": "1"}
    put_line(site.database, ("DN", ("day nursing",), "synonym"), expected=1, by=OPERATOR, at=build.NOON)
    answer = editor.post("/manage/vocabulary/line", data=mine)
    assert answer.status_code == 409
    said = words_of(answer.text)
    assert "Somebody else changed this line while you wrote" in said
    assert "day nursing" in said
    assert "night nursing" in said
    assert 'name="number" value="2"' in answer.text
    assert editor.post("/manage/vocabulary/remove", data={"term": "DN", "number": "1"}).status_code == 409
    assert editor.post("/manage/vocabulary/line", data=mine | {"number": "2"}).status_code == 303
    assert lines(site) == [("DN", ("night nursing",), "synonym")]


def test_a_line_that_is_wrong_is_kept_in_its_form(editor: TestClient) -> None:
    bad = editor.post("/manage/vocabulary/line", data={"term": "<b>", "means": "", "kind": "slang", "number": "0"})
    assert bad.status_code == 422
    assert "&lt;b&gt;" in bad.text
    assert "give one of abbreviation, synonym, misnomer" in words_of(bad.text)
