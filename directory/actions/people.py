"""Add people, give them roles, keys and subscriptions: one transaction each, with its audit row."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.policy import OPERATOR, Role, Scope
from directory.domain.subscription import Facet, Frequency, describe
from directory.errors import Invalid, Problem, TeamNotFound
from directory.store import audit, passkeys, people, sessions, subscriptions
from directory.store import pages as page_store
from directory.store.database import Database
from directory.store.organisations import organisations_by_id
from directory.store.versions import find_ids, load_in_force


def add_user(
    database: Database, *, email: str, name: str, team: str | None, role: Role | None, at: datetime
) -> people.Person:
    """Add a person or bring them up to date; every role but editor is in a team. Without a role theirs stays."""
    email = _address(email)
    if role in ("lead", "team-admin") and team is None:
        raise Invalid([Problem("--team", f"say of which team {email} is {role}")])
    with database.write() as connection:
        editor = None if role is None else role == "editor"
        person_id = people.add(connection, email=email, name=name, editor=editor, at=at)
        if team is not None:
            ids = find_ids(connection, "team", [team])
            if team not in ids:
                raise TeamNotFound(f"There is no team {team}.")
            membership: Role = "lead" if role == "editor" else role or "reader"
            people.join(connection, person_id=person_id, team_id=ids[team], role=membership, at=at)
        details = {"team": team, "role": role}
        audit.record(connection, audit.Event(at, OPERATOR, "add-user", f"person {person_id}", details))
        return people.by_email(connection, email)


def _address(email: str) -> str:
    email = email.strip().lower()
    name, at, domain = email.partition("@")
    if not (name and at and domain) or any(character.isspace() or ord(character) < 32 for character in email):
        raise Invalid([Problem("email", f"{email!r} is not an email address")])
    return email


def forget_passkeys(database: Database, *, email: str, at: datetime) -> int:
    """Let go of all of a person's passkeys and sessions, when their devices are lost; returns how many passkeys."""
    with database.write() as connection:
        person = people.by_email(connection, email)
        count = passkeys.remove_all(connection, person.id)
        going_on = sessions.of_person(connection, person, at=at)
        sessions.end(connection, person.id, [each.id for each in going_on], at=at)
        details = {"passkeys": count, "sessions": len(going_on)}
        audit.record(connection, audit.Event(at, OPERATOR, "forget-passkeys", f"person {person.id}", details))
    return count


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key, the one time that its secret is known."""

    id: str
    secret: str


def add_key(database: Database, *, owner: str, scope: Scope, expires_at: datetime | None, at: datetime) -> NewKey:
    """Make a key with a person's rights, within a scope."""
    made = NewKey(secrets.token_hex(4), f"signpost_{secrets.token_urlsafe(32)}")
    with database.write() as connection:
        person = people.by_email(connection, owner)
        people.add_key(
            connection,
            key_id=made.id,
            secret=made.secret,
            person_id=person.id,
            scope=scope,
            at=at,
            expires_at=expires_at,
        )
        details = {"owner": f"person {person.id}", "scope": scope}
        audit.record(connection, audit.Event(at, OPERATOR, "add-key", f"key {made.id}", details))
    return made


def revoke_key(database: Database, key_id: str, *, at: datetime) -> bool:
    """End a key; whether it was in force."""
    with database.write() as connection:
        ended = people.revoke_key(connection, key_id, at=at)
        if ended:
            audit.record(connection, audit.Event(at, OPERATOR, "revoke-key", f"key {key_id}", {}))
    return ended


def subscribe_person(
    database: Database,
    *,
    email: str,
    criteria: Mapping[Facet, Sequence[str]],
    frequency: Frequency,
    at: datetime,
    today: date,
) -> str:
    """Subscribe an address by mail; a new one becomes a person. Returns what they hear of, in words."""
    email = _address(email)
    with database.write() as connection:
        found, names = _resolve(connection, criteria, today)
        label = describe(found, names)
        person_id = people.add(connection, email=email, name="", editor=None, at=at)
        subscriptions.subscribe(
            connection, person_id=person_id, criteria=found, frequency=frequency, channel="mail", label=label, at=at
        )
        details = {"criteria": {facet: list(values) for facet, values in found.items()}, "frequency": frequency}
        audit.record(connection, audit.Event(at, OPERATOR, "subscribe", f"person {person_id}", details))
    return label


def _resolve(
    connection: Connection, criteria: Mapping[Facet, Sequence[str]], today: date
) -> tuple[dict[Facet, tuple[str, ...]], dict[tuple[str, str], str]]:
    """Criteria by id, and the names that a person reads; raises `Invalid` for what does not exist."""
    found: dict[Facet, tuple[str, ...]] = dict.fromkeys(criteria, ())
    names: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for facet, values in criteria.items():
        if facet == "service":
            ids = _known(facet, find_ids(connection, "service", values), values, problems)
            rows = load_in_force(connection, "service", ids, on=date.max)
            names |= {(facet, key): row.facts.name for key, row in rows.items()}
        elif facet == "owner":
            ids = _known(facet, find_ids(connection, "organisation", values), values, problems)
            names |= {(facet, each.id): each.facts.name for each in organisations_by_id(connection, ids, on=today)}
        elif facet == "team":
            by_slug = find_ids(connection, "team", values)
            _known(facet, by_slug, values, problems)
            rows = load_in_force(connection, "team", by_slug.values(), on=date.max)
            names |= {(facet, row.slug): row.facts.name for row in rows.values()}
            ids = tuple(row.slug for row in rows.values())
        elif facet == "page":
            pages = page_store.some(connection, values)
            ids = _known(facet, {slug: slug for slug in pages}, values, problems)
            names |= {(facet, slug): page.title for slug, page in pages.items()}
        else:
            ids = tuple(values)
        found[facet] = ids
    if "page" in found and len(found) > 1:
        problems.append(Problem("page", "a page is followed by itself: subscribe to the services in another step"))
    if problems:
        raise Invalid(problems)
    return found, names


def _known(facet: str, ids: Mapping[str, str], values: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    problems += [Problem(facet, f"there is no {facet} {value!r}") for value in values if value not in ids]
    return tuple(ids[value] for value in values if value in ids)
