"""What another Signpost, or this one, wrote into a feed beyond the standards: taken where the rest still agrees.

Whoever edits the fields of the standards in such a file means what they wrote: there the exact words give way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from directory.domain.organisation import OrganisationFacts
from directory.domain.service import FIELDS, Facts, Identifier, Owner
from directory.errors import Invalid
from directory.exchange.findings import Findings
from directory.exchange.hsds_json import Json, is_object, object_of, text_of
from directory.exchange.hsds_service import facts_of
from directory.exchange.hsds_writing import EXTRA, organisation_said, pruned, standard_body
from directory.exchange.prose import line_of
from directory.shapes import set_from_plain

_OWN = ("owner", "identifiers")


@dataclass(frozen=True, slots=True)
class Exact:
    """What an entry's extra property says: where it is found, since when it holds, and its fields."""

    set: dict[str, object]
    identifiers: tuple[Identifier, ...] = ()
    slug: str | None = None
    team: str | None = None
    effective_from: date | None = None


def exact_of(entry: Json, facts: dict[str, object], row: int, findings: Findings) -> Exact | None:
    """The exact fields of an entry whose standard ones were read as `facts`; None where it is no Signpost's."""
    extra = object_of(entry, EXTRA)
    if not is_object(extra.get("facts")):
        return None
    try:
        given = set_from_plain(Facts, extra["facts"])
        exact = Facts(owner=Owner("its owner"), **given)  # type: ignore[arg-type]
    except (Invalid, TypeError, ValueError) as error:
        findings.notice(row, EXTRA, f"its own words cannot be read ({error}); the standard fields are taken")
        return None
    written = standard_body(exact, text_of(entry, "id"))
    wrote: dict[str, object] = {**facts_of(written, row, Findings()), "name": line_of(exact.name)}
    read = {**facts, "name": line_of(text_of(entry, "name"))}
    same = {name for name in FIELDS if name not in _OWN and read.get(name) == wrote.get(name)}
    kept = {name: getattr(exact, name) for name in FIELDS if name in same}
    edited = {name: value for name, value in facts.items() if name not in same and name not in _OWN}
    whole = len(same) == len(FIELDS) - len(_OWN)
    return Exact(
        {**kept, **edited},
        exact.identifiers,
        slug=text_of(extra, "slug") or None,
        team=line_of(text_of(object_of(extra, "team"), "name")) or None,
        # What was edited holds from now on, not from when the rest began.
        effective_from=_day(text_of(extra, "effective_from")) if whole else None,
    )


def exact_organisation(given: Json, facts: dict[str, object]) -> dict[str, object]:
    """An organisation's fields: its exact ones, unless the standard ones were edited."""
    extra = object_of(given, EXTRA)
    if not is_object(extra.get("facts")):
        return facts
    try:
        exact = set_from_plain(OrganisationFacts, extra["facts"])
        written = pruned(organisation_said(OrganisationFacts(**exact)))  # type: ignore[arg-type]
    except (Invalid, TypeError, ValueError):
        return facts
    same = all(written.get(name, "") == text_of(given, name) for name in ("name", "description", "website"))
    return exact if same else facts


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
