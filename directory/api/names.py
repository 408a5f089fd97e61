"""What the ids in a domain value are called: one or two statements a noun, for a whole page of values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from directory.actions.prepare import Published
from directory.api.entries import Named, Names
from directory.domain.change import Change
from directory.domain.organisation import Organisation, Team
from directory.domain.service import Entry, Version
from directory.domain.succession import Noun, Succession
from directory.store.versions import find_ids, load_in_force

Wanted = tuple[Noun, str]


def names(connection: Connection, wanted: Iterable[Wanted], *, on: date) -> dict[Wanted, Named]:
    """What things are called on a day; what begins later goes by the name that it will have."""
    keys: dict[Noun, list[str]] = defaultdict(list)
    for noun, key in wanted:
        keys[noun].append(key)
    found: dict[Wanted, Named] = {}
    for noun, named in keys.items():
        ids = find_ids(connection, noun, named)
        rows = load_in_force(connection, noun, ids.values(), on=on)
        if later := [key for key in ids.values() if key not in rows]:
            rows |= load_in_force(connection, noun, later, on=date.max)
        for key, id_ in ids.items():
            if id_ in rows:
                found[noun, key] = _named(id_, rows[id_].slug, rows[id_].facts)
    return found


def _named(id_: str, slug: str, facts: Any) -> Named:
    return Named(id_, slug, facts.name, getattr(facts, "ods_code", None))


def in_entries(entries: Iterable[Entry]) -> Iterator[Wanted]:
    """The services that the successions of some entries name."""
    for entry in entries:
        yield from in_links("service", (*entry.succeeded_by, *entry.replaces))


def in_links(noun: Noun, links: Iterable[Succession]) -> Iterator[Wanted]:
    """Both ends of some successions."""
    for link in links:
        yield noun, link.predecessor
        if link.successor:
            yield noun, link.successor


def in_versions(versions: Iterable[Version]) -> Iterator[Wanted]:
    """The owners of some versions."""
    for version in versions:
        yield "organisation", version.facts.owner.organisation
        if version.facts.owner.team:
            yield "team", version.facts.owner.team


def in_changes(changes: Iterable[Change], reached: Iterable[str]) -> Iterator[Wanted]:
    """All that some changes touch, link or reach."""
    for change in changes:
        yield from ((subject.noun, subject.id) for subject in change.subjects)
        yield from in_links("service", change.succession)
        yield from in_links("organisation", change.organisation_succession)
    yield from (("service", service) for service in reached)


def in_organisations(organisations: Iterable[Organisation]) -> Iterator[Wanted]:
    """What some organisations belong to."""
    for organisation in organisations:
        yield from (("organisation", membership.of) for membership in organisation.member_of)


def in_teams(teams: Iterable[Team]) -> Iterator[Wanted]:
    """The organisations of some teams."""
    return (("organisation", team.facts.organisation) for team in teams)


def opened_by(published: Published) -> Names:
    """What a change opens, which the database may not hold yet."""
    slugs = {(newcomer.noun, newcomer.id): newcomer.slug for newcomer in published.newcomers}
    return {
        (version.noun, version.subject_id): _named(version.subject_id, slug, version.made.facts)
        for version in published.versions
        if (slug := slugs.get((version.noun, version.subject_id)))
    }


def reached_by(published: Published) -> Sequence[str]:
    """The ids of the services that a change reaches, in the order in which the store gives them."""
    return sorted(value for _, facet, value in published.new.terms if facet == "service")
