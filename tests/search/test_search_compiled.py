"""The arrays beside a segment answer as a plain look through the documents does, and Whoosh reads what is written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh.index import FileIndex

from directory.search import arrays, scoring
from directory.search import manifest as on_disk
from directory.search.choosing import PLACES
from directory.search.compiling import FULL
from directory.search.document import Document, from_stored
from directory.search.index import WhooshEngine
from directory.search.plan import Demand, Plan, Reading, Token
from directory.search.question import Key
from directory.search.schema import CheckedStorage
from directory.search.scoring import KEY_BOOST, SETTLED, score
from directory.search.snapshot import Snapshot
from directory.search.speller import Speller, allowed_distance, distance
from directory.search.terms import keys_of, weights_of
from directory.search.text import stem
from tests.examples import examples
from tests.search.search_builders import DAY, ask, directory, ids, opened, service

slow = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STEMS = sorted({stem(word) for document in directory() for word in weights_of(document)})
KEYS = sorted(
    {entry for document in directory() for entry in keys_of(document) if entry.partition(":")[0] in KEY_BOOST}
)
FILTERS = sorted({entry for document in directory() for entry in keys_of(document) if entry.startswith("within:")})


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan of words and keys that the small directory knows, and of some that it does not."""
    count = draw(st.integers(0, 5))
    weights = st.sampled_from([0.2, 0.3, 1.0])
    tokens = tuple(Token(f"t{at}", draw(weights), draw(st.booleans()), draw(st.booleans())) for at in range(count))
    readings, keys = [], []
    for at in range(count):
        for _ in range(draw(st.integers(1, 3))):
            last = draw(st.integers(at, count - 1))
            stems = tuple(draw(st.lists(st.sampled_from([*STEMS, "xyzzy"]), min_size=1, max_size=2)))
            via = draw(st.sampled_from(["typed", "synonym"])) if at == last and len(stems) == 1 else "synonym"
            readings.append(Reading(at, last, stems, draw(st.sampled_from([0.7, 0.85, 1.0])), via))
    for entry in draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True)):
        kind, _, value = entry.partition(":")
        covers = draw(st.lists(st.integers(0, count - 1), unique=True)) if count else []
        keys.append(Key(kind, value, 1.0, tuple(sorted(covers))))
    otherwise = draw(st.sampled_from([0.07, 0.6]))
    demands = tuple(Demand(((entry, 1.0),), otherwise) for entry in draw(st.lists(st.sampled_from(KEYS), max_size=1)))
    filters = tuple((entry,) for entry in draw(st.lists(st.sampled_from(FILTERS), max_size=1)))
    return Plan(text="", tokens=tokens, readings=tuple(readings), keys=tuple(keys), demands=demands, filters=filters)


