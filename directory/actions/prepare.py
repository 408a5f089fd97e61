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

from directory.actions import reaching, rules
from directory.actions.naming import EDITS, Newcomer, name
from directory.actions.screening import refuse_deceiving
from directory.actions.workbench import Workbench
from directory.content import records
from directory.domain.change import Change, Draft, Edit, Subject
from directory.domain.offer import Parties
from directory.domain.policy import Actor
from directory.domain.service import slug_of
from directory.domain.succession import Noun
from directory.domain.timeline import Made, Orphaned, Step, Timeline
from directory.errors import Invalid, Problem
from directory.shapes import tidy
from directory.store.changes import Head, NewChange
from directory.store.versions import NewVersion


@dataclass(frozen=True, slots=True)
class Published:
    """A change worked out, ready to be written."""

    new: NewChange
    newcomers: tuple[Newcomer, ...]
    versions: tuple[NewVersion, ...]
    parties: Parties

    @property
    def change(self) -> Change:
        """The change itself."""
        return self.new.change


# Told after each draft: how many are worked out, of how many.
Progress = Callable[[int, int], None]
# Told of each draft that breaks a rule, by its place; where it does not raise, the others are looked at all the same.
Refused = Callable[[int, Invalid], None]


def _raise(_place: int, invalid: Invalid) -> None:
    raise invalid


def prepare(
    connection: Connection,
    drafts: Sequence[Draft],
    *,
    by: Actor,
    head: Head,
    at: Sequence[datetime],
    zone: ZoneInfo,
    offered: bool = False,
    recorded: bool = False,
    refused: Refused = _raise,
    progress: Progress = lambda _done, _all: None,
) -> list[Published]:
    """What publishing `drafts` after `head` does, each at its instant of `at` (or the head's, where that is later).

    Today is the last of these instants in `zone`. Drafts that are `offered` need the author's own team only: whoever
    asks for that asks the others. Drafts that are `recorded` were published before: their names are as they were.

    Raises `Invalid` with every broken rule, `EditConflict` where an expected version is stale, `NotAllowed` where
    `by` may not publish for a team concerned, `ChangeNotFound` and `AlreadyWithdrawn` where a draft takes the place of
    a change that is not there, or not any more.
    """
    if not recorded:
        rules.check_days(drafts)
    named = name(connection, drafts)
    bench = Workbench.of(connection, named, today=max(at).astimezone(zone).date())
    published = []
    for place, (draft, newcomers, instant) in enumerate(zip(named.drafts, named.newcomers, at, strict=True)):
        recorded_at = max(instant, head.recorded_at) if head.recorded_at else instant
        known_on = recorded_at.astimezone(zone).date()
        try:
            if not recorded:
                refuse_deceiving(draft, bench.lives)
            done = _work_out(
                draft, newcomers, bench, by=by, offered=offered, head=head, recorded_at=recorded_at, known_on=known_on
            )
        except Invalid as invalid:
            refused(place, invalid)
            continue
        published.append(done)
        head = Head(done.change.number, done.change.sha256, recorded_at)
        progress(len(published), len(drafts))
    return published


def _work_out(
    draft: Draft,
    newcomers: tuple[Newcomer, ...],
    bench: Workbench,
    *,
    by: Actor,
    offered: bool,
    head: Head,
    recorded_at: datetime,
    known_on: date,
) -> Published:
    draft = _tidied(draft)
    gone = bench.superseded(draft)
    rules.check_superseding(gone)
    lives = bench.lives_without(gone)
    rules.check_versions(draft, gone, bench.lives["service"], today=bench.today)
    parties = rules.parties(draft, gone, bench.lives["service"], lives["service"], today=bench.today)
    rules.check_policy(parties, by=by, offered=offered)
    rules.check_openings(draft, lives)
    rules.check_identifiers(draft, bench.records)
    rules.check_succession(draft, bench.links_without(gone))
    before = {edit.id: lives["service"][edit.id].before(draft.effective_from) for edit in draft.services}
    was = reaching.held(gone, bench)
    made = _made(draft, gone, bench, head.number + 1)
    draft = replace(draft, kinds=rules.kinds(draft, gone, before, made, known_on=known_on))
    change, text = _change(draft, made, head=head, recorded_at=recorded_at)
    versions = tuple(
        NewVersion(noun, subject, version, change.number, recorded_at)
        for (noun, subject), all_made in made.items()
        for version in all_made
    )
    concerned = reaching.terms_of(draft, bench, before, made) | reaching.terms_of_gone(draft, gone, was, bench)
    bench.remember(draft, change, gone)
    return Published(NewChange(change, text, concerned), newcomers, versions, parties)


def _tidied(draft: Draft) -> Draft:
    return replace(
        draft,
        services=_with_closures(draft),
        title=tidy(draft.title),
        why=tidy(draft.why),
        what_to_do=tidy(draft.what_to_do),
        in_flight=tidy(draft.in_flight),
        override=tidy(draft.override),
    )


def _change(
    draft: Draft, made: Mapping[tuple[Noun, str], list[Made]], *, head: Head, recorded_at: datetime
) -> tuple[Change, str]:
    """The change that follows the head, and its record."""
    number, slug = head.number + 1, slug_of(draft.title, limit=60)
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
        supersedes=draft.supersedes,
        reverses=draft.reverses,
        override=draft.override,
        succession=draft.succession,
        organisation_succession=draft.organisation_succession,
    )
    return change, text


def _made(draft: Draft, gone: Change | None, bench: Workbench, number: int) -> dict[tuple[Noun, str], list[Made]]:
    """The versions that a draft makes of each subject: of what it edits, and of what it takes another change out of."""
    steps = {
        (noun, edit.id): Step(draft.effective_from, number, edit.set)
        for noun, field in EDITS.items()
        for edit in getattr(draft, field)
    }
    taken_out = {(subject.noun, subject.id) for subject in gone.subjects} if gone else set()
    return {
        (noun, subject): _edited(
            bench.lives[noun][subject], steps.get((noun, subject)), gone if (noun, subject) in taken_out else None
        )
        for noun, subject in (*steps, *sorted(taken_out - steps.keys()))
    }


def _edited(life: Timeline, step: Step | None, gone: Change | None) -> list[Made]:
    try:
        if gone is not None:
            return life.without(gone.number, on=gone.effective_from, step=step)
        return life.edit(step) if step else []
    except Orphaned as error:
        reason = f"change {gone.number if gone else 0} opens it, and change {error.change_number} edits it since"
        raise Invalid([Problem(life.id, f"{reason}: withdraw that one first")]) from None
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
    given = {(noun, edit.id): edit.set for noun, field in EDITS.items() for edit in getattr(draft, field)}
    return tuple(
        Subject(noun, subject, versions[0].number if versions else None, given.get((noun, subject), {}))
        for (noun, subject), versions in made.items()
    )
