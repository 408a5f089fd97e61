"""Add people, give them roles, keys and subscriptions: one transaction each, with its audit row."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from directory.actions.criteria import resolve
from directory.actions.roles import keep_an_editor
from directory.domain.policy import OPERATOR, Role, Scope
from directory.domain.subscription import Facet, Frequency
from directory.errors import Invalid, Problem, TeamNotFound
from directory.store import audit, passkeys, people, roster, sessions, subscriptions, waiting
from directory.store.database import Database
from directory.store.versions import find_ids


def add_user(
    database: Database, *, email: str, name: str, team: str | None, role: Role | None, at: datetime
) -> people.Person:
    """Add a person or bring them up to date; every role but editor is in a team. Without a role theirs stays."""
    email = _address(email)
    if role in ("lead", "team-admin") and team is None:
        raise Invalid([Problem("--team", f"say of which team {email} is {role}")])
    with database.write() as connection:
        # A role in a team says nothing of who edits the directory.
        editor = True if role == "editor" else None if role is None or team else False
        if editor is False:
            for known in (each for each in roster.listed(connection, text=email) if each.email == email):
                keep_an_editor(connection, known.id)
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
        resolved = resolve(connection, criteria, today=today)
        found, label = resolved.facets, resolved.label
        person_id = people.add(connection, email=email, name="", editor=None, at=at)
        subscriptions.subscribe(
            connection, person_id=person_id, criteria=found, frequency=frequency, channel="mail", label=label, at=at
        )
        waiting.replan(connection, [person_id], at=at, label=label)
        details = {"criteria": {facet: list(values) for facet, values in found.items()}, "frequency": frequency}
        audit.record(connection, audit.Event(at, OPERATOR, "subscribe", f"person {person_id}", details))
    return label
