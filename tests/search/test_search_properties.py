"""Whatever is typed gets an answer, the same one each time, and reading words is stable."""

from __future__ import annotations

import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.search.index import WhooshEngine
from directory.search.speller import Speller, allowed_distance, distance
from directory.search.text import fold, phone_key, phrase, words
from tests.examples import examples
from tests.search.search_builders import DAY, ask, opened, service

WORDS = [
    "leg",
    "ulcer",
    "clinic",
    "who",
    "Eastmarsh",
    "NM4 7BD",
    "01632 960101",
    "TVN",
    '"',
    "AND",
    "*",
    "ulser",
    "\0",
    "🦵",
    "שלום",
]
quick = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> WhooshEngine:
    return opened(tmp_path_factory.mktemp("properties") / "index")


@quick
@given(text=st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)))
def test_any_text_gets_the_same_answer_twice(engine: WhooshEngine, text: str) -> None:
    first, second = ask(engine, text), ask(engine, text)
    assert first == second
    assert len(first.hits) <= 20
    assert first.total >= len(first.hits)
    assert [hit.score for hit in first.hits] == sorted((hit.score for hit in first.hits), reverse=True)
    assert all(hit.matched.text for hit in first.hits)
    engine.suggest(text)


@quick
@given(text=st.text(alphabet=string.printable, max_size=80), area=st.text(max_size=20), setting=st.text(max_size=20))
def test_any_filter_is_taken(engine: WhooshEngine, text: str, area: str, setting: str) -> None:
    found = ask(engine, text, area=area, setting=setting)
    assert found.total <= ask(engine, text).total or not area


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "leg ulcer " * 10_000,
        "\0" * 100_000,
        "(" * 100_000,
        "1 " * 50_000,
        "a@" * 50_000,
        "👩🏽‍⚕️" * 20_000,
    ],
)
def test_a_hundred_thousand_characters_are_cut(engine: WhooshEngine, text: str) -> None:
    assert ask(engine, text).total >= 0


@quick
@given(text=st.text(max_size=60))
def test_folding_and_words_are_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert words(" ".join(words(text))) == words(text)
    assert phrase(text) == phrase(text.upper().lower()) or not text.isascii()


@quick
@given(word=st.text(alphabet="abcdest", min_size=5, max_size=12), data=st.data())
def test_a_single_slip_is_always_found(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("xyz"))
    slips = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ]
    speller = Speller([word, "unrelated"])
    for slip in slips:
        assert speller.near(slip)[word] == distance(slip, word, 2) <= 1


_TWINS = [
    service(f"t{number}", name, needs=("leg ulcer", "feet"), areas=(place,), superseded=number % 5 == 0)
    for number, (name, place) in enumerate(
        (name, place)
        for name in ("Podiatry", "Foot clinic", "Leg ulcer clinic")
        for place in ("Eastmarsh", "Westhallow", "Eastmarsh")
    )
]


@settings(max_examples=examples(12), deadline=None)
@given(data=st.data())
def test_the_order_never_hangs_on_how_the_index_was_written(data: st.DataObject) -> None:
    documents = data.draw(st.permutations(_TWINS))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(documents) - 1), max_size=3)))
    pieces = [documents[start:end] for start, end in zip([0, *cuts], [*cuts, len(documents)], strict=True)]
    with TemporaryDirectory() as folder:
        one, other = opened(Path(folder) / "one", _TWINS), opened(Path(folder) / "other", [])
        for number, piece in enumerate(pieces):
            other.apply(piece, number=number, day=DAY)
        for text in ("leg ulcer", "feet Eastmarsh", "verruca", "Podiatry", "clinic", "foot clinic child"):
            assert ask(other, text).hits == ask(one, text).hits
        one.close()
        other.close()


def test_short_words_are_left_alone() -> None:
    assert allowed_distance("leg") == 0
    assert Speller(["lag", "peg"]).near("leg") == {}
    assert Speller([]).near("anything") == {}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("01632 960101", "01632960101"),
        ("+44 1632 960101", "01632960101"),
        ("+44 (0)1632 960101", "01632960101"),
        ("0044 1632 960 101", "01632960101"),
        ("(01632) 960-101", "01632960101"),
        ("01632 960101 ext 12", "01632960101"),
        ("01632 960101 x12", "01632960101"),
        ("111", "111"),
        ("12", None),
        ("none", None),
    ],
)
def test_a_number_is_one_key_however_it_is_written(typed: str, key: str | None) -> None:
    assert phone_key(typed) == key
