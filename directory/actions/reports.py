"""Reports: take one in, and say what became of it. One transaction each; those who hear of it hear by letters."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from directory.actions.limiting import take_one
from directory.actions.screening import personal_problems
from directory.domain.arriving import address_of
from directory.domain.policy import Actor, Thing, can
from directory.domain.report import (
    IN_WORDS,
    OUTCOMES,
    REF_LENGTH,
    REF_LETTERS,
    SAID,
    Outcome,
    ReportKind,
    ref_in_groups,
)
from directory.errors import AlreadyAnswered, Invalid, NotAllowed, Problem
from directory.shapes import tidy
from directory.store import audit, letters, reports
from directory.store import changes as change_store
from directory.store import services as service_store
from directory.store.limits import Limit
from directory.store.reports import Report
from directory.store.versions import VersionRow, load_in_force

LONGEST_TEXT = 4_000
# A hospital's thousands come from one network address.
BY_NETWORK = Limit(60, timedelta(hours=1))
BY_SERVICE = Limit(30, timedelta(hours=1))
BY_ADDRESS = Limit(20, timedelta(days=1))
TWICE_WITHIN = timedelta(minutes=10)
LETTER_GOOD_FOR = timedelta(days=3)
NOT_NEEDED: ReportKind = "not-us"


@dataclass(frozen=True, slots=True)
class Given:
    """What a reporter says of a service, and their address where they left one; it is checked by `report`."""

    kind: str
    text: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a report, in words that everybody may read, and the number of the change that came of it."""

    outcome: str
    text: str = ""
    change: int | None = None


def new_ref() -> str:
    """A reference that nobody can guess."""
    return ref_in_groups("".join(secrets.choice(REF_LETTERS) for _ in range(REF_LENGTH)))


def report(
    connection: Connection, key: str, given: Given, *, by: Actor, network: str, secret: str, at: datetime, today: date
) -> Report:
    """Take in what somebody says of a service (by id or slug); one that says what is open already is joined to it.

    Raises `Invalid`, `ServiceNotFound`, `NotAllowed`, and `TooMany` for a network, a service or an address.
    """
    if not can(by, "report"):
        raise NotAllowed("You need to sign in, or a key that may publish, to report something.")
    new = _checked(given, by=by, at=at)
    service = service_store.service_id(connection, key)
    take_one(connection, "report from", network, BY_NETWORK, secret=secret, at=at)
    take_one(connection, "report of", service, BY_SERVICE, secret=secret, at=at)
    if new.email:
        take_one(connection, "report for", new.email, BY_ADDRESS, secret=secret, at=at)
    new = replace(new, service_id=service, team=owner_of(connection, service, on=today))
    root = reports.open_like(connection, service, new.kind)
    if root is not None:
        if new.text and (same := reports.sent_twice(connection, root, new, since=at - TWICE_WITHIN)):
            return same
        new = replace(new, state="joined", joined_to=root.id)
    kept = reports.add(connection, new)
    details = {"ref": kept.ref, "kind": kept.kind, "joined": root.ref if root else None}
    audit.record(connection, audit.Event(at, by, "report", f"service {service}", details))
    return kept


def _checked(given: Given, *, by: Actor, at: datetime) -> Report:
    text, problems = tidy(given.text), []
    if given.kind not in SAID:
        problems.append(Problem("kind", "Choose what is wrong"))
    elif not text and given.kind != NOT_NEEDED:
        problems.append(Problem("text", "Say what is wrong, or what you want to know"))
    if len(text) > LONGEST_TEXT:
        problems.append(Problem("text", f"Use at most {LONGEST_TEXT:,} characters"))
    problems += personal_problems("text", text)
    # Who is signed in is written to where they sign in.
    email = address_of(given.email) if given.email.strip() and by.person_id is None else None
    if given.email.strip() and by.person_id is None and email is None:
        problems.append(Problem("email", "Enter an email address, such as name@northmoor.example, or leave it empty"))
    if problems:
        raise Invalid(problems)
    kind: Any = given.kind
    return Report(ref=new_ref(), kind=kind, text=text, received_at=at, person_id=by.person_id, email=email)


def answer_report(
    connection: Connection, ref: str, verdict: Verdict, *, by: Actor, at: datetime, today: date
) -> Report:
    """Say what became of a report, and have everybody told who said so; returns the one that is answered now.

    Raises `ReportNotFound`, `NotAllowed`, `Invalid`, `ChangeNotFound`, and `AlreadyAnswered`.
    """
    root = reports.roots_of(connection, [ref])[0]
    team = _check_rights(connection, root, by=by, today=today)
    outcome, text = _checked_verdict(verdict)
    if verdict.change is not None:
        change_store.load(connection, verdict.change)
    if not reports.settle(
        connection, root, outcome=outcome, answer=text, change_number=verdict.change, team=team, at=at
    ):
        raise AlreadyAnswered("Somebody said a moment ago what became of this report: read it again.")
    _after(connection, [root], outcome, text, verdict.change, by=by, at=at, today=today)
    return reports.by_ref(connection, root.ref)


