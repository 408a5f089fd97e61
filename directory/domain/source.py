"""What an imported file says, before it is compared with the directory.

A source sets only the fields that it knows of; the others stay as they are. Rows are numbered as an
editor shows them: the header of a spreadsheet is row 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from directory.domain.organisation import OrganisationMembership
from directory.domain.service import Identifier
from directory.errors import RowProblem

# Systems whose identifiers name one record of a source, by which an import finds the service again.
RECORD_SYSTEMS = frozenset({"services-csv", "hsds", "fhir"})
_FEED = "feed:"


def feed_system(name: str) -> str:
    """The system of the identifiers of a feed that is read on a schedule: each feed has its own."""
    return f"{_FEED}{name}"


def is_of_feed(system: str) -> bool:
    """Whether identifiers of a system are those of such a feed."""
    return system.startswith(_FEED)


def names_record(system: str) -> bool:
    """Whether an identifier of this system names one service only."""
    return system in RECORD_SYSTEMS or is_of_feed(system)


@dataclass(frozen=True, slots=True)
class SourceOrganisation:
    """An organisation that a source names, found again by ODS code, else identifier, else folded name.

    `set` holds `OrganisationFacts` fields, of the domain's types; `name` may be missing where only a code is known.
    `foreign_id` is what the source itself calls it, by which a feed's next reading knows it under another name.
    """

    set: Mapping[str, object]
    ods_code: str | None = None
    row: int = 0
    foreign_id: str = ""

    @property
    def name(self) -> str | None:
        """Its name, where the source gives one."""
        name = self.set.get("name")
        return str(name) if name else None


@dataclass(frozen=True, slots=True)
class SourceService:
    """A service that a source describes, found again by `identifier`, else by `slug`; one of them is given.

    `set` holds `Facts` fields but `owner`, which names its organisation and team instead. `locations` that differ only
    by `coordinate_tolerance` degrees at the same address count as the same.
    """

    identifier: Identifier | None
    set: Mapping[str, object]
    organisation: SourceOrganisation
    team: str | None = None
    slug: str | None = None
    effective_from: date | None = None
    checked_at: date | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class SourceSuccession:
    """One organisation code that became another on a day."""

    old_code: str
    new_code: str
    effective_from: date
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A whole file as read: what it says, what cannot be taken (`problems`), and what to know (`notices`).

    Of a large file `services` are on disk (`spooled`), and each is read anew when it is asked for.
    """

    format: str
    services: Sequence[SourceService] = ()
    organisations: tuple[SourceOrganisation, ...] = ()
    successions: tuple[SourceSuccession, ...] = ()
    memberships: tuple[OrganisationMembership, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    notices: tuple[RowProblem, ...] = field(default=())
    coordinate_tolerance: float = 0.0005
