"""Organisations that became others, from a list of codes: changes of the right kind, with what they reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from directory.actions.import_owners import Owners
from directory.domain.change import Draft
from directory.domain.source import Reading, SourceSuccession
from directory.domain.succession import Succession, SuccessionKind, reachable
from directory.store import services as service_store
from directory.store import successions as succession_store


def succession_drafts(connection: Connection, reading: Reading, owners: Owners, *, source: str) -> list[Draft]:
    """One change for each organisation that runs services here, and one, which tells nobody, for all the others."""
    there = succession_store.all_of(connection, "organisation")
    known = {(link.predecessor, link.successor, link.effective_from) for link in there}
    links = [
        link
        for link in _links(reading.successions, owners)
        if (link.predecessor, link.successor, link.effective_from) not in known
    ]
    if not links:
        return []
    running = _running(connection, [*there, *links])
    quiet = tuple(link for link in links if link.predecessor not in running)
    loud: dict[str, list[Succession]] = {}
    # In the order of days, so that the second step of a chain reaches what the first one brought.
    for link in sorted(links, key=lambda link: (link.effective_from, link.predecessor)):
        if link.predecessor in running:
            loud.setdefault(link.predecessor, []).append(link)
    drafts = [_loud(leaving, owners, source) for leaving in loud.values()]
    if quiet:
        drafts.append(
            Draft(
                title=f"{len(quiet)} succession{'' if len(quiet) == 1 else 's'} of organisations",
                effective_from=min(link.effective_from for link in quiet),
                organisation_succession=quiet,
                why=f"{source} lists them. None of these organisations runs a service in this directory.",
                weight="minor",
            )
        )
    return drafts


def _running(connection: Connection, links: Sequence[Succession]) -> set[str]:
    """The organisations that run services here, themselves or because they followed one that does."""
    after: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.successor:
            after[link.predecessor].add(link.successor)
    return reachable(service_store.owned_by(connection, after, today=date.max), after)


def _links(rows: Sequence[SourceSuccession], owners: Owners) -> list[Succession]:
    """Links with their kinds: several successors on a day are a split, several predecessors a merger."""
    leaving: dict[tuple[str, date], set[str]] = defaultdict(set)
    arriving: dict[tuple[str, date], set[str]] = defaultdict(set)
    for row in rows:
        leaving[row.old_code, row.effective_from].add(row.new_code)
        arriving[row.new_code, row.effective_from].add(row.old_code)

    def kind(row: SourceSuccession) -> SuccessionKind:
        if len(leaving[row.old_code, row.effective_from]) > 1:
            return "split"
        return "merged" if len(arriving[row.new_code, row.effective_from]) > 1 else "replaced"

    return [
        Succession(owners.by_code[row.old_code], owners.by_code[row.new_code], kind(row), row.effective_from)
        for row in rows
    ]


def _loud(links: Sequence[Succession], owners: Owners, source: str) -> Draft:
    codes = {key: code for code, key in owners.by_code.items()}
    successors = " and ".join(sorted(codes[link.successor] for link in links if link.successor))
    return Draft(
        title=f"{codes[links[0].predecessor]} is followed by {successors}",
        effective_from=min(link.effective_from for link in links),
        organisation_succession=tuple(links),
        why=f"{source} says so.",
        what_to_do="The services keep their referral routes until their own entries say otherwise.",
    )