def settle_by_change(
    connection: Connection, refs: Sequence[str], number: int, *, by: Actor, at: datetime, today: date
) -> int:
    """Credit a change, in the transaction that publishes it, with the reports that led to it: they are fixed by it.

    Those that were answered meanwhile stay as they are; returns how many were not. Raises `ReportNotFound`,
    `ChangeNotFound`, and `NotAllowed` for a report of a service that the change does not touch and `by` does not run.
    """
    change = change_store.load(connection, number)
    touched = {subject.id for subject in change.subjects if subject.noun == "service"}
    # What was moved by this very change was fixed by those who had it.
    roots = check_answers(connection, refs, touched, by=by, today=today)
    return settle_checked(connection, [root.ref for root in roots], number, by=by, at=at, today=today)


def check_answers(
    connection: Connection, refs: Sequence[str], touched: Collection[str], *, by: Actor, today: date
) -> list[Report]:
    """The reports that a change of some services, by id, answers; raises as `settle_by_change` does."""
    roots = reports.roots_of(connection, refs)
    others = [root for root in roots if root.service_id not in touched]
    rows = _row(connection, [root.service_id for root in others if root.service_id], today)
    for root in others:
        _require(by, rows[root.service_id].facts.owner.team if root.service_id else None)
    return roots


def settle_checked(
    connection: Connection, refs: Sequence[str], number: int, *, by: Actor, at: datetime, today: date
) -> int:
    """Credit a change with reports that `check_answers` let through, perhaps days ago; returns how many were open."""
    settled = reports.settle_all(connection, reports.roots_of(connection, refs), change_number=number, at=at)
    _after(connection, settled, "fixed", "", number, by=by, at=at, today=today)
    return len(settled)


def owner_of(connection: Connection, service_id: str, *, on: date) -> str | None:
    """The slug of the team that runs a service on a day or, where it has not begun, will run it."""
    found = _row(connection, [service_id], on).get(service_id)
    team: str | None = found.facts.owner.team if found else None
    return team


def _row(connection: Connection, ids: Sequence[str], on: date) -> dict[str, VersionRow]:
    rows = load_in_force(connection, "service", ids, on=on)
    return rows | load_in_force(connection, "service", set(ids) - rows.keys(), on=date.max)


def _check_rights(connection: Connection, root: Report, *, by: Actor, today: date) -> str | None:
    team = owner_of(connection, root.service_id, on=today) if root.service_id else None
    _require(by, team)
    return team


def _require(by: Actor, team: str | None) -> None:
    if not can(by, "manage-reports", Thing(frozenset({team} if team else ()))):
        raise NotAllowed("You need to be a lead of the team that runs this service, or an editor, to answer this.")


def _checked_verdict(verdict: Verdict) -> tuple[Outcome, str]:
    text, problems = tidy(verdict.text), []
    if verdict.outcome not in OUTCOMES:
        problems.append(Problem("outcome", "Choose what became of it"))
    elif not text and verdict.outcome == "not-changed":
        problems.append(Problem("text", "Say why nothing changes: those who reported it will read it"))
    elif not text and verdict.outcome == "answered":
        problems.append(Problem("text", "Write the answer"))
    if len(text) > LONGEST_TEXT:
        problems.append(Problem("text", f"Use at most {LONGEST_TEXT:,} characters"))
    problems += personal_problems("text", text)
    if problems:
        raise Invalid(problems)
    outcome: Any = verdict.outcome
    return outcome, text


def _after(
    connection: Connection,
    settled: Sequence[Report],
    outcome: Outcome,
    text: str,
    change: int | None,
    *,
    by: Actor,
    at: datetime,
    today: date,
) -> None:
    """Write to those who reported it, let go of their addresses, and leave the trail."""
    if not settled:
        return
    ids = [each.id for each in settled]
    rows = _row(connection, [each.service_id for each in settled if each.service_id], today)
    about = {
        each.id: {
            "kind": IN_WORDS[each.kind],
            "service": rows[each.service_id].facts.name if each.service_id else "",
            "outcome": outcome,
            "answer": text,
            "change": change,
        }
        for each in settled
    }
    told = [
        ("report-answered", address, {"ref": ref, **about[root]})
        for root, ref, address in reports.reporters(connection, ids)
    ]
    letters.queue_all(connection, told, at=at, expires_at=at + LETTER_GOOD_FOR)
    reports.forget_addresses(connection, ids)
    audit.record_many(
        connection,
        [
            audit.Event(at, by, "answer-report", f"report {each.ref}", {"outcome": outcome, "change": change})
            for each in settled
        ],
    )
