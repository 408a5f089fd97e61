"""Who runs a service on a day, since when, and who did before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Date, Select, bindparam, select

from directory.domain.organisation import OrganisationFacts
from directory.domain.service import OrganisationName, Owner, TeamName
from directory.domain.succession import Handlers, handlers, reachable
from directory.store import successions as succession_store
from directory.store.batches import in_batches
from directory.store.tables.kinds import Instant
from directory.store.tables.nouns import service_versions
from directory.store.versions import VersionRow, load_by_slug, load_in_force


@dataclass(frozen=True, slots=True)
class Owners:
    """The organisations and teams that some entries name, as they stand on the day.

    Where an organisation has been followed by exactly one other, that one is shown: the owner is the one in force.
    `now` names it for each, and `since` the day on which it followed.
    """

    organisations: Mapping[str, VersionRow]
    teams: Mapping[str, VersionRow]
    now: Mapping[str, str]
    since: Mapping[str, date]

    @classmethod
    def of(
        cls, connection: Connection, owners: Collection[Owner], *, on: date, known_at: datetime | None = None
    ) -> Owners:
        """Read them for some owners."""
        named = {owner.organisation for owner in owners}
        links = succession_store.following(connection, "organisation", named, known_at=known_at)
        now, since = {}, {}
        for organisation in named:
            found = handlers(organisation, on, links)
            now[organisation] = _shown(organisation, found)
            if now[organisation] != organisation:
                since[organisation] = max(link.effective_from for link in found.path)
        organisations = load_in_force(connection, "organisation", named | set(now.values()), on=on, known_at=known_at)
        slugs = {owner.team for owner in owners if owner.team}
        return cls(organisations, load_by_slug(connection, "team", slugs, on=on, known_at=known_at), now, since)

    def organisation(self, owner: Owner) -> OrganisationName:
        """The organisation that it stands for on the day; its id stands in where its own entry begins later."""
        return self._named(self.now[owner.organisation])

    def _named(self, key: str) -> OrganisationName:
        row = self.organisations.get(key)
        return OrganisationName(key, row.facts.name, row.facts.ods_code) if row else OrganisationName(key, key)

    def team(self, owner: Owner) -> TeamName | None:
        """Its team, where one is named."""
        if not owner.team:
            return None
        row = self.teams.get(owner.team)
        return TeamName(owner.team, row.facts.name if row else owner.team)

    def former_in_words(self, owner: Owner) -> str:
        """Team and organisation, as a person would say it, of an owner that has gone: by its own name."""
        team = self.team(owner)
        name = self._named(owner.organisation).name
        return f"{team.name}, {name}" if team else name


def _shown(organisation: str, found: Handlers) -> str:
    return found.ids[0] if len(found.ids) == 1 else organisation


def runs_for(connection: Connection, organisation: str, *, on: date, known_at: datetime | None = None) -> list[str]:
    """The organisations, by id, in whose name this one runs services on a day: itself, and those that it followed."""
    before = succession_store.preceding(connection, "organisation", [organisation])
    ever = sorted({organisation, *reachable(before.get(organisation, ()), before)})
    links = succession_store.following(connection, "organisation", ever, known_at=known_at)
    return [each for each in ever if _shown(each, handlers(each, on, links)) == organisation]


def closed_owners(connection: Connection, organisations: Iterable[str], *, on: date) -> set[str]:
    """Those of some organisations, by id, that are closed on a day and that no other has followed."""
    named = set(organisations)
    links = succession_store.following(connection, "organisation", named)
    now = {each: _shown(each, handlers(each, on, links)) for each in named}
    rows = load_in_force(connection, "organisation", set(now.values()), on=on)
    return {each for each, shown in now.items() if shown in rows and _is_closed(rows[shown].facts, on)}


def _is_closed(facts: OrganisationFacts, on: date) -> bool:
    return facts.closed <= on if facts.closed else facts.status == "closed"


@dataclass(frozen=True, slots=True)
class Tenure:
    """Since when a service has its owner of the day, and who had it before: in words, and as its entry named them."""

    since: date
    before: str | None
    owner_before: Owner | None


def owners_over_time(
    connection: Connection, present: Sequence[VersionRow], *, on: date, known_at: datetime | None
) -> tuple[Owners, dict[str, Tenure]]:
    """Who runs some services on a day, given what holds then; and the tenure of each by its id."""
    spans = _spans(connection, [row.subject_id for row in present], on=on, known_at=known_at)
    named = {row.facts.owner for row in present} | {before for _, before in spans.values() if before is not None}
    owners = Owners.of(connection, named, on=on, known_at=known_at)
    for row in present:
        followed = owners.since.get(row.facts.owner.organisation)
        if followed is not None and followed > spans[row.subject_id][0]:
            # Nothing was said of the service, but the organisation that ran it was followed by another.
            spans[row.subject_id] = (followed, row.facts.owner)
    return owners, {
        service: Tenure(since, owners.former_in_words(before) if before else None, before)
        for service, (since, before) in spans.items()
    }


def _spans(
    connection: Connection, ids: Sequence[str], *, on: date, known_at: datetime | None
) -> dict[str, tuple[date, Owner | None]]:
    """For each service since when it has its owner of the day, and who had it until then."""
    periods: dict[str, dict[date, Owner]] = {}
    statement = _until(as_known=known_at is not None)
    day = {"on": on} if known_at is None else {"on": on, "known_at": known_at}
    for batch in in_batches(ids):
        for row in connection.execute(statement, {**day, "ids": batch}):
            # Of several that began on one day, the last recorded stays.
            owner = Owner(row.owner_organisation, row.owner_team)
            periods.setdefault(row.subject_id, {})[row.effective_from] = owner
    return {service: _last_owner(list(owners.items())) for service, owners in periods.items()}


@cache
def _until(*, as_known: bool) -> Select[Any]:
    """Built once, as every page runs it; what a version says beside its owner is not read."""
    versions = service_versions
    statement = (
        select(versions.c.subject_id, versions.c.effective_from, versions.c.owner_organisation, versions.c.owner_team)
        .where(versions.c.subject_id.in_(bindparam("ids", expanding=True)))
        .where(versions.c.effective_from <= bindparam("on", type_=Date()))
        .order_by(versions.c.subject_id, versions.c.effective_from, versions.c.number)
    )
    return statement.where(versions.c.recorded_at <= bindparam("known_at", type_=Instant())) if as_known else statement


def _last_owner(days: Sequence[tuple[date, Owner]]) -> tuple[date, Owner | None]:
    since, present = days[-1]
    for day, owner in reversed(days):
        if owner != present:
            return since, owner
        since = day
    return since, None
