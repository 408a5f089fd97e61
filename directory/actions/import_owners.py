"""The organisations and teams that an import names: found again, opened, or renamed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from sqlalchemy import Connection

from directory.actions.compare import differing_organisation
from directory.actions.naming import free_slug
from directory.actions.overruling import Merge
from directory.domain.change import Draft, Edit, fold
from directory.domain.organisation import OrganisationFacts
from directory.domain.service import Owner, slug_of
from directory.domain.source import Reading, SourceOrganisation, SourceService
from directory.store import imports as import_store
from directory.store import organisations as organisation_store
from directory.store.versions import find_ids, load_in_force, taken_slugs

# An organisation that an import brings has been there since before anybody wrote it down here: its entry begins with
# the National Health Service, and `opened` and `closed` say what is known.
THE_BEGINNING = date(1948, 7, 5)


@dataclass(slots=True)
class Owners:
    """Ids of an import's organisations by code or folded name, slugs of its teams, and the drafts that make them so."""

    by_code: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    teams: dict[tuple[str, str], str] = field(default_factory=dict)
    opened: list[Edit] = field(default_factory=list)
    opened_teams: list[Edit] = field(default_factory=list)
    reopened: list[Edit] = field(default_factory=list)
    renames: list[Draft] = field(default_factory=list)
    # By what a feed calls them, which stays when it renames one.
    by_foreign: dict[str, str] = field(default_factory=dict)
    # What a feed says of them otherwise than is said here, in words.
    overruled: list[str] = field(default_factory=list)

    def of(self, service: SourceService) -> Owner:
        """The owner of a service that the import describes."""
        organisation = self.id_of(service.organisation)
        team = self.teams[organisation, fold(service.team)] if service.team else None
        return Owner(organisation, team)

    def id_of(self, organisation: SourceOrganisation) -> str:
        """The id of an organisation that the import names."""
        if organisation.foreign_id in self.by_foreign:
            return self.by_foreign[organisation.foreign_id]
        if organisation.ods_code:
            return self.by_code[organisation.ods_code]
        return self.by_name[fold(organisation.name or "")]

    def existing(self, organisation: SourceOrganisation) -> str | None:
        """The id of an organisation, where it is known already."""
        if organisation.foreign_id in self.by_foreign:
            return self.by_foreign[organisation.foreign_id]
        if organisation.ods_code:
            return self.by_code.get(organisation.ods_code)
        return self.by_name.get(fold(organisation.name or ""))

    def drafts(self, source: str) -> list[Draft]:
        """What is to be published before the services: first what is new, then one change for each that differs."""
        opened = [_counted(self.opened, "organisation"), _counted(self.opened_teams, "team")]
        opening = Draft(
            title=f"{' and '.join(filter(None, opened))} added",
            effective_from=THE_BEGINNING,
            kinds=("opened",),
            organisations=tuple(self.opened),
            teams=tuple(self.opened_teams),
            why=f"{source} names them.",
            weight="minor",
        )
        again = f"{len(self.reopened)} organisation{'' if len(self.reopened) == 1 else 's'} added again"
        reopening = replace(opening, title=again, kinds=(), organisations=tuple(self.reopened), teams=())
        return [*([opening] if any(opened) else []), *([reopening] if self.reopened else []), *self.renames]


def _counted(edits: Sequence[Edit], noun: str) -> str:
    """How many, in words; the names themselves where they are few."""
    if not edits:
        return ""
    if len(edits) <= 2:
        return " and ".join(str(edit.set["name"]) for edit in edits)
    return f"{len(edits)} {noun}s"


def find_owners(
    connection: Connection, reading: Reading, *, effective_from: date, source: str, merge: Merge | None = None
) -> Owners:
    """Match what a reading names against the directory; writes nothing."""
    owners = Owners(by_foreign=dict(merge.organisations) if merge else {})
    named = _distinct(chain(reading.organisations, (service.organisation for service in reading.services)))
    codes = [organisation.ods_code for organisation in named if organisation.ods_code]
    for link in reading.successions:
        codes += [link.old_code, link.new_code]
    for membership in reading.memberships:
        codes += [membership.member, membership.of]
    owners.by_code = find_ids(connection, "organisation", codes)
    owners.by_name = organisation_store.ids_by_folded_name(connection)
    rows = load_in_force(
        connection,
        "organisation",
        {*owners.by_code.values(), *owners.by_name.values(), *owners.by_foreign.values()},
        on=effective_from,
    )
    known = {key: row.facts for key, row in rows.items()}
    # What a feed brought and somebody here undid stays undone.
    asked = [item for item in named if not merge or owners.existing(item) not in merge.said_of_organisations]
    _reopen(connection, owners, [*asked, *(SourceOrganisation({}, code) for code in codes)], known)
    newcomers = [item for item in named if owners.existing(item) is None]
    taken = taken_slugs(connection, "organisation", [slug_of(item.name or item.ods_code or "") for item in newcomers])
    for item in named:
        _match(owners, item, known=known, taken=taken, day=effective_from, source=source, merge=merge)
    for code in codes:
        if code not in owners.by_code:
            _match(owners, SourceOrganisation({}, code), known={}, taken=taken, day=effective_from, source=source)
    _find_teams(connection, owners, reading.services, on=effective_from)
    return owners


