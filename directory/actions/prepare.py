"""Work out what a change does, without writing: its versions, terms, succession and record.

Publishing writes what this returns; a dry run only shows it. Several drafts are worked out in one go, each seeing
what those before it did, with one set of statements for them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions import rules
from directory.actions.naming import EDITS, Named, Newcomer, name
from directory.content import records
from directory.domain.change import Change, Draft, Edit, Kind, Subject, terms
from directory.domain.policy import Actor
from directory.domain.service import Facts, Identifier, slug_of
from directory.domain.source import RECORD_SYSTEMS
from directory.domain.succession import Noun, Succession, reachable
from directory.domain.timeline import Made, Step, Timeline
from directory.errors import Invalid, Problem
from directory.shapes import tidy
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store.changes import Head, NewChange
from directory.store.versions import NewVersion, ids_by_identifier, timelines


@dataclass(frozen=True, slots=True)
class Published:
    """A change worked out, ready to be written."""

    new: NewChange
    newcomers: tuple[Newcomer, ...]
    versions: tuple[NewVersion, ...]

    @property
    def change(self) -> Change:
        """The change itself."""
        return self.new.change


@dataclass(slots=True)
class _Bench:
    """The lives of everything that some drafts touch, kept up to date from one draft to the next.

    `owned` are the services that an organisation or a team runs, by its id; `records` says whose a source's id is.
    """

    lives: dict[Noun, dict[str, Timeline]]
    owned: dict[str, list[str]]
    links: dict[str, list[Succession]]
    records: dict[Identifier, str]
    today: date


# Told after each draft: how many are worked out, of how many.
Progress = Callable[[int, int], None]


def prepare(
    connection: Connection,
    drafts: Sequence[Draft],
    *,
    by: Actor,
    head: Head,
    at: Sequence[datetime],
    zone: ZoneInfo,
    progress: Progress = lambda _done, _all: None,
) -> list[Published]:
    """What publishing `drafts` after `head` does, each at its instant of `at` (or the head's, where that is later).

    Today is the last of these instants in `zone`.

    Raises `Invalid` with every broken rule, `EditConflict` where an expected version is stale, `NotAllowed` where
    `by` may not publish for a team concerned.
    """
    named = name(connection, drafts)
    bench = _bench(connection, named, max(at).astimezone(zone).date())
    published = []
    for draft, newcomers, instant in zip(named.drafts, named.newcomers, at, strict=True):
        recorded_at = max(instant, head.recorded_at) if head.recorded_at else instant
        known_on = recorded_at.astimezone(zone).date()
        done = _work_out(draft, newcomers, bench, by=by, head=head, recorded_at=recorded_at, known_on=known_on)
        published.append(done)
        head = Head(done.change.number, done.change.sha256, recorded_at)
        progress(len(published), len(drafts))
    return published


def _bench(connection: Connection, named: Named, today: date) -> _Bench:
    first_day = min(today, *(draft.effective_from for draft in named.drafts))
    touched: dict[Noun, set[str]] = {
        noun: {edit.id for draft in named.drafts for edit in getattr(draft, field)} for noun, field in EDITS.items()
    }
    organisations = touched["organisation"] | {
        link.predecessor for draft in named.drafts for link in draft.organisation_succession
    }
    owned = _owned(connection, organisations, today=today)
    owned |= service_store.run_by(connection, touched["team"], today=today)
    linked = {
        key for draft in named.drafts for link in draft.succession for key in (link.predecessor, link.successor) if key
    }
    touched["service"] |= linked | {service for services in owned.values() for service in services}
    lives = {noun: timelines(connection, noun, ids, steps_after=first_day) for noun, ids in touched.items()}
    links = succession_store.following(connection, "service", linked)
    return _Bench(lives, owned, links, _records(connection, named.drafts), today)


def _records(connection: Connection, drafts: Sequence[Draft]) -> dict[Identifier, str]:
    given = {
        identifier
        for draft in drafts
        for edit in draft.services
        for identifier in edit.set.get("identifiers", ())  # type: ignore[attr-defined]
    }
    return {
        Identifier(system, value): service
        for system in RECORD_SYSTEMS
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


def _work_out(
    draft: Draft,
    newcomers: tuple[Newcomer, ...],
    bench: _Bench,
    *,
    by: Actor,
    head: Head,
    recorded_at: datetime,
    known_on: date,
) -> Published:
    draft = replace(
        draft,
        services=_with_closures(draft),
        title=tidy(draft.title),
        why=tidy(draft.why),
        what_to_do=tidy(draft.what_to_do),
        in_flight=tidy(draft.in_flight),
    )
    rules.check_versions(draft, bench.lives["service"], today=bench.today)
    rules.check_policy(draft, bench.lives["service"], by=by, today=bench.today)
    rules.check_openings(draft, bench.lives)
    rules.check_identifiers(draft, bench.records)
    rules.check_succession(draft, bench.links)
    number = head.number + 1
    before = {edit.id: bench.lives["service"][edit.id].before(draft.effective_from) for edit in draft.services}
    made: dict[tuple[Noun, str], list[Made]] = {
        (noun, edit.id): _edited(bench.lives[noun][edit.id], Step(draft.effective_from, number, edit.set))
        for noun, field in EDITS.items()
        for edit in getattr(draft, field)
    }
    draft = replace(draft, kinds=rules.kinds(draft, before, made, known_on=known_on))
    slug = slug_of(draft.title, limit=60)
    text = records.render(draft, number=number, slug=slug, recorded_at=recorded_at, previous=head.sha256)
    change = Change(
        number=number,
        title=draft.title,
        slug=slug,
        kinds=draft.kinds,
        effective_from=draft.effective_from,
        recorded_at=recorded_at,
        weight=draft.weight,
        urgent=draft.urgent,
        why=draft.why,
        what_to_do=draft.what_to_do,
        in_flight=draft.in_flight,
        status="published",
        sha256=records.digest(text),
        previous=head.sha256,
        subjects=_subjects(draft, made),
        succession=draft.succession,
        organisation_succession=draft.organisation_succession,
    )
    versions = tuple(
        NewVersion(noun, subject, version, number, recorded_at)
        for (noun, subject), all_made in made.items()
        for version in all_made
    )
    _remember(draft, bench)
    return Published(NewChange(change, text, _terms(draft, bench, before, made)), newcomers, versions)


def _edited(life: Timeline, step: Step) -> list[Made]:
    try:
        return life.edit(step)
    except ValueError as error:
        # Facts that contradict each other, such as a name that was emptied.
        raise Invalid([Problem(life.id, str(error))]) from None


def _with_closures(draft: Draft) -> tuple[Edit, ...]:
    """The edits, with each predecessor of a succession closed from that day."""
    closing = dict.fromkeys(link.predecessor for link in draft.succession)
    edits = [
        replace(edit, set={"status": "closed", **edit.set}) if edit.id in closing else edit for edit in draft.services
    ]
    named = {edit.id for edit in edits}
    return (*edits, *(Edit(key, {"status": "closed"}) for key in closing if key not in named))


def _subjects(draft: Draft, made: Mapping[tuple[Noun, str], list[Made]]) -> tuple[Subject, ...]:
    return tuple(
        Subject(noun, edit.id, done[0].number if (done := made[noun, edit.id]) else None, edit.set)
        for noun, field in EDITS.items()
        for edit in getattr(draft, field)
    )


def _terms(
    draft: Draft, bench: _Bench, before: Mapping[str, Facts | None], made: Mapping[tuple[Noun, str], list[Made]]
) -> frozenset[tuple[str, str, str]]:
    """What subscriptions are matched against: for each service reached, what it was and what it becomes."""
    found: set[tuple[str, str, str]] = set()

    def add(service: str, versions: Sequence[Facts | None]) -> None:
        held = [facts for facts in versions if facts is not None]
        found.update((service, facet, value) for facet, value in terms(draft.kinds, service, held))

    for edit in draft.services:
        add(edit.id, [before[edit.id], *(version.facts for version in made["service", edit.id][:1])])
    for link in draft.succession:
        if link.successor:
            add(link.successor, [bench.lives["service"][link.successor].on(draft.effective_from)])
    organisations = {edit.id for edit in draft.organisations} | {
        link.predecessor for link in draft.organisation_succession
    }
    for organisation in organisations:
        found.update((organisation, facet, value) for facet, value in _owner_terms(draft.kinds, organisation))
    for runs in organisations | {edit.id for edit in draft.teams}:
        for service in bench.owned.get(runs, ()):
            life = bench.lives["service"][service]
            add(service, [life.on(draft.effective_from) or (life.facts[0] if life.facts else None)])
    return frozenset(found)


def _owner_terms(kinds: Sequence[Kind], organisation: str) -> set[tuple[str, str]]:
    return {("owner", organisation), *(("kind", kind) for kind in kinds)}


def _remember(draft: Draft, bench: _Bench) -> None:
    for link in draft.succession:
        bench.links.setdefault(link.predecessor, []).append(link)
    for link in draft.organisation_succession:
        if link.successor:
            bench.owned.setdefault(link.successor, []).extend(bench.owned.get(link.predecessor, ()))
