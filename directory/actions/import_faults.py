"""What is wrong with the rows of a file beyond what its reader sees: patient data, deceiving names, repeated rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from directory.actions.screening import names_in
from directory.content.folder import Folder
from directory.domain.change import YEARS, is_likely
from directory.domain.lettering import strange
from directory.domain.screen import marked, screen
from directory.domain.service import Contact, Eligibility, Location, ReferralRoute
from directory.domain.source import Reading, SourceService
from directory.errors import Invalid, Problem, RowProblem

# An address of the web and a number written +44 are no free text: one in eleven would pass for an NHS number, and
# whoever imports a feed cannot mend it.
_NOT_FREE = re.compile(r"https?://\S+|\+44[\d\s().-]{9,16}", re.IGNORECASE)
_A = {"NHS number": "an NHS number", "date of birth": "a date of birth"}
# What a column of a spreadsheet calls a field.
_COLUMNS = {"hours": "opening_hours"}


def personal_rows(reading: Reading) -> list[RowProblem]:
    """Every cell that holds what looks like patient data; it is not quoted, so that it is nowhere kept."""
    return [
        RowProblem(service.row, column, reason)
        for service in reading.services
        for column, text in _texts(service)
        for reason in _personal(text)
    ]


def deceiving_rows(reading: Reading) -> list[RowProblem]:
    """Every name in a file that looks like another's, or holds what nobody sees."""
    of_services = ((service.row, field, text) for service in reading.services for field, text in _names(service))
    named = chain(of_services, ((each.row, "name", each.name or "") for each in reading.organisations))
    return [RowProblem(row, field, f"it holds {said}") for row, field, text in named if (said := strange(text))]


def undated_rows(reading: Reading) -> list[RowProblem]:
    """Every day from which something is to hold that is a slip of the hand, or that no calendar goes beyond."""
    of_services = ((each.row, "effective_from", each.effective_from) for each in reading.services)
    days = chain(of_services, ((each.row, "date", each.effective_from) for each in reading.successions))
    reason = f"give a day from {YEARS[0]} to {YEARS[1]}"
    return [RowProblem(row, column, reason) for row, column, day in days if day and not is_likely(day)]


def deceiving_files(folder: Folder) -> list[Problem]:
    """The same of a folder of Markdown, each by its file."""
    owners = (("organisations", folder.organisations), ("teams", folder.teams))
    named = [
        (f"{kind}/{file.slug}.md", field, text)
        for kind, files in (*owners, ("services", folder.services))
        for file in files
        for field, text in names_in(file.set)
    ]
    edits = [
        (file.draft.title, edit)
        for file in folder.changes
        for edit in (*file.draft.organisations, *file.draft.teams, *file.draft.services)
    ]
    named += [(f"changes: {title}", field, text) for title, edit in edits for field, text in names_in(edit.set)]
    return [Problem(f"{where} {field}", f"it holds {said}") for where, field, text in named if (said := strange(text))]


def _names(service: SourceService) -> Iterator[tuple[str, str]]:
    yield from names_in(service.set)
    yield "owner_organisation", service.organisation.name or ""
    yield "owner_team", service.team or ""


def personal_files(folder: Folder) -> list[Problem]:
    """The same of a folder of Markdown, each by its file."""
    texts = [
        (f"services/{service.slug}.md {column}", text)
        for service in folder.services
        for column, text in _texts(service)
    ]
    texts += [(f"pages/{page.slug}.md", f"{page.title}\n{page.text}") for page in folder.pages]
    for draft in (file.draft for file in folder.changes):
        said = (draft.title, draft.why, draft.what_to_do, draft.in_flight)
        given = [text for edit in draft.services for _, text in _set_texts(edit.set)]
        texts += [(f"changes: {draft.title}", text) for text in (*said, *given)]
    return [Problem(where, reason) for where, text in texts for reason in _personal(text)]


def _personal(text: str) -> list[str]:
    return [
        f"it holds what looks like {_A[found.kind]}; take it out: no patient data here"
        for found in screen(_NOT_FREE.sub(" ", text))
    ]


def unquoted(problems: Iterable[RowProblem]) -> list[RowProblem]:
    """The same problems, with patient data that their reasons quote taken out."""
    return [
        RowProblem(problem.row, problem.column, _without(problem.reason)) if screen(problem.reason) else problem
        for problem in problems
    ]


def _without(text: str) -> str:
    return "".join("…" if personal else piece for piece, personal in marked(text))


def _texts(service: SourceService) -> Iterator[tuple[str, str]]:
    yield "owner_organisation", service.organisation.name or ""
    yield "owner_team", service.team or ""
    yield from _set_texts(service.set)


def _set_texts(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for field, value in given.items():
        column = _COLUMNS.get(field, field)
        for each in value if isinstance(value, tuple) else (value,):
            yield from _texts_of(column, each)


def _texts_of(column: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield column, value
        case Eligibility():
            yield column, value.text
        case ReferralRoute():
            yield "referral_who", value.who
            yield "referral_notes", value.notes
            yield "referral_what_to_send", value.what_to_send
            yield "referral_hours", value.hours
        case Contact():
            yield column, value.label
        case Location():
            yield column, value.name
            yield "address", value.address


def repeated_rows(services: Iterable[SourceService], ids: Mapping[int, str]) -> list[RowProblem]:
    """Rows that would be one and the same service, by its id or by the slug that a new one would get."""
    rows: dict[str, list[tuple[int, str]]] = {}
    for place, service in enumerate(services):
        if key := ids.get(place) or service.slug:
            rows.setdefault(key, []).append((service.row, "slug" if service.slug else "id"))
    return [
        RowProblem(
            row,
            column,
            f"it is the same service as on {_other_rows(place, same)}; keep one of them, or give each its own",
        )
        for same in rows.values()
        if len(same) > 1
        for place, (row, column) in enumerate(same)
    ]


def _other_rows(place: int, same: Sequence[tuple[int, str]]) -> str:
    others = [str(row) for other, (row, _) in enumerate(same) if other != place]
    return f"row{'' if len(others) == 1 else 's'} {', '.join(others)}"


def row_problems(row: int, invalid: Invalid) -> list[RowProblem]:
    """What a rule says of the change that a row would be, as problems of that row."""
    return [
        RowProblem(row, "id" if problem.where.endswith("identifiers") else "", problem.reason)
        for problem in invalid.problems
    ]