def _distinct(organisations: Iterable[SourceOrganisation]) -> list[SourceOrganisation]:
    """Each once, by code or else by name; the one that says most, of those that share a code."""
    found: dict[tuple[str, str], SourceOrganisation] = {}
    for item in organisations:
        key = ("code", item.ods_code) if item.ods_code else ("name", fold(item.name or ""))
        if key not in found or len(item.set) > len(found[key].set):
            found[key] = item
    return list(found.values())


def _match(
    owners: Owners,
    item: SourceOrganisation,
    *,
    known: dict[str, OrganisationFacts],
    taken: set[str],
    day: date,
    source: str,
    merge: Merge | None = None,
) -> None:
    existing = owners.existing(item)
    if existing is None:
        _open(owners, item, taken)
    elif existing in known and (edit := differing_organisation(known[existing], item.set)):
        if merge is not None:
            edit = _not_overruled(owners, existing, known[existing], edit, merge)
        if edit:
            owners.renames.append(_draft(existing, known[existing], edit, day=day, source=source))


def _not_overruled(
    owners: Owners, key: str, before: OrganisationFacts, edit: dict[str, object], merge: Merge
) -> dict[str, object]:
    """The fields that still say what the feed said last; the others were written here, or by another feed."""
    said = merge.said_of_organisations.get(key, {})
    here = differing_organisation(before, said)
    taken = {name: value for name, value in edit.items() if name in said and name not in here}
    owners.overruled += [
        f"{before.name}: its {name.replace('_', ' ')} is “{value}” there, and stays “{getattr(before, name)}” here"
        for name, value in edit.items()
        if name not in taken
    ]
    return taken


def _reopen(
    connection: Connection,
    owners: Owners,
    items: Sequence[SourceOrganisation],
    known: dict[str, OrganisationFacts],
) -> None:
    """Those that are closed only because the import that brought them was undone are open again."""
    used = {key for item in items if (key := owners.existing(item))}
    closed = [key for key in used if key in known and known[key].status == "closed"]
    for key in sorted(import_store.only_undone(connection, "organisation", closed)):
        known[key] = replace(known[key], status="active")
        owners.reopened.append(Edit(key, {"status": "active"}))


def _open(owners: Owners, item: SourceOrganisation, taken: set[str]) -> None:
    key = uuid.uuid4().hex
    facts = {"name": item.ods_code or "", **item.set}
    if item.ods_code:
        facts["ods_code"] = item.ods_code
        owners.by_code[item.ods_code] = key
    owners.by_name.setdefault(fold(str(facts["name"])), key)
    slug = free_slug(slug_of(str(facts["name"])), taken)
    owners.opened.append(Edit(key, facts, expected_version=0, slug=slug, ods_code=item.ods_code))


def _draft(key: str, before: OrganisationFacts, edit: dict[str, object], *, day: date, source: str) -> Draft:
    renamed = "name" in edit
    return Draft(
        title=f"{before.name} is now called {edit['name']}" if renamed else f"{before.name}: details corrected",
        effective_from=day,
        kinds=("renamed",) if renamed else ("correction",),
        organisations=(Edit(key, edit),),
        why=f"{source} gives it {'this name' if renamed else 'these details'}.",
        what_to_do="Use the new name. Referral routes stay as they are unless their own entries say otherwise."
        if renamed
        else "",
        weight="major" if renamed else "minor",
    )


def _find_teams(connection: Connection, owners: Owners, services: Sequence[SourceService], *, on: date) -> None:
    # In the order of the file: a preview and the import after it open the same, one by one.
    wanted = dict.fromkeys((owners.id_of(each.organisation), each.team) for each in services if each.team)
    if not wanted:
        return
    for team in organisation_store.teams_of(connection, {organisation for organisation, _ in wanted}, on=on):
        owners.teams[team.facts.organisation, fold(team.facts.name)] = team.slug
        owners.teams.setdefault((team.facts.organisation, fold(team.slug)), team.slug)
    taken = taken_slugs(connection, "team", [slug_of(name) for _, name in wanted])
    for organisation, name in wanted:
        if (organisation, fold(name)) in owners.teams:
            continue
        slug = free_slug(slug_of(name), taken)
        owners.teams[organisation, fold(name)] = slug
        owners.opened_teams.append(
            Edit(slug, {"name": name, "organisation": organisation}, expected_version=0, slug=slug)
        )
