"""What changes are worked out upon: the lives of all that they touch, read once and kept up to date as they follow."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from directory.actions.naming import EDITS, Named
from directory.domain.change import Change, Draft
from directory.domain.service import Identifier
from directory.domain.source import names_record
from directory.domain.succession import Noun, Succession, reachable
from directory.domain.timeline import Timeline
from directory.errors import ChangeNotFound
from directory.store import changes as change_store
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store.versions import ids_by_identifier, timelines


@dataclass(slots=True)
class Workbench:
    """The lives of everything that some drafts touch, kept up to date from one draft to the next.

    `owned` are the services that an organisation or a team runs, by its id; `records` says whose a source's id is;
    `changes` are those whose place a draft may take, by number.
    """

    lives: dict[Noun, dict[str, Timeline]]
    owned: dict[str, list[str]]
    links: dict[str, list[Succession]]
    records: dict[Identifier, str]
    changes: dict[int, Change]
    today: date

    @classmethod
    def of(cls, connection: Connection, named: Named, *, today: date) -> Workbench:
        """Read what some drafts need; the number of statements does not grow with theirs."""
        superseded = _superseded(connection, named.drafts)
        given: list[Draft | Change] = [*named.drafts, *superseded.values()]
        touched: dict[Noun, set[str]] = {
            noun: {edit.id for draft in named.drafts for edit in getattr(draft, field)}
            | {subject.id for change in superseded.values() for subject in change.subjects if subject.noun == noun}
            for noun, field in EDITS.items()
        }
        organisations = touched["organisation"] | {
            link.predecessor for each in given for link in each.organisation_succession
        }
        owned = _owned(connection, organisations, today=today)
        owned |= service_store.run_by(connection, touched["team"], today=today)
        linked = {
            key for each in given for link in each.succession for key in (link.predecessor, link.successor) if key
        }
        touched["service"] |= linked | {service for services in owned.values() for service in services}
        # A change that is taken out needs what was set on its own day too.
        after = min(today, *(each.effective_from for each in given)) - timedelta(days=1)
        lives = {noun: timelines(connection, noun, ids, steps_after=after) for noun, ids in touched.items()}
        links = succession_store.following(connection, "service", linked)
        return cls(lives, owned, links, _records(connection, named.drafts), superseded, today)

    def superseded(self, draft: Draft) -> Change | None:
        """The change whose place a draft takes; raises `ChangeNotFound`."""
        if draft.supersedes is None:
            return None
        if draft.supersedes not in self.changes:
            raise ChangeNotFound(f"There is no change {draft.supersedes}.")
        return self.changes[draft.supersedes]

    def links_without(self, gone: Change | None) -> Mapping[str, Sequence[Succession]]:
        """The links between services, but for those that a change made."""
        made = set(gone.succession) if gone else set()
        return {node: [link for link in leaving if link not in made] for node, leaving in self.links.items()}

    def lives_without(self, gone: Change | None) -> Mapping[Noun, Mapping[str, Timeline]]:
        """The lives as if a change had never been; the bench's own stay as they are."""
        if gone is None:
            return self.lives
        # Laid over, not copied: undoing an import takes back thousands of changes, each with all lives beside it.
        found = {noun: ChainMap[str, Timeline]({}, lives) for noun, lives in self.lives.items()}
        for subject in gone.subjects:
            life = self.lives[subject.noun][subject.id]
            if life.opened_only_by(gone.number, on=gone.effective_from):
                # As if it had never been: what takes the place of the change may open it.
                life = Timeline(subject.id, life.shape)
            else:
                life = life.copy()
                life.without(gone.number, on=gone.effective_from)
            found[subject.noun][subject.id] = life
        return found

    def remember(self, draft: Draft, change: Change, gone: Change | None) -> None:
        """Take in the links that a draft made, and the change itself, for those that follow."""
        self.changes[change.number] = change
        if gone is not None:
            self.links = {node: list(leaving) for node, leaving in self.links_without(gone).items()}
            self.changes[gone.number] = replace(gone, status="withdrawn", superseded_by=change.number)
        for link in draft.succession:
            self.links.setdefault(link.predecessor, []).append(link)
        for link in draft.organisation_succession:
            if link.successor:
                self.owned.setdefault(link.successor, []).extend(self.owned.get(link.predecessor, ()))


def _superseded(connection: Connection, drafts: Iterable[Draft]) -> dict[int, Change]:
    # One that these drafts themselves make is not there yet: the bench learns it on the way.
    numbers = {draft.supersedes for draft in drafts if draft.supersedes is not None}
    return {change.number: change for change in change_store.load_many(connection, numbers)}


def _records(connection: Connection, drafts: Sequence[Draft]) -> dict[Identifier, str]:
    given = {
        identifier
        for draft in drafts
        for edit in draft.services
        for identifier in edit.set.get("identifiers", ())  # type: ignore[attr-defined]
    }
    return {
        Identifier(system, value): service
        for system in {each.system for each in given if names_record(each.system)}
        for value, service in ids_by_identifier(
            connection, system, [each.value for each in given if each.system == system]
        ).items()
    }


def _owned(connection: Connection, organisations: set[str], *, today: date) -> dict[str, list[str]]:
    """The services that organisations run, themselves or because they followed the one that does."""
    before = succession_store.preceding(connection, "organisation", organisations)
    ever = {key: {key, *reachable(before.get(key, ()), before)} for key in organisations}
    owned = service_store.owned_by(connection, {key for keys in ever.values() for key in keys}, today=today)
    return {key: [service for each in sorted(keys) for service in owned.get(each, ())] for key, keys in ever.items()}
