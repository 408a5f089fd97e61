"""A small directory to search in, and how to open it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from directory.domain.query import Query
from directory.search.document import Document
from directory.search.find import Found, find
from directory.search.index import WhooshEngine
from directory.search.vocabulary import Term, Vocabulary

DAY = date(2026, 3, 2)
NORTH = "Northmoor Community Health NHS Trust"
GENERAL = "Northmoor General Hospitals NHS Trust"

VOCABULARY = Vocabulary.from_terms(
    [
        Term("TVN", ("tissue viability", "tissue viability nurse"), "abbreviation"),
        Term("SALT", ("speech and language therapy",), "abbreviation"),
        Term("OT", ("occupational therapy",), "abbreviation"),
        Term("IT", ("intermediate care team",), "abbreviation"),
        Term("UCR", ("urgent community response",), "abbreviation"),
        Term("DN", ("district nursing",), "abbreviation"),
        Term("bed sore", ("pressure ulcer",), "synonym"),
        Term("wet leg", ("leg ulcer", "lymphoedema"), "synonym"),
        Term("chiropody", ("podiatry",), "synonym"),
        Term("physio", ("physiotherapy",), "synonym"),
        Term("zimmer frame", ("walking aid",), "synonym"),
        Term("home help", ("reablement",), "misnomer"),
    ]
)


def service(id_: str, name: str, **given: object) -> Document:
    """A document with what a test does not care about filled in."""
    return Document(id=id_, slug=id_, name=name, **given)  # type: ignore[arg-type]


BOTH = ("Eastmarsh", "Westhallow")
# Twenty services in two boroughs, with the likenesses that make a search go wrong.
DIRECTORY = [
    service(
        "leg-ulcer",
        "Leg ulcer clinic",
        former_names=("Grange Road Leg Club",),
        owners=("Tissue Viability Team", NORTH),
        former_owners=("Fenside Health Partnership",),
        needs=("leg ulcer", "compression bandaging"),
        areas=BOTH,
        phones=("01632 960101",),
        former_phones=("01632 960999",),
        emails=("legs@northmoor.example",),
        addresses=("Grange Health Centre, 12 Grange Road",),
        former_addresses=("Old Dispensary, Tanner Street",),
        postcodes=("NM4 7BD",),
        codes=("NCH-0101",),
        summary="Assessment and compression for venous leg ulcers.",
        text="Doppler on the first visit. We do not see foot wounds.",
    ),
    service(
        "tissue-viability",
        "Tissue viability service",
        owners=("Tissue Viability Team", NORTH),
        needs=("pressure ulcer", "complex wound"),
        areas=BOTH,
        phones=("01632 960102",),
        text="Advice to nurses on wounds, pressure relief and leg ulcers that do not heal.",
    ),
    service(
        "dn-east",
        "District nursing (Eastmarsh)",
        owners=("District Nursing Eastmarsh", NORTH),
        needs=("wound care at home", "insulin", "district nursing"),
        areas=("Eastmarsh",),
        phones=("01632 960110",),
    ),
    service(
        "dn-west",
        "District nursing (Westhallow)",
        owners=("District Nursing Westhallow", NORTH),
        needs=("wound care at home", "insulin", "district nursing"),
        areas=("Westhallow",),
        phones=("01632 960111",),
    ),
    service(
        "falls-east",
        "Eastmarsh falls service",
        owners=("Therapy East", NORTH),
        needs=("falls", "unsteady"),
        areas=("Eastmarsh",),
        age_min=65,
    ),
    service(
        "falls-west",
        "Westhallow falls clinic",
        owners=("Therapy West", NORTH),
        needs=("falls", "dizziness"),
        areas=("Westhallow",),
        age_min=65,
    ),
    service(
        "podiatry", "Podiatry", owners=("Podiatry Team", NORTH), needs=("foot care", "toenail surgery"), areas=BOTH
    ),
    service(
        "diabetic-foot",
        "Diabetic foot clinic",
        owners=("Foot Team", GENERAL),
        setting="acute",
        needs=("diabetic foot ulcer", "Charcot foot"),
        areas=BOTH,
        codes=("ZZH01",),
    ),
    service(
        "slt-adult",
        "Adult speech and language therapy",
        owners=("Adult SLT", NORTH),
        needs=("swallowing", "aphasia"),
        areas=BOTH,
        age_min=18,
    ),
    service(
        "slt-child",
        "Children's speech and language therapy",
        owners=("Children's Therapy", NORTH),
        needs=("stammering", "speech delay"),
        areas=BOTH,
        age_max=18,
    ),
    service(
        "reablement",
        "Reablement",
        owners=("Northmoor Council",),
        setting="social-care",
        needs=("help after hospital",),
        areas=BOTH,
        emails=("access@council.example",),
    ),
    service(
        "council-ot",
        "Council occupational therapy",
        owners=("Northmoor Council",),
        setting="social-care",
        needs=("grab rails", "stairlift"),
        areas=BOTH,
    ),
    service(
        "rapid",
        "Urgent community response",
        owners=("Rapid Team", NORTH),
        needs=("fall without injury", "crisis at home"),
        areas=BOTH,
        phones=("01632 960120", "111"),
        text="Two-hour visit in place of a 999 call.",
    ),
    service(
        "memory",
        "Memory clinic",
        owners=("Memory Service", "Millrace Mental Health Trust"),
        setting="mental-health",
        needs=("memory loss", "dementia assessment"),
        areas=BOTH,
        former_names=("Dementia Assessment Unit",),
    ),
    service(
        "physio",
        "Musculoskeletal physiotherapy",
        owners=("MSK Team", NORTH),
        needs=("back pain", "physiotherapy"),
        areas=BOTH,
    ),
    service("heart", "Heart failure nurses", owners=("Cardiac Nursing", NORTH), needs=("heart failure",), areas=BOTH),
    service("lymph", "Lymphoedema clinic", owners=("Lymphoedema Team", NORTH), needs=("lymphoedema",), areas=BOTH),
    service(
        "old-wound",
        "Westhallow wound club",
        status="closed",
        superseded=True,
        owners=("Fenside Health Partnership",),
        needs=("leg ulcer",),
        areas=("Westhallow",),
    ),
    service(
        "patient-transport",
        "Patient transport",
        owners=("Wayfarer Transport",),
        needs=("lift to hospital",),
        areas=BOTH,
    ),
    service(
        "stoma",
        "Stoma care nurses",
        owners=("Colorectal", GENERAL),
        setting="acute",
        needs=("stoma", "colostomy"),
        areas=BOTH,
        emails=("stoma@general.example",),
    ),
]


def directory() -> list[Document]:
    """The small directory, in a list of the caller's own."""
    return list(DIRECTORY)


def opened(folder: Path, documents: list[Document] | None = None) -> WhooshEngine:
    """An engine whose index holds these documents, or the small directory."""
    engine = WhooshEngine(folder)
    engine.build(directory() if documents is None else documents, number=7, day=DAY)
    return engine


def ask(engine: WhooshEngine, text: str, **given: object) -> Found:
    """What a question finds with the small vocabulary."""
    return find(Query(text, **given), engine, VOCABULARY)  # type: ignore[arg-type]


def ids(found: Found) -> list[str]:
    """The services found, best first."""
    return [hit.service_id for hit in found.hits]
