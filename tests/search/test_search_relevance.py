"""Labelled questions: the first answer is right, and confidence is claimed only where it is deserved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from directory.search.index import WhooshEngine
from tests.search.search_builders import ask, ids, opened


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhooshEngine]:
    engine = opened(tmp_path_factory.mktemp("relevance") / "index")
    yield engine
    engine.close()


# (question, first answer, the field it matched, whether it is sure)
LABELLED = [
    # exact names
    ("leg ulcer", "leg-ulcer", "name", True),
    ("Leg ulcer clinic", "leg-ulcer", "name", True),
    ("leg ulcers", "leg-ulcer", "name", True),
    ("LEG  ULCER   SERVICE", "leg-ulcer", "name", True),
    ("Podiatry service", "podiatry", "name", True),
    ("patient transport", "patient-transport", "name", True),
    ("memory clinic", "memory", "name", True),
    ("Urgent Community Response team", "rapid", "name", True),
    # former names
    ("Grange Road Leg Club", "leg-ulcer", "former_name", True),
    ("grange road leg club now", "leg-ulcer", "former_name", True),
    ("Dementia Assessment Unit", "memory", None, True),
    ("who runs the grange road leg club these days", "leg-ulcer", "former_name", None),
    # misspelt
    ("podiarty", "podiatry", "name", True),
    ("leg ulser", "leg-ulcer", None, True),
    ("lymphodema", "lymph", None, True),
    ("memmory clinic", "memory", "name", True),
    ("pysiotherapy", "physio", None, None),
    ("legulcer clinic", "leg-ulcer", None, True),
    ("physio therapy", "physio", None, None),
    # abbreviations, synonyms, misnomers
    ("TVN", "tissue-viability", "name", True),
    ("UCR", "rapid", "name", True),
    ("chiropody", "podiatry", "name", True),
    ("bed sore", "tissue-viability", "need", True),
    ("physio", "physio", None, None),
    ("OT", "council-ot", "name", None),
    ("SALT for a child", "slt-child", "name", None),
    ("home help", "reablement", "name", None),
    # a condition and a place
    ("falls Eastmarsh", "falls-east", None, True),
    ("falls in westhallow", "falls-west", None, True),
    ("district nurse westhallow", "dn-west", "name", True),
    ("DN Eastmarsh", "dn-east", "name", True),
    ("insulin at home, Eastmarsh", "dn-east", None, None),
    # owners
    ("Wayfarer Transport", "patient-transport", "owner", None),
    ("Millrace Mental Health Trust", "memory", "owner", None),
    ("Fenside leg ulcers", "leg-ulcer", None, None),
    # numbers, addresses, codes
    ("01632 960101", "leg-ulcer", "phone", True),
    ("+44 (0)1632 960 101", "leg-ulcer", "phone", True),
    ("01632960101", "leg-ulcer", "phone", True),
    ("960101", "leg-ulcer", "phone", True),
    ("01632-960-999", "leg-ulcer", "former_phone", True),
    ("111", "rapid", "phone", True),
    ("legs@northmoor.example", "leg-ulcer", "email", True),
    ("nm47bd", "leg-ulcer", "postcode", None),
    ("NM4", "leg-ulcer", "postcode", None),
    ("nch-0101", "leg-ulcer", "code", True),
    ("ZZH01", "diabetic-foot", "code", True),
    ("Tanner Street", "leg-ulcer", "former_address", None),
    # natural questions
    ("who handles leg ulcers now?", "leg-ulcer", "name", True),
    ("how do I refer for a stairlift", "council-ot", "need", True),
    ("what is the phone number for the stoma nurses", "stoma", None, True),
    ("who do I call about memory loss", "memory", "need", True),
    ("my patient has swallowing problems, who do I contact", "slt-adult", "need", None),
    ("can someone look at a diabetic foot ulcer", "diabetic-foot", "need", True),
    ('"leg ulcer" AND (clinic OR team)', "leg-ulcer", None, None),
]


@pytest.mark.parametrize(("question", "first", "field", "sure"), LABELLED)
def test_the_first_answer_is_right(
    engine: WhooshEngine, question: str, first: str, field: str | None, sure: bool | None
) -> None:
    found = ask(engine, question)
    assert ids(found)[:1] == [first], found.plan
    if field is not None:
        assert found.hits[0].matched.field == field
    if sure is not None:
        assert found.confident is sure


@pytest.mark.parametrize(
    "question",
    [
        "xyzzy plugh",
        "leg xyzzy",
        "service",
        "Eastmarsh",
        "falls",  # one in each borough: which?
        "district nursing",
        "speech and language therapy",  # adult or child?
        "Northmoor Community Health NHS Trust",
        "01632 000000",
        "helicopter leg ulcer",
        "leg ulcer in Xanadu",
        "nurses",
        "help",
        "who is it",
    ],
)
def test_doubt_is_admitted(engine: WhooshEngine, question: str) -> None:
    assert not ask(engine, question).confident


@pytest.mark.parametrize(
    "question", ["", "   ", "\0", "\0\0 \x1b", "🚑🦵", "!!! ??? ---", "AND OR NOT", "*:*", "()", "the of a"]
)
def test_nothing_asked_finds_nothing(engine: WhooshEngine, question: str) -> None:
    found = ask(engine, question)
    assert (found.hits, found.total, found.confident) == ((), 0, False)


def test_a_correction_is_shown(engine: WhooshEngine) -> None:
    assert ask(engine, "leg ulser Eastmarsh").did_you_mean == "leg ulcer Eastmarsh"
    assert ask(engine, "leg ulcer").did_you_mean is None


def test_an_area_and_a_setting_filter(engine: WhooshEngine) -> None:
    assert ids(ask(engine, "district nursing", area="WESTHALLOW "))[:1] == ["dn-west"]
    assert "dn-east" not in ids(ask(engine, "district nursing", area="Westhallow"))
    assert set(ids(ask(engine, "foot", setting="acute"))) == {"diabetic-foot"}
    assert ask(engine, "foot", area="Xanadu").total == 0
    assert ask(engine, "district nursing", area="Westhallow").confident


def test_what_is_superseded_stays_findable_below_what_is_live(engine: WhooshEngine) -> None:
    found = ids(ask(engine, "leg ulcer Westhallow"))
    assert found[0] == "leg-ulcer"
    assert "old-wound" in found
    assert ids(ask(engine, "Westhallow wound club"))[0] == "old-wound"


def test_a_child_is_not_sent_to_an_adult_service(engine: WhooshEngine) -> None:
    assert ids(ask(engine, "speech therapy for a child"))[0] == "slt-child"
    assert ids(ask(engine, "speech therapy for an adult"))[0] == "slt-adult"


def test_capitals_tell_an_abbreviation_from_grammar(engine: WhooshEngine) -> None:
    assert ask(engine, "who does it").plan.is_empty
    assert [token.text for token in ask(engine, "refer to IT please").plan.tokens][-1] == "it"


def test_suggestions_start_at_the_third_letter(engine: WhooshEngine) -> None:
    assert engine.suggest("le") == ()
    first = engine.suggest("leg")[0]
    assert (first.text, first.field, first.service_id) == ("Leg ulcer clinic", "name", "leg-ulcer")
    assert {each.field for each in engine.suggest("leg")} == {"name", "former_name", "need"}
    assert engine.suggest("ulcer")[0].text == "Leg ulcer clinic"
    assert len(engine.suggest("the", limit=2)) <= 2
    assert engine.suggest("\0\0\0") == ()