class Naive:
    """The same answer from the documents themselves, one after the other."""

    def __init__(self, documents: list[Document]) -> None:
        self.words = {document.id: _values(document) for document in documents}
        self.keys = {document.id: keys_of(document) for document in documents}

    def plain(self, plan: Plan) -> list[float]:
        """What each scores by its words alone, the most first."""
        rarity = [self._rarity(plan, at) for at in range(len(plan.tokens))]
        return sorted((self._plain(plan, rarity, id_) for id_ in self.words if self._may(plan, id_)), reverse=True)

    def scores(self, plan: Plan) -> dict[str, float]:
        rarity = [self._rarity(plan, at) for at in range(len(plan.tokens))]
        found = {id_: self._score(plan, rarity, id_) for id_ in self.words if self._may(plan, id_)}
        least = 0.1 * max(found.values(), default=0.0)
        return {id_: value for id_, value in found.items() if value > 0 and value >= least}

    def _met(self, reading: Reading, id_: str) -> float:
        return min(self.words[id_].get(each, 0.0) for each in reading.stems)

    def _rarity(self, plan: Plan, at: int) -> float:
        of = [reading for reading in plan.readings if reading.first <= at <= reading.last]
        typed = [reading for reading in of if reading.via == "typed" and reading.first == at]
        number = sum(1 for id_ in self.words if typed and self._met(typed[-1], id_) > 0)
        about = sum(1 for id_ in self.words if any(self._met(each, id_) * each.weight > 0.4 for each in of))
        anyhow = sum(1 for id_ in self.words if any(self._met(each, id_) > 0 for each in of))
        number = number or about or anyhow
        return math.log(1 + (len(self.words) - number + 0.5) / (number + 0.5)) + 0.1

    def _values(self, plan: Plan, id_: str) -> list[float]:
        values = [0.0] * len(plan.tokens)
        for reading in plan.readings:
            for at in range(reading.first, reading.last + 1):
                values[at] = max(values[at], self._met(reading, id_) * reading.weight)
        for key in plan.keys:
            if f"{key.kind}:{key.value}" in self.keys[id_]:
                for at in key.covers:
                    values[at] = max(values[at], 0.8 * key.weight)
        return values

    def _may(self, plan: Plan, id_: str) -> bool:
        if not all(self.keys[id_].intersection(any_of) for any_of in plan.filters):
            return False
        values = self._values(plan, id_)
        named = any(f"{key.kind}:{key.value}" in self.keys[id_] for key in plan.keys)
        required = [at for at, token in enumerate(plan.tokens) if token.required]
        numbers = {f"{key.kind}:{key.value}" for key in plan.keys if not key.covers and key.kind not in PLACES}
        if not required and any(numbers & held for held in self.keys.values()):
            return bool(numbers & self.keys[id_])
        if not required:
            return any(values) or named
        return any(values[at] for at in required) or (bool(numbers) and named)

    def _score(self, plan: Plan, rarity: list[float], id_: str) -> float:
        total = self._plain(plan, rarity, id_)
        for demand in plan.demands:
            total *= 1.0 if demand.keys[0][0] in self.keys[id_] else demand.otherwise
        return total * (0.65 if "superseded:1" in self.keys[id_] else 1.0)

    def _plain(self, plan: Plan, rarity: list[float], id_: str) -> float:
        values = self._values(plan, id_)
        weights = [rare * token.weight for rare, token in zip(rarity, plan.tokens, strict=True)]
        whole = sum(weights) or 1.0
        covered = sum(weight for weight, value in zip(weights, values, strict=True) if value > 0) / whole
        text = sum(weight * value for weight, value in zip(weights, values, strict=True)) / whole
        return text * (0.4 + 0.6 * covered * covered) + self._extra(plan, id_)

    def _extra(self, plan: Plan, id_: str) -> float:
        worth = [0.0 if token.place else token.weight for token in plan.tokens]
        best: dict[str, float] = {}
        for key in plan.keys:
            if f"{key.kind}:{key.value}" in self.keys[id_]:
                share = sum(worth[at] for at in key.covers) / sum(worth) if key.covers and sum(worth) else 1.0
                family = "name" if key.kind in ("name", "former_name", "core", "former_core") else key.kind
                boost = KEY_BOOST[key.kind] * key.weight * (0.1 + 0.9 * share**3)
                best[family] = max(best.get(family, 0.0), boost)
        return sum(best.values())


def _values(document: Document) -> dict[str, float]:
    found: dict[str, float] = {}
    for word, weight in weights_of(document).items():
        found[stem(word)] = found.get(stem(word), 0.0) + weight
    return {stemmed: round(FULL * weight / (weight + 2.0)) / FULL for stemmed, weight in found.items()}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[WhooshEngine]]:
    """The small directory, built at once and grown change by change, with former records among its segments."""
    built = opened(tmp_path_factory.mktemp("compiled") / "built")
    grown = opened(tmp_path_factory.mktemp("compiled") / "grown", [replace(each, needs=()) for each in directory()])
    for start in range(0, len(directory()), 4):
        grown.apply(directory()[start : start + 4], number=8, day=DAY)
    yield [built, grown]
    for each in (built, grown):
        each.close()


