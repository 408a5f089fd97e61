"""Whom a change concerns: the terms that subscriptions are matched against, of every service that it reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from directory.actions.workbench import Workbench
from directory.domain.change import Change, Draft, Kind, terms
from directory.domain.service import Facts
from directory.domain.succession import Noun
from directory.domain.timeline import Made

Terms = frozenset[tuple[str, str, str]]


def terms_of(
    draft: Draft,
    bench: Workbench,
    before: Mapping[str, Facts | None],
    made: Mapping[tuple[Noun, str], list[Made]],
) -> Terms:
    """For each service reached, what it was and what it becomes, as (service, facet, value)."""
    found: set[tuple[str, str, str]] = set()
    for edit in draft.services:
        versions = [before[edit.id], *(version.facts for version in made["service", edit.id][:1])]
        found |= _of_service(draft.kinds, edit.id, versions)
    for link in draft.succession:
        if link.successor:
            held = bench.lives["service"][link.successor].on(draft.effective_from)
            found |= _of_service(draft.kinds, link.successor, [held])
    organisations = {edit.id for edit in draft.organisations} | {
        link.predecessor for link in draft.organisation_succession
    }
    for organisation in organisations:
        found |= {(organisation, "owner", organisation), *((organisation, "kind", kind) for kind in draft.kinds)}
    for runs in organisations | {edit.id for edit in draft.teams}:
        for service in bench.owned.get(runs, ()):
            life = bench.lives["service"][service]
            held = life.on(draft.effective_from) or (life.facts[0] if life.facts else None)
            found |= _of_service(draft.kinds, service, [held])
    return frozenset(found)


def held(gone: Change | None, bench: Workbench) -> Mapping[str, Facts | None]:
    """What each service that a change touched says with it, before it is taken out.

    Touched are both ends of its links too, and what is run by an organisation or team that it touched.
    """
    if gone is None:
        return {}
    ids = {
        noun: {each.id for each in gone.subjects if each.noun == noun} for noun in ("service", "organisation", "team")
    }
    ids["service"] |= {end for link in gone.succession for end in (link.predecessor, link.successor) if end}
    ids["organisation"] |= {link.predecessor for link in gone.organisation_succession}
    owners = ids["organisation"] | ids["team"]
    lives = bench.lives["service"]
    return {
        key: lives[key].on(gone.effective_from)
        for key in (*sorted(ids["service"]), *(key for owner in sorted(owners) for key in bench.owned.get(owner, ())))
    }


def terms_of_gone(draft: Draft, gone: Change | None, was: Mapping[str, Facts | None], bench: Workbench) -> Terms:
    """The same of the services that a change was taken out of: what was to hold, and what holds without it."""
    found: set[tuple[str, str, str]] = set()
    for service, facts in was.items():
        now = bench.lives["service"][service].on(gone.effective_from) if gone else None
        found |= _of_service(draft.kinds, service, [facts, now])
    return frozenset(found)


def _of_service(kinds: Sequence[Kind], service: str, versions: Sequence[Facts | None]) -> set[tuple[str, str, str]]:
    held = [facts for facts in versions if facts is not None]
    return {(service, facet, value) for facet, value in terms(kinds, service, held)}
