"""What a question says beside its subject, and what the field knows without a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from directory.domain.area import Area, Gazetteer
from directory.domain.query import Query
from directory.search.concepts import concepts, parse, stems_of
from directory.search.find import Found, find
from directory.search.index import WhooshEngine
from directory.search.question import MOST_WORDS
from directory.search.sounding import Sounds, sound
from directory.search.understanding import understood
from tests.search.search_builders import VOCABULARY, ask, directory, ids, opened, service

GAZETTEER = Gazetteer.of(
    [
        Area("Northmoor", "integrated-care-system"),
        Area("Eastmarsh", "borough", within=("Northmoor",), outward=("NM7",)),
        Area("Westhallow", "borough", within=("Northmoor",), outward=("NM2",)),
        Area("Saltings", "place", within=("Eastmarsh",)),
    ]
)
MORE = [
    service("eye", "Ophthalmology outpatients", areas=("Northmoor",), needs=("retinal screening",)),
    service("voice-a", "Voice clinic", areas=("Eastmarsh",), needs=("voice problem",), age_min=18),
    service("rota", "Asthma hot clinic", areas=("Eastmarsh",), needs=("asthma",), urgencies=("urgent",)),
    service("calm", "Asthma cold clinic", areas=("Eastmarsh",), needs=("asthma",), urgencies=("routine",)),
    service("nowhere", "Gambling advice"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    engine = opened(tmp_path_factory.mktemp("understanding") / "index", [*directory(), *MORE])
    yield engine
    engine.close()


def placed(engine: WhooshEngine, text: str, **given: object) -> Found:
    return find(Query(text, **given), engine, VOCABULARY, GAZETTEER)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("falls in Eastmarsh", [("place", "Eastmarsh", "falls")]),
        ("falls Saltings, aged 84", [("place", "Saltings", "falls aged 84"), ("age", "Aged 84", "falls Saltings")]),
        ("voice problem 14 months", [("age", "Aged 14 months", "voice problem")]),
        ("stammering child", [("age", "Children", "stammering")]),
        ("insulin NM7 2AB", [("postcode", "Postcode NM7 2AB (Eastmarsh)", "insulin")]),
        ("insulin nm2", [("postcode", "Postcode nm2 (Westhallow)", "insulin")]),
        ("leg ulcer same day", [("urgency", "Urgent", "leg ulcer")]),
        ("foot ulcer outpatients", [("setting", "Hospital", "foot ulcer")]),
        ("Urgent community response", []),
        ("Eastmarsh falls service", []),
        ("leg ulcer", []),
    ],
)
def test_what_is_recognised_can_be_taken_away(
    engine: WhooshEngine, question: str, shown: list[tuple[str, str, str]]
) -> None:
    found = placed(engine, question)
    assert [(each.kind, each.label, each.q) for each in understood(question, found.plan.recognised)] == shown


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("retinal screening Saltings", "eye"),  # a wider area serves it
        ("insulin NM7 2AB", "dn-east"),
        ("insulin NM2", "dn-west"),
        ("district nurse Saltings", "dn-east"),
        ("asthma urgent", "rota"),
        ("asthma routine", "calm"),
        ("gambling Eastmarsh", "nowhere"),  # an entry that names no area may serve any
    ],
)
def test_a_place_stands_for_what_lies_around_and_within_it(engine: WhooshEngine, question: str, first: str) -> None:
    assert ids(placed(engine, question))[:1] == [first]


def test_of_a_letter_that_is_pasted_the_words_that_tell_are_read(engine: WhooshEngine) -> None:
    letter = (
        "Dear colleague, thank you for seeing this patient of ours who called our team about the services and clinic "
        "that nurses and advice offer to adults at home and on visits, we wonder whether our staff, wounds, pressure "
        "relief, assessment first, could all help again, and ask you about her stammering. Kind regards"
    )
    found = placed(engine, letter)
    assert len(found.plan.tokens) <= MOST_WORDS
    assert "stammering" in {token.text for token in found.plan.tokens}
    assert "slt-child" in ids(found)


def test_a_wide_place_is_served_by_those_within_it(engine: WhooshEngine) -> None:
    assert {"dn-east", "dn-west"} == set(ids(placed(engine, "district nursing Northmoor"))[:2])
    assert "dn-east" in ids(placed(engine, "district nursing", area="Northmoor"))
    assert "dn-west" not in ids(placed(engine, "district nursing", area="Saltings"))


def test_where_somebody_is_registered_counts_as_their_place(engine: WhooshEngine) -> None:
    found = placed(engine, "district nurse", registered=("Westhallow", "Northmoor"))
    assert (ids(found)[0], found.confident) == ("dn-west", True)


def test_who_is_too_young_or_old_goes_down_and_is_never_an_answer(engine: WhooshEngine) -> None:
    assert placed(engine, "voice problem").confident
    assert not placed(engine, "voice problem aged 6").confident
    assert ids(placed(engine, "speech therapy 6 year old"))[0] == "slt-child"
    assert ids(placed(engine, "speech therapy 40yo"))[0] == "slt-adult"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("verruca", "podiatry"),
        ("cloudy lens", "eye"),
        ("keeps tripping, Westhallow", "falls-west"),
        ("stutter", "slt-child"),
        ("bag on the tummy", "stoma"),
        ("forgetful", "memory"),
        ("decubitus", "tissue-viability"),
    ],
)
def test_the_words_of_people_meet_those_of_the_field(engine: WhooshEngine, question: str, first: str) -> None:
    assert ids(placed(engine, question))[:1] == [first]


def test_what_is_only_near_in_meaning_is_never_an_answer(engine: WhooshEngine) -> None:
    for question in ("verruca", "cloudy lens", "forgetful"):
        assert not placed(engine, question).confident


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lge ulcer", "leg ulcer"),
        ("newmonia", "pneumonia"),
        ("diarea", "diarrhoea"),
        ("kiropody", "chiropody"),
        ("sykiatry", "psychiatry"),
        ("lymphodema", "lymphoedema"),
    ],
)
def test_a_slip_of_the_hand_or_the_ear_is_put_right(engine: WhooshEngine, typed: str, meant: str) -> None:
    assert placed(engine, typed).did_you_mean == meant


def test_of_a_page_of_misspelt_words_only_the_first_few_are_put_right(engine: WhooshEngine) -> None:
    slips = ["ulxcer", "cliznic", "physdio", "memoxry", "swallzowing", "stairlxift", "dementixa"]
    plan = ask(engine, " ".join(slips)).plan
    assert [typed for typed, _ in plan.corrections] == slips[:4]
    assert plan.unknown == tuple(slips[4:])


def test_a_word_of_too_few_sounds_is_not_taken_for_another() -> None:
    assert sound("newmonia") == sound("pneumonia")
    assert Sounds(["leg", "diarrhoea", "adder"]).like("dr") == []
    assert Sounds(["oedema"]).like("adam") == []


@pytest.mark.parametrize("typed", ["ending 0101", "number ends 0101", "01632 960 101", "+44 (0) 1632 960101", "960101"])
def test_a_number_is_found_by_its_end_and_in_any_spacing(engine: WhooshEngine, typed: str) -> None:
    assert ids(placed(engine, typed))[:1] == ["leg-ulcer"]


@pytest.mark.parametrize("typed", ["NCH-0101", "nch 0101", "NCH 01 01"])
def test_a_code_is_found_in_any_spacing(engine: WhooshEngine, typed: str) -> None:
    assert ids(placed(engine, typed))[:1] == ["leg-ulcer"]


def test_a_former_name_says_so(engine: WhooshEngine) -> None:
    matched = placed(engine, "leg club").hits[0].matched
    assert (matched.field, matched.text) == ("former_name", "Grange Road Leg Club")


def test_what_closed_is_below_what_took_its_place(
    engine: WhooshEngine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    twins = [
        replace(directory()[0], id="old", slug="old", status="closed", superseded=True),
        directory()[0],
    ]
    other = opened(tmp_path_factory.mktemp("twins") / "index", twins)
    for text in ("leg ulcer", "compression bandaging", "Leg ulcer clinic", "01632 960101"):
        assert ids(ask(other, text)) == ["leg-ulcer", "old"]
    other.close()


def test_the_table_of_concepts_is_sound() -> None:
    table = concepts()
    assert len(table.senses) > 2_000
    assert all(stems == tuple(sorted(stems)) and stems for stems in table.senses)
    assert [met.first for met in table.met(stems_of("swollen legs and a bad back"))] == [0, 2]
    with pytest.raises(ValueError, match="stands under no specialty"):
        parse("a condition; and its words")
