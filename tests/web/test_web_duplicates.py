"""Entries that may be of one service: found without comparing all with all, merged by a draft, or told apart."""

from __future__ import annotations

from typing import Any

import pytest

from directory.actions.duplicates import likely_pairs, not_the_same, pairs
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.service import Area, Contact, Identifier, Owner
from directory.store.database import Database
from directory.store.duplicates import Marks
from tests import build
from tests.web.conftest import FoundSite, TestClient, words_of
from tests.web.publishing import CLINIC, last, looked

PHONE = (Contact("phone", "+44 1632 960145"),)


def marks(key: str, name: str, *, owner: str = "trust", **given: Any) -> Marks:
    sets = {field: frozenset(given.get(field, ())) for field in ("addresses", "areas", "identifiers")}
    return Marks(key, key, name, owner, **sets)


def found(*given: Marks) -> list[tuple[str, str]]:
    return [(pair.one.id, pair.other.id) for pair in pairs(given, set())]


def test_what_looks_like_one_service_is_a_pair() -> None:
    fen: dict[str, Any] = {"areas": {"fen"}}
    assert found(marks("a", "Leg Ulcer Clinic"), marks("b", "Clinic leg ulcer"), marks("c", "Falls team")) == [
        ("a", "b")
    ]
    assert found(marks("a", "Leg ulcer clinic"), marks("b", "Leg ulcer clinics")) == [("a", "b")]
    assert found(marks("a", "Leg ulcers", **fen), marks("b", "Leg ulcers", owner="other", **fen)) == [("a", "b")]
    assert found(marks("a", "Leg ulcers"), marks("b", "Leg ulcers", owner="other")) == []
    assert found(marks("a", "Ward 3"), marks("b", "Ward 4")) == []
    assert found(marks("a", "Adult speech therapy"), marks("b", "Children's speech therapy")) == []
    same: dict[str, Any] = {"identifiers": {"ods ZZ1"}}
    assert found(marks("a", "Leg ulcers", **same), marks("b", "Vascular", owner="other", **same)) == [("a", "b")]
    rings: dict[str, Any] = {"addresses": {"1632960145"}}
    assert found(marks("a", "Leg ulcer clinic", **rings), marks("b", "Leg clinic", owner="x", **rings)) == [("a", "b")]
    assert found(marks("a", "Leg ulcer clinic", **rings), marks("b", "Reception", **rings)) == []


def test_what_many_share_says_nothing() -> None:
    switchboard: dict[str, Any] = {"addresses": {"1632960000"}}
    many = [
        marks(f"s{place}", f"Podiatry {'abcdefghijklm'[place]}", owner=f"o{place}", **switchboard)
        for place in range(12)
    ]
    assert found(*many) == []


def test_the_likeliest_comes_first() -> None:
    rings: dict[str, Any] = {"addresses": {"1632960145"}}
    given = [marks("a", "Falls team"), marks("b", "Falls team", **rings), marks("c", "Falls team", **rings)]
    first = pairs(given, set())[0]
    assert (first.one.id, first.other.id) == ("b", "c")
    assert first.why == ("the same name", "the same number or address", "the same organisation")


@pytest.fixture
def twice(site: FoundSite) -> FoundSite:
    again = build.opening("leg-ulcers", team="tissue-viability", contacts=PHONE, areas=(Area("Eastmarsh"),))
    named = Edit(again.id, {**again.set, "name": "Leg ulcer clinic"}, 0, slug=again.slug)
    build.change(site.database, build.draft(named, kinds=("opened",), effective_from=build.OPENED))
    return site


def pair_of(site: FoundSite) -> list[tuple[str, str]]:
    with site.database.read() as connection:
        found = likely_pairs(connection, on=build.TODAY)
    return [(pair.one.id, pair.other.id) for pair in found]


def test_they_are_the_same_begins_a_draft_in_which_one_takes_over(twice: FoundSite, editor: TestClient) -> None:
    assert pair_of(twice) == [(CLINIC, "leg-ulcers")]
    said = words_of(editor.get("/manage/duplicates").text)
    assert "the same name" in said
    assert "Not the same" in said
    path = editor.post("/manage/duplicates", data={"one": CLINIC, "other": "leg-ulcers", "keep": CLINIC}).headers[
        "location"
    ]
    assert editor.get(path).text.count("Done") == 2
    editor.post(f"{path}/date", data={"when": "today"})
    looked(editor, path, title="It stood there twice")
    link = last(twice).succession[0]
    assert (link.kind, link.predecessor, link.successor) == ("replaced", "leg-ulcers", CLINIC)
    assert pair_of(twice) == []


def test_not_the_same_is_remembered(twice: FoundSite, editor: TestClient, lead: TestClient) -> None:
    pair = {"one": "leg-ulcers", "other": CLINIC}
    assert lead.get("/manage/duplicates").status_code == 403
    assert lead.post("/manage/duplicates", data=pair).status_code == 403
    assert editor.post("/manage/duplicates", data=pair).headers["location"] == "/manage/duplicates?done=apart"
    assert editor.post("/manage/duplicates", data=pair).status_code == 303
    assert "No two entries look like one" in words_of(editor.get("/manage/duplicates").text)
    assert editor.post("/manage/duplicates", data={"one": "none", "other": CLINIC}).status_code == 404
    assert editor.post("/manage/duplicates", data={"one": CLINIC, "other": CLINIC, "keep": CLINIC}).status_code == 422


def test_an_identifier_of_two_services_is_found_on_both_databases(database: Database) -> None:
    build.directory(database)
    given: dict[str, Any] = {"identifiers": (Identifier("local", "77"),), "owner": Owner("hospital-trust", "vascular")}
    build.change(database, build.draft(build.opening("vascular-legs", **given), kinds=("opened",)))
    build.change(database, build.draft(build.opening("foot-care", identifiers=given["identifiers"]), kinds=("opened",)))
    with database.write() as connection:
        found = likely_pairs(connection, on=build.TODAY)
        assert [(pair.one.id, pair.other.id, pair.score) for pair in found] == [("foot-care", "vascular-legs", 100)]
        not_the_same(connection, "vascular-legs", "foot-care", by=OPERATOR, at=build.NOON)
        not_the_same(connection, "foot-care", "vascular-legs", by=OPERATOR, at=build.NOON)
        assert likely_pairs(connection, on=build.TODAY) == []
