"""Feeds of others: added, removed, asked for at once, and allowed to close what they list no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from directory.actions.import_services import check_may_import
from directory.domain.policy import Actor
from directory.domain.reach import Reach
from directory.errors import Invalid, PersonNotFound, Problem
from directory.outbound.addresses import usable_url
from directory.store import audit, people
from directory.store import sources as store
from directory.store.sources import KINDS, NewSource, Source

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 40
LEAST_MINUTES, MOST_MINUTES = 5, 60 * 24 * 31
EVERY_DAY = 60 * 24
AT_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A feed as somebody describes it: how often it is read, how much may vanish at once, and who looks after it."""

    name: str
    url: str
    kind: str = "hsds"
    every_minutes: int = EVERY_DAY
    at_most: int = AT_MOST
    keeper: str = ""


def add(connection: Connection, given: Given, *, by: Actor, at: datetime, reach: Reach, base_url: str) -> Source:
    """Read a feed from now on; raises `Invalid` with all that is wrong, `NotAllowed`."""
    check_may_import(by)
    new = _checked(connection, given, reach=reach, base_url=base_url)
    if not store.add(connection, new, at=at):
        raise Invalid([Problem("name", f"There is a feed called {given.name} already: give it another name")])
    audit.record(connection, audit.Event(at, by, "add source", f"source {given.name}", {"url": _without_keys(new.url)}))
    return store.by_name(connection, given.name)


def change(
    connection: Connection,
    name: str,
    *,
    by: Actor,
    at: datetime,
    reach: Reach,
    base_url: str,
    url: str | None = None,
    every_minutes: int | None = None,
    at_most: int | None = None,
    keeper: str | None = None,
) -> Source:
    """Read a feed otherwise, such as from where it moved to; what is None stays. Raises as `add` does."""
    check_may_import(by)
    before = store.by_name(connection, name)
    given = Given(
        name=name,
        url=before.url if url is None else url,
        kind=before.kind,
        every_minutes=before.every_minutes if every_minutes is None else every_minutes,
        at_most=before.at_most if at_most is None else at_most,
        keeper=keeper or "",
    )
    new = _checked(connection, given, reach=reach, base_url=base_url)
    if keeper is None:
        new = replace(new, keeper_id=before.keeper_id)
    store.change(connection, before.id, new, at=at)
    audit.record(connection, audit.Event(at, by, "change source", f"source {name}", {"url": _without_keys(new.url)}))
    return store.by_name(connection, name)


def _checked(connection: Connection, given: Given, *, reach: Reach, base_url: str) -> NewSource:
    problems = _problems(given, reach=reach, base_url=base_url)
    keeper_id = None
    if given.keeper:
        try:
            keeper_id = people.by_email(connection, given.keeper).id
        except PersonNotFound as unknown:
            problems.append(Problem("keeper", str(unknown)))
    if problems:
        raise Invalid(problems)
    return NewSource(
        name=given.name,
        kind=next(kind for kind in KINDS if kind == given.kind),
        url=given.url.strip(),
        every_minutes=given.every_minutes,
        at_most=given.at_most,
        keeper_id=keeper_id,
    )


def _problems(given: Given, *, reach: Reach, base_url: str) -> list[Problem]:
    problems = []
    if not _NAME.fullmatch(given.name) or len(given.name) > LONGEST_NAME:
        reason = f"Use small letters, digits and hyphens, at most {LONGEST_NAME}, as in bristol-council"
        problems.append(Problem("name", reason))
    if given.kind not in KINDS:
        problems.append(Problem("kind", f"Say which kind of feed it is: {' or '.join(KINDS)}"))
    try:
        usable_url(given.url, reach)
    except ValueError as reason:
        problems.append(Problem("url", str(reason)))
    if given.url.strip().startswith(f"{base_url}/"):
        problems.append(Problem("url", "This directory cannot be a feed of itself"))
    if not LEAST_MINUTES <= given.every_minutes <= MOST_MINUTES:
        problems.append(Problem("every", f"Read it every {LEAST_MINUTES} to {MOST_MINUTES:,} minutes"))
    if not 0 <= given.at_most <= 100:
        problems.append(Problem("at_most", "Give a share of a hundred, from 0 to 100"))
    return problems


def remove(connection: Connection, name: str, *, by: Actor, at: datetime) -> None:
    """Read a feed no more; its services stay as they are. Raises SourceNotFound, `NotAllowed`."""
    check_may_import(by)
    source = store.by_name(connection, name)
    store.remove(connection, source.id)
    audit.record(connection, audit.Event(at, by, "remove source", f"source {name}", {"url": _without_keys(source.url)}))


def _without_keys(url: str) -> str:
    """An address as the audit log keeps it for good: what follows its question mark may hold a key."""
    return url if "?" not in url else f"{url.partition('?')[0]}?…"


def read_soon(connection: Connection, name: str, *, by: Actor, at: datetime) -> None:
    """Have the worker read a feed next; raises SourceNotFound, `NotAllowed`."""
    check_may_import(by)
    store.put_off(connection, store.by_name(connection, name).id, until=at)


def let_close(connection: Connection, name: str, *, by: Actor, at: datetime, missing: int | None = None) -> int:
    """Let the next reading close what the last one missed: as many as `missing`, which were shown, and no more.

    Returns how many. Raises SourceNotFound, `NotAllowed`.
    """
    check_may_import(by)
    source = store.by_name(connection, name)
    allowed = source.missing if missing is None else missing
    store.put_off(connection, source.id, until=at, may_close=allowed)
    details = {"services": allowed}
    audit.record(connection, audit.Event(at, by, "let source close", f"source {name}", details))
    return allowed
