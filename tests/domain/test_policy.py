"""Who may do what: everything that is not named here is refused."""

from __future__ import annotations

from typing import get_args

import pytest

from directory.domain.policy import ANYONE, OPERATOR, Action, Actor, can

OURS, THEIRS = "district-nursing", "vascular"
ACTORS = {
    "anyone": ANYONE,
    "person": Actor("person 1", 1),
    "reader": Actor("person 2", 2, roles={OURS: "reader"}),
    "lead": Actor("person 3", 3, roles={OURS: "lead"}),
    "team-admin": Actor("person 4", 4, roles={OURS: "team-admin"}),
    "editor": Actor("person 5", 5, editor=True),
    "operator": OPERATOR,
    "lead with a key to read": Actor("key a", 3, roles={OURS: "lead"}, scope="read"),
    "lead with a key to publish": Actor("key b", 3, roles={OURS: "lead"}, scope="publish"),
    "editor with a key to read": Actor("key c", 5, editor=True, scope="read"),
}
EVERYTHING = set(get_args(Action))
# What each may do for their own team; publishing for another's takes an editor.
ALLOWED: dict[str, set[str]] = {
    "anyone": {"read"},
    "person": {"read", "subscribe"},
    "reader": {"read", "subscribe"},
    "lead": {"read", "subscribe", "publish"},
    "team-admin": {"read", "subscribe", "publish"},
    "editor": EVERYTHING,
    "operator": EVERYTHING,
    "lead with a key to read": {"read"},
    "lead with a key to publish": {"read", "subscribe", "publish"},
    "editor with a key to read": {"read"},
}


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize("action", get_args(Action))
def test_what_each_may_do_for_their_own_team(name: str, action: Action) -> None:
    assert can(ACTORS[name], action, teams=frozenset({OURS})) == (action in ALLOWED[name])


@pytest.mark.parametrize("teams", [{THEIRS}, {OURS, THEIRS}, {OURS, ""}, set()])
@pytest.mark.parametrize("name", ACTORS)
def test_publishing_takes_a_lead_of_every_team_concerned(name: str, teams: set[str]) -> None:
    allowed = ACTORS[name].editor and ACTORS[name].scope != "read"
    assert can(ACTORS[name], "publish", teams=frozenset(teams)) == allowed
