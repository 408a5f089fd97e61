"""Which needs and areas a question means: what is followed is what is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.domain.area import Area, Gazetteer
from directory.domain.change import fold
from directory.domain.query import Query
from directory.search.facets import Meant, meant
from directory.search.find import find
from directory.search.index import WhooshEngine
from tests.search.search_builders import VOCABULARY, directory, opened, service

GAZETTEER = Gazetteer.of(
    [
        Area("Northmoor", "integrated-care-system"),
        Area("Eastmarsh", "borough", within=("Northmoor",), outward=("NM7",)),
        Area("Westhallow", "borough", within=("Northmoor",)),
        Area("Saltings", "place", within=("Eastmarsh",)),
    ]
)
MORE = [
    service("pads", "Continence advice", areas=("Eastmarsh",), needs=("continence pads", "urinary incontinence")),
    service("falls-home", "Falls at home", areas=("Northmoor",), needs=("falls", "falls assessment at home")),
]
DOCUMENTS = [*directory(), *MORE]
NEEDS = sorted({fold(need) for each in DOCUMENTS for need in each.needs})
AREAS = ["eastmarsh", "northmoor", "saltings", "westhallow"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    engine = opened(tmp_path_factory.mktemp("facets") / "index", DOCUMENTS)
    yield engine
    engine.close()


def of(engine: WhooshEngine, text: str, **given: str) -> Meant:
    query = Query(text, **given)  # type: ignore[arg-type]
    return meant(query, find(query, engine, VOCABULARY, GAZETTEER).plan, GAZETTEER, needs=NEEDS, areas=AREAS)


def test_a_need_is_meant_whole_or_by_every_word_of_the_question(engine: WhooshEngine) -> None:
    assert of(engine, "who deals with falls").needs == ("fall without injury", "falls", "falls assessment at home")
    assert of(engine, "falls assesment at home").needs == ("falls assessment at home",)
    assert of(engine, "continence pads for my gran").needs == ("continence pads",)


def test_an_area_is_meant_with_what_lies_in_it_and_what_reaches_over_it(engine: WhooshEngine) -> None:
    assert of(engine, "falls in Eastmarsh").areas == ("eastmarsh", "northmoor", "saltings")
    assert of(engine, "falls", area="Saltings").areas == ("eastmarsh", "northmoor", "saltings")
    assert of(engine, "falls").areas == ()


def test_what_the_directory_does_not_have_means_nothing(engine: WhooshEngine) -> None:
    for text in ("who painted the ceiling", "levitation", "", "01632 960999", "the"):
        assert of(engine, text) == Meant((), ()), text


@settings(max_examples=30)
@given(text=st.text(max_size=60), area=st.none() | st.text(max_size=20))
def test_any_text_means_only_what_there_is(engine: WhooshEngine, text: str, area: str | None) -> None:
    query = Query(text, area)
    found = meant(query, find(query, engine, VOCABULARY, GAZETTEER).plan, GAZETTEER, needs=NEEDS, areas=AREAS)
    assert set(found.needs) <= set(NEEDS)
    assert set(found.areas) <= set(AREAS)
