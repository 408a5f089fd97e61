"""Services of an Open Referral feed: HSDS 3.0, Open Referral UK 3.0, and the shapes of their versions 1 and 2.

Sources: the Human Services Data Specification 3.0 and Open Referral UK (`/services` and `/services/{id}`).

Decisions, each told by a notice:
- an id on two entries: the first is taken. Which is right only the feed's owner knows, and refusing 800 services for
  one would leave them all out of date;
- an entry without a name comes in as "Unnamed service", paused, so that somebody sees it and mends it;
- an entry without an organisation is owned by an organisation of its own name: most are a club or a practice that is
  its own provider, no service may be without an owner, and "not stated" would be a false one. Editors see the notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from directory.domain.service import Identifier
from directory.domain.source import Reading, SourceOrganisation, SourceService
from directory.exchange.contacts import mended_website
from directory.exchange.findings import Findings
from directory.exchange.hsds_exact import exact_of, exact_organisation
from directory.exchange.hsds_json import Json, entries_of, is_object, object_of, text_of
from directory.exchange.hsds_service import facts_of
from directory.exchange.prose import line_of, markdown_of

FORMAT = "hsds"
_LONGEST_ID = 300


def looks_like(text: str) -> bool:
    """Whether a text can be JSON: it begins with a bracket or a brace."""
    return text.lstrip()[:1] in {"[", "{"}


def read(data: bytes) -> Reading:
    """The services of a feed, found again by its ids; `row` is the position in the list, from 1.

    A field is set where the feed has a key for it, be it empty, and left alone where it has none. Raises `Invalid`
    where the file is no JSON or has no services; an entry that is no object or has no id is a problem.
    """
    return read_entries(entries_of(data))


def read_entries(entries: Sequence[object]) -> Reading:
    """The same of entries that were gathered page by page."""
    findings, services = Findings(), []
    first_rows: dict[str, int] = {}
    owners = _Owners(findings)
    for row, entry in enumerate(entries, start=1):
        if not is_object(entry):
            findings.problem(row, "", "it is not an object; give a service with an id and a name, or take it out")
            continue
        identity = text_of(entry, "id")
        if not identity:
            findings.problem(row, "id", "give it an id that stays the same, or take it out")
        elif len(identity) > _LONGEST_ID:
            findings.problem(row, "id", f"give it an id of at most {_LONGEST_ID} characters, or take it out")
        elif len(identity) > Identifier.LONGEST:
            findings.problem(row, "id", f"give it an id of up to {Identifier.LONGEST} characters, or take it out")
        elif (first := first_rows.setdefault(identity, row)) != row:
            findings.notice(row, "id", f"{identity} is repeated, on rows {first} and {row}; only row {first} is taken")
        else:
            services.append(_service(entry, identity, row, owners, findings))
    return Reading(format=FORMAT, services=tuple(services), problems=findings.problems, notices=findings.notices)


def _service(entry: Json, identity: str, row: int, owners: _Owners, findings: Findings) -> SourceService:
    identifier = Identifier("hsds", identity)
    facts: dict[str, object] = {**facts_of(entry, row, findings), "identifiers": (identifier,)}
    name = line_of(text_of(entry, "name"))
    if not name:
        short = identity.split("-", 1)[0] if len(identity) > 12 else identity
        name = f"Unnamed service ({short})"
        facts["status"] = "paused"
        findings.notice(row, "name", f"{identity} has no name; it comes in as “{name}”, paused")
    facts["name"] = name
    exact = exact_of(entry, facts, row, findings)
    if exact:
        own = tuple(each for each in exact.identifiers if each != identifier)
        facts = {**exact.set, "identifiers": (*own, identifier)}
    return SourceService(
        identifier=identifier,
        set=facts,
        organisation=owners.of(entry, name, row),
        team=exact.team if exact else None,
        slug=exact.slug if exact else None,
        effective_from=exact.effective_from if exact else None,
        checked_at=_checked_at(entry, row, findings),
        row=row,
    )


class _Owners:
    """One `SourceOrganisation` for each name, so that entries of one feed cannot contradict each other about it."""

    def __init__(self, findings: Findings) -> None:
        self._known: dict[str, tuple[SourceOrganisation, str]] = {}
        self._findings = findings

    def of(self, entry: Json, service: str, row: int) -> SourceOrganisation:
        """The entry's organisation; where it names none, one that is called as the service is."""
        given = object_of(entry, "organization", "organisation")
        name = line_of(text_of(given, "name"))
        if not name:
            name = service
            self._findings.notice(row, "organization", f"no organization is named; “{service}” stands as its own owner")
        identity = text_of(given, "id")
        facts = exact_organisation(given, _organisation(given, name))
        code = str(facts.pop("ods_code", None) or "") or None
        found = SourceOrganisation(set=facts, ods_code=code, row=row, foreign_id=identity)
        known, known_id = self._known.setdefault(code or name.casefold(), (found, identity))
        if identity and known_id and identity != known_id:
            self._findings.notice(
                row, "organization", f"“{name}” has another id here than on row {known.row}; they are taken as one"
            )
        return known


def _organisation(given: Json, name: str) -> dict[str, object]:
    facts: dict[str, object] = {"name": name}
    if website := mended_website(text_of(given, "website", "url")):
        facts["website"] = website
    if description := markdown_of(text_of(given, "description")):
        facts["description"] = description
    return facts


def _checked_at(entry: Json, row: int, findings: Findings) -> date | None:
    """The day on which somebody last assured the entry (`assured_date`)."""
    written = text_of(entry, "assured_date") or text_of(object_of(entry, "pc_metadata"), "date_assured")
    if not written:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        findings.notice(row, "assured_date", f"“{written}” is not a date; it is left out")
        return None
