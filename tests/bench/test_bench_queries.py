"""The questions: their right answers exist, and the set that measures shares nothing with the one to tune by."""

from __future__ import annotations

import pytest

from bench.search.prepared import SETS
from bench.search.queries.ground import Ground, keys_of, name_key, resolve
from bench.search.queries.held_out import dial
from bench.search.queries.labelled import DOUBT, KINDS, SYNONYM, Draft, Labelled
from bench.search.queries.phrases import read_phrases
from bench.search.queries.slips import distance
from directory.search.document import Document


@pytest.fixture(scope="module")
def sets(ground: Ground, corpus: list[Document]) -> dict[str, list[Labelled]]:
    return {name: resolve(drafts(ground), corpus) for name, drafts in SETS.items()}


def test_there_are_enough_of_every_kind(sets: dict[str, list[Labelled]]) -> None:
    kinds = [asked.kind for asked in sets["held-out"]]
    assert sum(kind in KINDS for kind in kinds) >= 400
    assert all(kinds.count(kind) >= 50 for kind in (*KINDS, DOUBT, SYNONYM))


def test_the_sets_share_no_question(sets: dict[str, list[Labelled]]) -> None:
    # A condition by itself is asked in both ways that there are: as it is written.
    held, tuning = ({asked.text.casefold() for asked in sets[name]} for name in ("held-out", "tuning"))
    assert held & tuning == set()


def test_the_sets_share_no_phrase() -> None:
    held, tuning = read_phrases("held_out"), read_phrases("tuning")
    assert set(held.abbreviation) & set(tuning.abbreviation) == set()
    assert set(held.synonym) & set(tuning.synonym) == set()
    assert set(held.question) & set(tuning.question) == set()
    assert set(held.nothing) & set(tuning.nothing) == set()


def test_right_answers_exist(sets: dict[str, list[Labelled]], corpus: list[Document]) -> None:
    ids = {document.id for document in corpus}
    for asked in (*sets["held-out"], *sets["tuning"]):
        # A hospital in the last whole district may serve one that was cut off, never the other way round.
        assert asked.best <= ids, asked
        assert not asked.best & asked.also, asked
        assert asked.best or asked.kind == DOUBT, asked


def test_right_answers_serve_the_place_and_are_live(sets: dict[str, list[Labelled]], corpus: list[Document]) -> None:
    by_id = {document.id: document for document in corpus}
    for asked in sets["held-out"]:
        if asked.kind in ("condition-place", "abbreviation", "question", SYNONYM):
            for found in asked.best:
                areas = [area.casefold() for area in by_id[found].areas]
                assert any(area in asked.text.casefold() for area in areas), asked
                assert not by_id[found].superseded


def test_labels_are_the_same_each_time(ground: Ground, sets: dict[str, list[Labelled]], corpus: list[Document]) -> None:
    assert resolve(SETS["tuning"](ground), corpus) == sets["tuning"]


def test_doubt_is_where_nothing_or_too_much_is_right() -> None:
    same = [Document(id=f"s{number}", slug=f"s{number}", name="Podiatry service") for number in range(4)]
    drafts = [Draft("exact", "podiatry", (("name", name_key("podiatry clinic")),))]
    assert resolve(drafts, same)[0].doubt
    [asked] = resolve(drafts, same[:3])
    assert not asked.doubt
    assert asked.may_be_sure_of("s1")


def test_what_has_closed_is_an_answer_only_where_nothing_is_live() -> None:
    [closed] = resolve([Draft(DOUBT, "falls Xanadu", also=frozenset(["old"]))], [])
    assert closed.may_be_sure_of("old")
    assert not closed.may_be_sure_of("other")


def test_a_present_number_goes_before_a_former_one() -> None:
    now = Document(id="now", slug="now", name="Now", phones=("01632 960001",))
    once = Document(id="once", slug="once", name="Once", former_phones=("01632-960001",))
    assert {("phone", "01632960001")} <= set(keys_of(now))
    draft = Draft("number", "01632 960001", (("phone", "01632960001"), ("former-phone", "01632960001")))
    [asked] = resolve([draft], [once, now])
    assert (asked.best, asked.also) == (frozenset(["now"]), frozenset(["once"]))


def test_numbers_keep_their_digits_however_they_are_typed() -> None:
    from random import Random

    for seed in range(40):
        typed = "".join(each for each in dial("01632 960101", Random(seed)) if each.isdigit())
        assert typed.removeprefix("0044").removeprefix("440").removeprefix("0").lstrip("0") == "1632960101"


@pytest.mark.parametrize(
    ("one", "two", "away"),
    [
        ("ulcer", "ulcer", 0),
        ("ulser", "ulcer", 1),
        ("lucer", "ulcer", 1),
        ("ulcre", "ulcr", 1),
        ("podiatry", "dietetics", 3),
    ],
)
def test_distance_between_words(one: str, two: str, away: int) -> None:
    assert distance(one, two) == away
