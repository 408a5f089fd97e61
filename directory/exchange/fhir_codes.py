"""The words of FHIR R4 that entries are said in: systems, codes, extensions, and one resource with what it is found by.

What is defined here and not by HL7 has an address under this site's own `/fhir/`. It is kept as `OWN` and gets the
site's address on the way out, so that what is kept is the same wherever the site moves.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Json = dict[str, Any]
Term = tuple[str, str, str]

OWN = "signpost-own:"
PROFILES = "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD."
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
HL7 = "http://terminology.hl7.org/CodeSystem/"

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
# What a string of FHIR may not hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource without `meta`, and the day on which it will read otherwise although nothing is published."""

    type: str
    id: str
    body: Json
    due: date | None = None


def resource_id(noun: str, key: str) -> str:
    """The id of what stands for a service, organisation or team: its own, where FHIR takes that.

    Organisations and teams are both Organization: teams are told apart by how their ids begin.
    """
    wanted = f"team-{key}" if noun == "team" else key
    clashes = wanted.startswith("x-") or (noun == "organisation" and wanted.startswith("team-"))
    return wanted if _ID.fullmatch(wanted) and not clashes else made_id(noun, key)


def made_id(*parts: str) -> str:
    """An id made of what something says, the same whenever it says the same."""
    return "x-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def reference(type_: str, id_: str) -> Json:
    """A reference inside this directory."""
    return {"reference": f"{type_}/{id_}"}


def said(text: str) -> str:
    """Text as FHIR takes it; "" where nothing is left."""
    return _CONTROL.sub("", text).strip()


def without_empty(body: Mapping[str, Any]) -> Json:
    """The same without what is None or empty: FHIR has no empty values."""
    return {key: value for key, value in body.items() if value is not None and value not in ("", [], {})}


def concept(system: str, code: str, display: str = "") -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [without_empty({"system": system, "code": code, "display": said(display)})]}


def own(system: str, code: str, display: str = "") -> Json:
    """A CodeableConcept of one of this site's code systems."""
    return concept(f"{OWN}CodeSystem/{system}", code, display)


def extension(name: str, **value: Any) -> Json:
    """An extension of this site's, of one value: `extension("owner-since", valueDate="2026-04-01")`."""
    return {"url": f"{OWN}StructureDefinition/{name}", **value}


def parts(name: str, given: Iterable[tuple[str, str, Any]]) -> Json:
    """An extension of several parts, each a name, the kind of its value and the value; empty ones are left out."""
    inner = [{"url": part, kind: value} for part, kind, value in given if value not in (None, "", {})]
    return {"url": f"{OWN}StructureDefinition/{name}", "extension": inner}


def identifier(system: str, value: str) -> Json:
    """What another system calls it: `ods` and other short names become addresses."""
    known = {"ods": ODS}.get(system.lower(), system)
    uri = known if _URI.fullmatch(known) else f"{OWN}identifier/{re.sub(r'[^A-Za-z0-9.-]+', '-', known).strip('-')}"
    return {"system": uri, "value": said(value)}


def code_of(text: str) -> str:
    """Free text as a code: folded, with single spaces inside."""
    return " ".join(said(text).casefold().split())


def fold(text: str) -> str:
    """A string as searches compare it: neither case, accents nor runs of white space count."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(plain.casefold().split())
