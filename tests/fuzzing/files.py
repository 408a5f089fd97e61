"""Files that somebody might send to an importer to hang it, to break it, or to have something stored that does harm.

Each is made from a number: most are a sound file in which a few cells, keys or bytes were changed, because what is
nonsense from its first byte gets no further than the first check.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from tests.content.documents import hostile
from tests.fuzzing import directories, tables
from tests.fuzzing.spoiling import LONGEST, Chance, change, spoilt

ORGANISATION = {
    "id": "o1",
    "name": "Northmoor Trust",
    "description": "<p>One</p>",
    "website": "https://northmoor.example",
}
HSDS: Mapping[str, Mapping[str, Any]] = {
    "hsds-1": {
        "id": "1", "name": "Clinic", "status": "active", "organization": ORGANISATION, "description": "<p>Legs</p>",
        "url": "https://northmoor.example", "email": "a@b.example", "assured_date": "2026-01-01", "fees": "free",
        "contacts": [{"id": "c", "name": "Front desk", "phones": [{"number": "01632 960145"}]}],
        "service_at_locations": [{"location": {"name": "Hall", "latitude": 51.5, "longitude": -0.1,
            "physical_addresses": [{"address_1": "1 Mill Lane", "city": "Northmoor", "postal_code": "NM1 1AA"}]},
            "regular_schedule": [{"weekday": "Monday", "opens_at": "09:00", "closes_at": "17:00"}]}],
        "eligibilitys": [{"minimum_age": 18, "maximum_age": 99, "eligibility": "adult"}],
        "service_areas": [{"service_area": "Northmoor"}],
        "service_taxonomys": [{"taxonomy": {"name": "Wound care"}}],
    },
    "hsds-2": {
        "id": "2", "name": "Clinic", "status": "active", "organization": ORGANISATION, "description": "Legs",
        "alternate_name": "Legs", "interpretation_services": "yes", "application_process": "Ring",
        "phones": [{"number": "01632 960145", "type": "voice", "extension": 4}], "wait_time": "1 week",
        "schedules": [{"valid_from": "2026-01-01", "byday": "MO,TU", "freq": "WEEKLY", "opens_at": "09:00:00",
            "closes_at": "17:00:00", "dtstart": "2026-01-01", "interval": 1, "bymonthday": "1"}],
        "cost_options": [{"amount": 0, "option": "free"}], "languages": [{"language": "en"}],
        "reviews": [{"score": "5"}], "fundings": [{"source": "x"}], "required_documents": [{"document": "letter"}],
    },
    "hsds-3.0": {
        "id": "3", "name": "Clinic", "status": "active", "organization": ORGANISATION, "description": "Legs",
        "eligibility_description": "Adults", "minimum_age": 18, "maximum_age": 99, "alert": "Shut at noon",
        "schedules": [{"byday": "MO,WE", "freq": "WEEKLY", "opens_at": "09:00", "closes_at": "17:00",
            "timezone": 0, "notes": "not bank holidays"}],
        "service_areas": [{"name": "Northmoor", "extent": "x", "extent_type": "geojson"}],
        "service_at_locations": [{"location": {"location_type": "physical", "name": "Hall", "latitude": 51.5,
            "longitude": -0.1, "addresses": [{"address_1": "1 Mill Lane", "city": "Northmoor",
            "postal_code": "NM1 1AA"}],
            "accessibility": [{"description": "ramp"}]}}],
        "attributes": [{"taxonomy_term": {"name": "Wound care", "taxonomy_detail": {"name": "Needs"}}}],
        "contacts": [{"name": "Front desk", "email": "a@b.example", "phones": [{"number": "01632 960145"}]}],
        "additional_urls": [{"url": "https://northmoor.example/x", "label": "x"}],
    },
}  # fmt: skip


def feed_of(version: str) -> Callable[[Chance], bytes]:
    """Feeds of one version of HSDS."""
    return lambda chance: _feed(chance, HSDS[version])


def _feed(chance: Chance, sound: Mapping[str, Any]) -> bytes:
    entries: list[Any] = [json.loads(json.dumps(sound)) for _ in range(chance.choice((1, 1, 2, 6)))]
    for number, entry in enumerate(entries):
        entry["id"] = f"{entry['id']}-{number}"
    for _ in range(chance.randint(0, 8)):
        change(chance, chance.choice(entries))
    if chance.random() < 0.1:
        entries.append(chance.choice((entries[0], None, 1, "x", [], {"id": "1"})))
    wrapped: Any = chance.choice(
        (
            entries,
            entries,
            {"contents": entries},
            {"items": entries},
            {"services": entries, "name": "Trust"},
            entries[0],
        )
    )
    written = json.dumps(wrapped, ensure_ascii=chance.random() < 0.7)
    if chance.random() < 0.05:
        written = "\n".join(json.dumps(each) for each in entries)
    if chance.random() < 0.02:
        written = written.replace('"active"', "[" * 5_000 + "]" * 5_000)
    return spoilt(chance, written.encode("utf-8", "surrogatepass")[:LONGEST])


RECORDS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "change": (
        {"title": "Legs move", "kinds": ["hours"], "effective_from": "2026-12-01", "weight": "major", "urgent": False,
         "services": [{"id": "legs", "expected_version": 1, "set": {"hours": "24/7"}}],
         "succession": [{"predecessor": "a", "successor": "b", "kind": "replaced"}], "supersedes": 1,
         "recorded_at": "2026-11-20T12:00:00Z", "number": 2, "previous": "0" * 64},
        "## Why\n\nBecause.\n\n## What to do\n\nRing.\n",
    ),
    "service": (
        {"name": "Leg clinic", "owner": {"organisation": "trust", "team": "legs"}, "status": "open", "needs": ["legs"],
         "areas": [{"name": "Northmoor", "basis": "registered"}], "effective_from": "2026-11-01", "hours": "24/7",
         "contacts": [{"type": "phone", "value": "01632 960145"}], "eligibility": {"text": "Adults", "age_min": 18},
         "referral_routes": [{"method": "email", "address": "a@b.example", "urgency": "routine"}]},
        "What it does.\n",
    ),
    "page": (
        {"title": "About legs", "kind": "guide", "updated": "2026-11-01", "owner": "legs", "needs": ["legs"]},
        "# About\n\n## 2026-11-01 New\n\nText with [a link](service:legs).\n\n## Part\n\nMore.\n",
    ),
}  # fmt: skip
_YAML = (
    "&a", "*a", "<<: *a", "!!python/object:os.system x", "!!binary x", "!!set {a}", "!x y", "? a", "0x1G", "1:2:3",
    ".inf",
    "2026-13-01", "- - - -", "{", "[", "|", ">", "%TAG ! x", "---", "...", "\t", "a: b: c", "'", "~", "@", "`", "#",
    "1e9",
    "a: &a [x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: &d [*c,*c,*c]\ne: &e [*d,*d,*d]\nf: [*e,*e,*e]", "1_0", "=",
    "<<: 1",
)  # fmt: skip


def record(chance: Chance) -> bytes:
    """A Markdown file of a change, a service or a page, with its front matter."""
    kind = chance.choice(sorted(RECORDS))
    facts, body = RECORDS[kind]
    said: Any = json.loads(json.dumps(facts))
    for _ in range(chance.randint(0, 6)):
        change(chance, said)
    front = yaml.safe_dump(said, sort_keys=False, allow_unicode=chance.random() < 0.5)
    lines = front.splitlines()
    for _ in range(chance.choice((0, 0, 1, 3))):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(_YAML))
    if chance.random() < 0.4:
        body = hostile(chance.randrange(1 << 30))[:3_000] + body * chance.choice((0, 1, 30))
    written = f"---\n{chr(10).join(lines)}\n---\n\n{body}".encode("utf-8", "replace")
    return kind.encode() + b"\n" + spoilt(chance, written[:LONGEST])


MAKERS: Mapping[str, Callable[[Chance], bytes]] = {
    "services-csv": tables.services_sheet,
    "xlsx": tables.workbook,
    **{version: feed_of(version) for version in HSDS},
    "nhs-hospitals": tables.hospitals,
    "ods-trusts": tables.trusts,
    "ods-successors": tables.successors,
    "ods-memberships": tables.memberships,
    "mcsd": directories.told,
    "fhir": directories.saved,
    "records": record,
}


def change_json(chance: Chance) -> bytes:
    """A body of a call to the API: a change, with a few things changed in it."""
    said: Any = json.loads(json.dumps({**RECORDS["change"][0], "why": "Because.", "email": "a@b.example"}))
    for _ in range(chance.randint(0, 6)):
        change(chance, said)
    return spoilt(chance, json.dumps(said).encode()) if chance.random() < 0.3 else json.dumps(said).encode()


def file_of(kind: str, seed: int) -> bytes:
    """A hostile file of a kind, the same for the same seed. Of `records` the first line says what it is."""
    return MAKERS[kind](random.Random(f"{kind} {seed}"))
