"""Who is in which team, in which role, and who edits the directory. Each deed is one transaction of the caller.

A team's administrator changes the roles of their own teams only, and nobody but an editor makes an editor.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Connection

from directory.actions.screening import personal_problems
from directory.domain.arriving import address_of
from directory.domain.policy import Action, Actor, Role, Thing, can
from directory.errors import Invalid, NotAllowed, Problem
from directory.shapes import tidy
from directory.store import audit, people, roster
from directory.store.people import Person
from directory.store.versions import find_ids

# Those that somebody has in a team; `editor` is of the whole directory.
TEAM_ROLES = tuple(role for role in get_args(Role) if role != "editor")
LONGEST_NAME = 100


def add_person(
    connection: Connection, *, email: str, name: str, team: str, role: str, by: Actor, at: datetime
) -> Person:
    """Add somebody by their address, with a role in a team where one is given (else for editors only).

    Who is here already stays who they are, with the role besides. Raises `Invalid` and `NotAllowed`.
    """
    _require(by, "manage-people", Thing(frozenset({team} if team else ())))
    name, address, problems = tidy(name), address_of(email), []
    if address is None:
        problems.append(Problem("email", "Enter an email address, such as name@northmoor.example"))
    if len(name) > LONGEST_NAME:
        problems.append(Problem("name", f"Use at most {LONGEST_NAME} characters"))
    problems += personal_problems("name", name)
    if team:
        problems += _wrong_role(connection, team, role)
    if problems or address is None:
        raise Invalid(problems)
    known = {each.email for each in roster.listed(connection, text=address)}
    # What somebody is called is theirs: adding them to another team does not rename them.
    person_id = people.add(connection, email=address, name="" if address in known else name, editor=None, at=at)
    if address not in known:
        audit.record(connection, audit.Event(at, by, "add-user", f"person {person_id}", {"team": team}))
    if team:
        give_role(connection, person_id, team, role, by=by, at=at)
    return people.by_id(connection, person_id)


def give_role(connection: Connection, person_id: int, team: str, role: str, *, by: Actor, at: datetime) -> None:
    """Put somebody into a team, by its slug, in one role, in place of the one that they had there.

    Raises `PersonNotFound`, `NotAllowed`, and `Invalid` for a team or a role that is none.
    """
    _require(by, "manage-people", Thing(frozenset({team})))
    person = people.by_id(connection, person_id)
    if problems := _wrong_role(connection, team, role):
        raise Invalid(problems)
    given: Any = role
    if person.roles.get(team) == given:
        return
    key = find_ids(connection, "team", [team])[team]
    people.join(connection, person_id=person_id, team_id=key, role=given, at=at)
    _record(connection, "give-role", person_id, by=by, at=at, team=team, role=role, before=person.roles.get(team))


def take_role(connection: Connection, person_id: int, team: str, *, by: Actor, at: datetime) -> None:
    """Take somebody out of a team; raises `PersonNotFound` and `NotAllowed`."""
    _require(by, "manage-people", Thing(frozenset({team})))
    person = people.by_id(connection, person_id)
    ids = find_ids(connection, "team", [team])
    if team in ids and roster.leave(connection, person_id=person_id, team_id=ids[team]):
        _record(connection, "take-role", person_id, by=by, at=at, team=team, before=person.roles.get(team))


def set_editor(connection: Connection, person_id: int, *, editor: bool, by: Actor, at: datetime) -> None:
    """Make somebody an editor, or not any more; raises `PersonNotFound`, `NotAllowed`, `Invalid` for the last one."""
    _require(by, "make-editor", Thing())
    people.by_id(connection, person_id)
    if not editor:
        keep_an_editor(connection, person_id)
    if roster.set_editor(connection, person_id, editor=editor):
        _record(connection, "make-editor" if editor else "unmake-editor", person_id, by=by, at=at)


def keep_an_editor(connection: Connection, person_id: int) -> None:
    """Raise `Invalid` where somebody is the only editor: nobody could make another one."""
    if roster.editors(connection) == [person_id]:
        raise Invalid([Problem("editor", "This is the only editor: make somebody else an editor first")])


def sign_out_everywhere(connection: Connection, person_id: int, *, by: Actor, at: datetime) -> int:
    """End all sessions of somebody whose every team `by` administers; returns how many. Raises `NotAllowed`."""
    person = people.by_id(connection, person_id)
    _require(by, "manage-people", thing_of(person))
    ended = roster.end_sessions(connection, person_id, at=at)
    _record(connection, "end-sessions", person_id, by=by, at=at, sessions=ended)
    return ended


def thing_of(person: Person) -> Thing:
    """Somebody as a whole: of all their teams; an editor is only the editors'."""
    return Thing(frozenset() if person.editor else frozenset(person.roles))


def _wrong_role(connection: Connection, team: str, role: str) -> list[Problem]:
    problems = []
    if role not in TEAM_ROLES:
        problems.append(Problem("role", "Choose a role"))
    if team not in find_ids(connection, "team", [team]):
        problems.append(Problem("team", "Choose a team"))
    return problems


def _require(by: Actor, action: Action, thing: Thing) -> None:
    if not can(by, action, thing):
        raise NotAllowed("You look after the people of your own teams. Ask an editor, or that team's administrator.")


def _record(connection: Connection, deed: str, person_id: int, *, by: Actor, at: datetime, **details: object) -> None:
    audit.record(connection, audit.Event(at, by, deed, f"person {person_id}", details))
