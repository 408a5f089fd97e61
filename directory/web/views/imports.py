"""Imports as pages show them: what a file would do, what one did, and what stands in the way of undoing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.undo_import import Undoing
from directory.domain.service import Facts
from directory.errors import Since
from directory.shapes import from_plain, set_from_plain
from directory.store.imports import Batch
from directory.store.uploads import Line, LineKind, Upload
from directory.web.views.lines import FieldDifference, differences, whole_entry
from directory.web.views.names import Named, names_of

PAGE = 50
FORMATS: Mapping[str, str] = {
    "services-csv": "Spreadsheet of services",
    "hsds": "Open Referral (HSDS)",
    "fhir": "FHIR directory (a Bundle, JSON)",
    "nhs-hospitals": "NHS hospitals",
    "ods-trusts": "ODS trusts",
    "ods-successors": "ODS successors",
    "ods-memberships": "ODS memberships",
    "markdown": "Markdown folder",
}
# In the order in which a person looks at them.
SHOWN: Mapping[LineKind, str] = {
    "problem": "Bad rows",
    "changed": "Changed",
    "closed": "Closed",
    "new": "New",
    "other": "Organisations and the rest",
    "note": "Notes",
}


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of a preview: a row with what differs by word, a new entry, or a sentence."""

    row: int
    title: str
    href: str = ""
    owner: str = ""
    differences: tuple[FieldDifference, ...] = ()
    entry: tuple[tuple[str, str], ...] = ()
    since: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A file that waits: how many lines there are of each kind, and a page of those of one kind."""

    upload: Upload
    format: str
    counts: Mapping[str, int]
    bad_rows: int
    kind: LineKind | None
    lines: tuple[LineView, ...]
    number: int
    pages: int

    @property
    def changes(self) -> int:
        """How many changes importing it would publish."""
        return sum(self.counts.get(kind, 0) for kind in ("new", "changed", "closed", "other"))


def kind_of(asked: str, counts: Mapping[str, int]) -> LineKind | None:
    """The kind of lines to show: the one asked for where there are any, else the first that there is."""
    present = [kind for kind in SHOWN if counts.get(kind)]
    return next((kind for kind in present if kind == asked), present[0] if present else None)


def line_view(line: Line) -> LineView:
    """One line, its plain data read."""
    body = line.body
    if line.kind in ("problem", "note"):
        return LineView(line.row, line.title, reason=body["reason"])
    if line.kind == "other":
        return LineView(line.row, line.title)
    if "facts" in body:
        said = whole_entry(from_plain(Facts, body["facts"]), owner=body["owner"])
        return LineView(line.row, line.title, owner=body["owner"], entry=said)
    before = from_plain(Facts, body["before"])
    after = before.with_(set_from_plain(Facts, body["set"]))
    found = differences(before, after, owners=tuple(body["owners"]))
    since = date.fromisoformat(body["from"])
    return LineView(line.row, line.title, f"/services/{body['slug']}", differences=found, since=since)


@dataclass(frozen=True, slots=True)
class BatchView:
    """An import in a list and on its page; instants are local."""

    batch: Batch
    format: str
    at: datetime
    undone_at: datetime | None


def batch_view(batch: Batch, *, zone: ZoneInfo) -> BatchView:
    """An import as pages show it."""
    undone_at = batch.undone.at.astimezone(zone) if batch.undone else None
    return BatchView(batch, FORMATS.get(batch.format, batch.format), batch.recorded_at.astimezone(zone), undone_at)


@dataclass(frozen=True, slots=True)
class SinceView:
    """Something that was changed since, with the change; `number` is None where a list did it."""

    it: Named
    number: int | None
    title: str


def since_views(connection: Connection, seen: Undoing, *, on: date) -> tuple[SinceView, ...]:
    """What stands in the way, each by its name."""
    names: dict[tuple[str, str], Named] = {}
    for noun in ("service", "organisation", "team"):
        ids = [each.id for each in seen.since if each.noun == noun]
        names |= {(noun, key): named for key, named in names_of(connection, noun, ids, on=on).items()}
    return tuple(SinceView(names[each.noun, each.id], each.change_number, each.title) for each in _sorted(seen.since))


def _sorted(since: Sequence[Since]) -> list[Since]:
    return sorted(since, key=lambda each: (each.change_number or 0, each.noun, each.id))