@slow
@given(plan=plans())
def test_scores_are_those_of_a_plain_look_through_the_documents(engines: list[WhooshEngine], plan: Plan) -> None:
    naive = Naive(directory())
    expected, speaking = naive.scores(plan), naive.plain(plan)
    for engine, few, most in product(engines, (0, 1_000), (3, 1_000)):
        state = engine.lexicon()
        assert isinstance(state, Snapshot)
        # With 0, what cannot be a hit is left out, however few documents there are.
        with patch.multiple(scoring, _FEW=few, _SOME=few, MOST=most, SPEAKING=2):
            found = score(plan, state)
            total = found.total
        values = {state.held(at).id: value for at, value in zip(found.ids.tolist(), found.scores.tolist(), strict=True)}
        assert total == min(len(expected), most)
        # Of more than are put in order, those that come after may be missing.
        least = sorted(expected.values(), reverse=True)[total - 1] if len(expected) > most else 0.0
        assert {id_ for id_, value in expected.items() if value > least + 2e-5} <= values.keys() <= expected.keys()
        for id_, value in values.items():
            assert value == pytest.approx(expected[id_], abs=2e-5)
        if plan.demands and 0 < found.best < SETTLED:
            # Of what speaks of the question, wherever it is, the most telling are there to be asked what it may mean.
            assert sorted(found.plain[found.plain > 0], reverse=True)[:2] == pytest.approx(speaking[:2], abs=2e-5)


def test_the_best_are_the_same_however_few_are_asked_for(engines: list[WhooshEngine]) -> None:
    for engine in engines:
        state = engine.lexicon()
        assert isinstance(state, Snapshot)
        plan = Plan(text="", tokens=(Token("t", 1.0, True),), readings=(Reading(0, 0, ("northmoor",), 1.0, "typed"),))
        found = score(plan, state)
        every = state.first(found.ids, found.scores, 1_000)
        order = sorted(found.ids.tolist(), key=lambda at: (-found.scores[found.ids.searchsorted(at)], state.order(at)))
        assert every == order
        for most in range(1, len(every)):
            assert state.first(found.ids, found.scores, most) == every[:most]


def test_whoosh_reads_the_segment_as_its_own(tmp_path: Path) -> None:
    documents = [service(f"s{n:04}", f"Podiatry {n % 7}", needs=("feet", f"need {n}")) for n in range(700)]
    opened(tmp_path, documents)
    manifest = on_disk.read_manifest(tmp_path, on_disk.read_pointer(tmp_path))
    reader = FileIndex(CheckedStorage(tmp_path / manifest.build, manifest)).reader()
    assert reader.doc_count_all() == 700
    for at in (0, 350, 699):
        assert from_stored(reader.stored_fields(at)["document"]) == documents[at]
    for word in ("podiatry", "3", "feet"):
        holding = [(at, weights_of(each)[word]) for at, each in enumerate(documents) if word in weights_of(each)]
        matcher = reader.postings("word", word)
        found = []
        while matcher.is_active():
            found.append((matcher.id(), matcher.weight()))
            matcher.next()
        assert found == [(at, pytest.approx(weight)) for at, weight in holding]
        assert reader.doc_frequency("word", word) == len(holding)
    assert set(reader.lexicon("key")) == {entry.encode() for each in documents for entry in keys_of(each)}


def test_what_is_too_large_to_be_held_is_read_a_piece_at_a_time_and_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "_HELD_BYTES", 100)
    monkeypatch.setattr(arrays, "_HELD_HASHES", 5)
    engine = opened(tmp_path)
    whole = [hit for text in ("leg ulcer", "01632 960101", "falls") for hit in _hits(engine, text)]
    for path in tmp_path.rglob("MAIN_*"):
        path.write_bytes(b"")
    again = [hit for text in ("leg ulcer", "01632 960101", "falls") for hit in _hits(engine, text)]
    assert again == whole != []
    assert engine.cursor is None


def _hits(engine: WhooshEngine, text: str) -> list[str]:
    return ids(ask(engine, text))


@slow
@given(
    words=st.lists(st.text(alphabet="abcdeéß", min_size=1, max_size=9), max_size=30, unique=True),
    asked=st.text(alphabet="abcdeéß", min_size=1, max_size=9),
)
def test_every_word_within_reach_is_found_and_no_other(words: list[str], asked: str) -> None:
    allowed = allowed_distance(asked)
    within = {word: distance(asked, word, 9) for word in words if len(word) >= 4 and allowed}
    assert Speller(words).near(asked) == {word: far for word, far in within.items() if far <= allowed}
