"""Publish a change at once, or have it wait until those agree whom it needs. Every page and call publishes here.

An owner change waits for the team that takes the service on, and what can send an urgent referral astray, of a service
that is marked critical, for a second person. Why somebody does without is said in the draft's `override`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions import offer_letters, rules
from directory.actions.follow_fhir import follow_published
from directory.actions.naming import name
from directory.actions.prepare import Published, prepare
from directory.actions.publish import write
from directory.actions.reports import check_answers, settle_checked
from directory.actions.screening import deceiving_title, personal
from directory.actions.workbench import Workbench
from directory.content.records import draft_plain
from directory.domain.change import Draft
from directory.domain.offer import GOOD_FOR, REVIEW_WITHIN, Need, Offer, risky
from directory.domain.policy import Actor
from directory.domain.service import Facts
from directory.domain.timeline import Timeline
from directory.errors import Invalid, NotAllowed, OfferOver, Problem
from directory.store import audit, governing
from directory.store import offers as store
from directory.store.changes import Head, lock_head, read_head
from directory.store.services import latest_numbers
from directory.store.versions import NewVersion, timelines


@dataclass(frozen=True, slots=True)
class Considered:
    """What submitting a draft would do, and who has to agree; `may_override` is whether the author can do without."""

    published: Published
    needs: tuple[Need, ...]
    may_override: bool


def submit(
    connection: Connection,
    draft: Draft,
    *,
    by: Actor,
    at: datetime,
    zone: ZoneInfo,
    answers: Sequence[str] = (),
) -> Published | Offer:
    """Publish a draft in the caller's transaction or, where others have to agree, keep it and ask them by letter.

    `answers` are the references of the reports that it answers: they are settled by what is published, now or when the
    last of those who are asked has agreed.

    Raises `Invalid`, `EditConflict`, `NotAllowed`, `ChangeNotFound`, `AlreadyWithdrawn`, and `ReportNotFound`; then
    nothing is written.
    """
    # Held from here on: who has to agree, and what they agree to, is still so when it is written.
    head, today = lock_head(connection), at.astimezone(zone).date()
    seen = _consider(connection, draft, by=by, head=head, at=at, zone=zone)
    touched = {subject.id for subject in seen.published.change.subjects if subject.noun == "service"}
    roots = check_answers(connection, answers, touched, by=by, today=today) if answers else []
    if not seen.needs or seen.published.change.override:
        refs = [root.ref for root in roots]
        return publish_considered(connection, seen, head=head, by=by, at=at, today=today, answers=refs)
    ref = store.add(
        connection,
        draft_plain(draft),
        author=by,
        needs=seen.needs,
        read=_read(connection, seen.published),
        at=at,
        expires_at=at + GOOD_FOR,
        report_ids=[root.id for root in roots],
    )
    return _asked(connection, ref, "offer", by=by, at=at)


def consider(connection: Connection, draft: Draft, *, by: Actor, at: datetime, zone: ZoneInfo) -> Considered:
    """What `submit` would do, with the same refusals; writes nothing."""
    return _consider(connection, draft, by=by, head=read_head(connection), at=at, zone=zone)


def check_author(connection: Connection, draft: Draft, *, by: Actor, today: date) -> None:
    """Raise `NotAllowed` unless `by` could publish a draft, or put it to the others, once it is written.

    Raises `ChangeNotFound` and `AlreadyWithdrawn` as `submit` does. A passkey is not asked for yet.
    """
    named = name(connection, [draft])
    bench = Workbench.of(connection, named, today=today)
    draft, gone = named.drafts[0], bench.superseded(named.drafts[0])
    rules.check_superseding(gone)
    lives = bench.lives_without(gone)
    parties = rules.parties(draft, gone, bench.lives["service"], lives["service"], today=today)
    rules.check_policy(parties, by=replace(by, unconfirmed=False), offered=True)


def revise(
    connection: Connection, ref: str, draft: Draft, *, by: Actor, at: datetime, zone: ZoneInfo
) -> Published | Offer:
    """Put another draft in place of what waits; everybody is asked again, for another 14 days.

    Raises as `submit` does, `OfferNotFound`, and `OfferOver` where it does not wait any more.
    """
    head = lock_head(connection)
    offer = store.load(connection, ref, lock=True)
    # It stays its author's, who can never agree to it: nobody else may put their words under it.
    if not offer.own(by):
        raise NotAllowed("Only whoever offered this can edit it.")
    if offer.over(at):
        raise OfferOver(ref, offer.became(at))
    seen = _consider(connection, draft, by=by, head=head, at=at, zone=zone)
    if not seen.needs or seen.published.change.override:
        today = at.astimezone(zone).date()
        done = publish_considered(connection, seen, head=head, by=by, at=at, today=today, answers=offer.reports)
        store.settle(connection, offer, "published", at=at, by=by, change=done.change.number)
        return done
    read = _read(connection, seen.published)
    until = at + GOOD_FOR
    store.rewrite(connection, offer, draft_plain(draft), needs=seen.needs, read=read, at=at, expires_at=until)
    return _asked(connection, ref, "edit offer", by=by, at=at)


def publish_considered(
    connection: Connection,
    seen: Considered,
    *,
    head: Head,
    by: Actor,
    at: datetime,
    today: date,
    answers: Sequence[str] = (),
    instead: Actor | None = None,
) -> Published:
    """Write a change to which nobody else has to agree any more, after the head that the caller holds.

    The reports that it `answers` are settled by it. Where it does without an agreement, the role of whoever decided so
    (`instead` of its author, where that is another) is kept; where nobody was asked for a second look, it is marked for
    review, and editors are told.
    """
    write(connection, [seen.published], head=head, by=by)
    follow_published(connection, today=today, at=at)
    change = seen.published.change
    if answers:
        settle_checked(connection, answers, change.number, by=by, at=at, today=today)
    if change.override:
        governing.note_override(connection, change.number, by=instead or by)
    if any(need.kind == "approve" for need in seen.needs):
        governing.add_review(connection, change.number, by=by.person_id, due_at=at + REVIEW_WITHIN)
        offer_letters.emergency(connection, change, by=by, at=at)
    return seen.published


def _asked(connection: Connection, ref: str, deed: str, *, by: Actor, at: datetime) -> Offer:
    offer = store.load(connection, ref)
    audit.record(connection, audit.Event(at, by, deed, f"offer {ref}", {"title": offer.title}))
    offer_letters.ask(connection, offer, at=at)
    return offer


def _consider(
    connection: Connection, draft: Draft, *, by: Actor, head: Head, at: datetime, zone: ZoneInfo
) -> Considered:
    published = prepare(connection, [draft], by=by, head=head, at=[at], zone=zone, offered=True)[0]
    if problems := [*personal(draft), *deceiving_title(draft)]:
        raise Invalid(problems)
    needs = tuple(sorted(published.parties.to_accept(by) | to_approve(connection, published, by)))
    may_override = bool(needs) and (by.editor or all(need.kind == "approve" for need in needs))
    override = published.change.override
    if override and not needs:
        raise Invalid([Problem("override", "nobody else has to agree to this: leave the reason out")])
    if override and not may_override:
        raise NotAllowed("Only an editor can hand something over without the agreement of the team that takes it on.")
    return Considered(published, needs, may_override)


def to_approve(connection: Connection, published: Published, by: Actor) -> set[Need]:
    """A second person for each team whose critical service this would close, or send people astray from."""
    made = [version for version in published.versions if version.noun == "service"]
    critical = governing.critical_among(connection, [version.subject_id for version in made])
    if not critical or _undoes_unreviewed(connection, published, by):
        return set()
    first = min(version.made.effective_from for version in made)
    lives = timelines(connection, "service", critical, steps_after=first - timedelta(days=1))
    needs = set()
    for version in made:
        if version.subject_id in critical and _is_risky(version, lives[version.subject_id]):
            held = lives[version.subject_id].before(version.made.effective_from)
            needs.add(Need("approve", held.owner.team or "" if isinstance(held, Facts) else ""))
    return needs


def _is_risky(version: NewVersion, life: Timeline) -> bool:
    return risky(life.before(version.made.effective_from), version.made.facts)


def _undoes_unreviewed(connection: Connection, published: Published, by: Actor) -> bool:
    """Whether it only withdraws what one person published alone: the second person may always say no."""
    change = published.change
    if change.supersedes is None or not change.sets_nothing:
        return False
    review = governing.review_of(connection, change.supersedes)
    return review is not None and review.reviewed_at is None and review.person_id != by.person_id


def _read(connection: Connection, published: Published) -> dict[str, int]:
    """The last version of each service that a draft is written upon; 0 of what it opens."""
    touched = {subject.id for subject in published.change.subjects if subject.noun == "service"}
    linked = {key for link in published.change.succession for key in (link.predecessor, link.successor) if key}
    latest = latest_numbers(connection, touched | linked)
    return {service: latest.get(service, 0) for service in sorted(touched | linked)}
