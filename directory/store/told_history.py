"""The versions of what changes touch, to say what held before and after one, and who ran it in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from directory.domain.service import Owner
from directory.domain.succession import Noun
from directory.store.batches import in_batches
from directory.store.versions import SUBJECTS, VERSIONS


@dataclass(frozen=True, slots=True)
class UnwrittenVersion:
    """A version that a change would make: the same that a row of one says."""

    subject_id: str
    slug: str
    number: int
    effective_from: date
    name: str
    facts: bytes


class History:
    """The versions of some subjects of one noun, by id and by slug, oldest first."""

    def __init__(
        self,
        connection: Connection,
        noun: Noun,
        keys: Iterable[str],
        *,
        by_slug: bool = False,
        unwritten: Iterable[UnwrittenVersion] = (),
    ) -> None:
        subjects, versions = SUBJECTS[noun], VERSIONS[noun]
        self._rows: dict[str, list[Any]] = defaultdict(list)
        columns = [subjects.c.slug, versions.c.number, versions.c.effective_from, versions.c.name]
        if noun == "service":
            columns.append(versions.c.facts)
        key = subjects.c.slug if by_slug else subjects.c.id
        for batch in in_batches(keys):
            statement = (
                select(key.label("key"), *columns)
                .join(versions, versions.c.subject_id == subjects.c.id)
                .where(key.in_(batch))
                .order_by(key, versions.c.effective_from, versions.c.number)
            )
            for row in connection.execute(statement):
                self._rows[row.key].append(row)
        for version in unwritten:
            rows = self._rows[version.slug if by_slug else version.subject_id]
            rows.append(version)
            rows.sort(key=lambda row: (row.effective_from, row.number))

    def on(self, key: str, day: date, *, up_to: int | None = None) -> Any | None:
        """The version in force on a day, as far as version `up_to`: what its author knew."""
        known = [row for row in self._rows[key] if row.effective_from <= day and (up_to is None or row.number <= up_to)]
        return known[-1] if known else None

    def name(self, key: str, day: date) -> str:
        """The name on a day; the first that it ever had where it begins later; else the key itself."""
        row = self.on(key, day) or next(iter(self._rows[key]), None)
        return str(row.name) if row else key

    def slug(self, key: str) -> str:
        """Its slug, or the key where there is no such thing."""
        return str(self._rows[key][0].slug) if self._rows[key] else key


class Owners:
    """The names of owners on any day."""

    def __init__(
        self,
        connection: Connection,
        owners: Sequence[Owner],
        unwritten: Mapping[Noun, Sequence[UnwrittenVersion]],
    ) -> None:
        organisations, teams = [owner.organisation for owner in owners], [owner.team for owner in owners if owner.team]
        bodies, new_teams = unwritten.get("organisation", ()), unwritten.get("team", ())
        self._organisations = History(connection, "organisation", organisations, unwritten=bodies)
        self._teams = History(connection, "team", teams, by_slug=True, unwritten=new_teams)

    def in_words(self, owner: Owner, day: date) -> str:
        """Team and organisation, as they are called on a day."""
        organisation = self._organisations.name(owner.organisation, day)
        return f"{self._teams.name(owner.team, day)}, {organisation}" if owner.team else organisation
