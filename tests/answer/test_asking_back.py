"""Adult or child? One plain question where the answer hangs on it, and the right service once it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from directory.actions.follow import follow_index
from directory.answer import answer
from directory.domain.query import Answer, Query
from directory.domain.service import Eligibility
from directory.search.find import find
from directory.search.index import WhooshEngine
from directory.search.vocabulary import Term, Vocabulary
from directory.store.database import Database
from tests import build

VOCABULARY = Vocabulary.from_terms(
    [
        Term("SALT", ("speech therapy",), "abbreviation"),
        Term("dressings", ("wound care", "tissue viability"), "synonym"),
    ]
)
Ask = Callable[[str], Answer]


@pytest.fixture
def ask(sqlite_url: str, tmp_path: Path) -> Iterator[Ask]:
    """Puts a question to a directory with speech therapy for adults and, up to 25, for the young."""
    engine = WhooshEngine(tmp_path / "index")
    with closing(Database(sqlite_url)) as database, closing(engine):
        build.directory(database)
        adults, young = Eligibility("Adults", age_min=18), Eligibility("Up to 18, or 25 with a plan", 0, 25)
        opened = build.draft(
            build.opening(
                "adult", name="Adult speech and language service", needs=("speech therapy",), eligibility=adults
            ),
            build.opening(
                "children",
                name="Children's speech and language service",
                needs=("children's speech",),
                eligibility=young,
            ),
            build.opening("supply", name="Dressing supply", needs=("dressings",)),
            build.opening("wounds", name="Tissue viability", needs=("complex wounds",)),
            build.opening("feet", name="Diabetic foot protection", needs=("diabetic foot",), eligibility=adults),
            kinds=("opened",),
        )
        build.change(database, opened)
        follow_index(database, engine, today=build.TODAY)

        def put(text: str) -> Answer:
            with database.read() as connection:
                return answer(connection, Query(text), lambda query: find(query, engine, VOCABULARY), today=build.TODAY)

        yield put


@pytest.mark.parametrize("question", ["speech therapy", "speech therapist"])
def test_adults_or_children(ask: Ask, question: str) -> None:
    found = ask(question)
    assert (found.best, found.ask) == (None, "For adults or children?")
    assert [label for label, _ in found.choices] == ["Adults", "Children"]
    chosen = [ask(text).best for _, text in found.choices]
    assert [best.entry.id if best else None for best in chosen] == ["adult", "children"]


@pytest.mark.parametrize(
    ("question", "service"),
    [
        ("speech therapy for a 6 year old", "children"),
        ("speech therapy aged 70", "adult"),
        ("Adult speech and language service", "adult"),
    ],
)
def test_nothing_is_asked_where_it_is_said(ask: Ask, question: str, service: str) -> None:
    found = ask(question)
    assert found.ask is None
    assert found.best is not None
    assert found.best.entry.id == service


def test_a_service_for_another_age_is_not_the_answer(ask: Ask) -> None:
    assert ask("diabetic foot").best is not None
    assert ask("diabetic foot child").best is None


def test_a_word_for_several_things_read_backwards_is_a_guess(ask: Ask) -> None:
    found = ask("wound care")
    assert found.best is None
    assert "supply" in [result.entry.id for result in found.results]
