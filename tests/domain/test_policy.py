"""Who may do what: the whole matrix, written out by hand, and what no rule may break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.policy import ANYONE, RULES, Action, Actor, Thing, can, could
from directory.domain.policy_table import WHO, table_of

ORDER = (
    "nobody in particular", "nobody, where reading needs sign-in", "signed in, in no team", "reader", "lead",
    "team administrator", "editor", "lead, passkey to be shown", "editor, passkey to be shown",
    "lead's key to publish", "lead's key to read", "editor's key to read", "operator",
)  # fmt: skip
# In that order: y may, o may with what is their own, - may not. By role × action × ownership (own, another's, shared).
TABLE: dict[Action, str] = {
    "visit":             "y y y y y y y y y y y y y",
    "read":              "y - y y y y y y y y y y y",
    "unsubscribe":       "y y y y y y y y y y - - y",
    "sign-in":           "y y y y y y y y y y - - y",
    "account":           "- - o o o o o o o o - - -",
    "subscribe":         "- - o o o o y o y o - - y",
    "read-updates":      "- - o o o o o o o o o o -",
    "subscribe-team":    "- - - - o o y o y o - - y",
    "oblige-team":       "- - - - - o y - y - - - y",
    "read-bounces":      "- - - - - o y - y - - y y",
    "take-bounces":      "- - - - - - y - y - - - y",
    "manage-channel":    "- - o o o o y o y o - - y",
    "read-events":       "- - o o o o y o y o o y y",
    "draft":             "- - - - o o y o y o - - y",
    "publish":           "- - - - o o y - - o - - y",
    "read-offers":       "- - - - y y y y y y y y y",
    "agree":             "- - - - o o y - - o - - y",
    "govern":            "- - - - - - y - - - - - y",
    "manage-deliveries": "- - - - - - y - y - - - y",
    "import":            "- - - - - - y - - - - - y",
    "edit-page":         "- - - - - - y - y - - - y",
    "report":            "y - y y y y y y y y - - y",
    "manage-reports":    "- - - - o o y o y o - - y",
    "check":             "- - - - o o y o y o - - y",
    "check-by-link":     "y y y y y y y y y y - - y",
    "acknowledge":       "- - o o o o o o o o - - -",
    "speak-for-team":    "- - - - o o - o - o - - -",
    "read-awareness":    "- - y y y y y y y y y y -",
    "read-figures":      "- - - - o o y o y o o y y",
    "name-champion":     "- - - - - o y - y - - - y",
    "manage-people":     "- - - - - o y - - - - - y",
    "make-editor":       "- - - - - - y - - - - - y",
    "read-findings":     "- - - - - - y - y - - y y",
    "manage-freshness":  "- - - - o o y o y o o y y",
    "manage-gaps":       "- - - - - - y - y - - - y",
    "manage-vocabulary": "- - - - - - y - y - - - y",
    "read-mail":         "- - - - - - y - y - - y y",
    "read-policy":       "- - y y y y y y y y y y y",
}  # fmt: skip
MARKS = {"y": "yes", "o": "own", "-": "no"}


def test_the_matrix_is_as_written_here() -> None:
    assert tuple(WHO) == ORDER
    written = {
        action: dict(zip(ORDER, [MARKS[mark] for mark in marks.split()], strict=True))
        for action, marks in TABLE.items()
    }
    assert table_of() == written


def test_every_action_has_its_rule_and_no_other_is_known() -> None:
    assert set(RULES) == set(get_args(Action))
    unknown: Any = "delete-everything"
    for actor in WHO.values():
        assert not can(actor, unknown)
        assert not could(actor, unknown)


TEAMS = st.frozensets(st.sampled_from(["ours", "theirs", "others", ""]))
ROLES = st.dictionaries(
    st.sampled_from(["ours", "theirs", "others"]), st.sampled_from(["reader", "lead", "team-admin"])
)
THINGS = st.builds(Thing, teams=TEAMS, person_id=st.none() | st.integers(1, 3))
ACTORS = st.builds(
    Actor,
    name=st.just("somebody"),
    person_id=st.none() | st.integers(1, 3),
    editor=st.booleans(),
    roles=ROLES,
    scope=st.sampled_from([None, "read", "publish"]),
    reads=st.booleans(),
    unconfirmed=st.booleans(),
)
ACTIONS = st.sampled_from(sorted(RULES))


@given(ACTORS, ACTIONS, THINGS)
def test_who_may_do_it_to_this_could_do_it_to_something(actor: Actor, action: Action, thing: Thing) -> None:
    assert could(actor, action) or not can(actor, action, thing)


@given(ACTORS, ACTIONS, THINGS)
def test_a_key_never_may_more_than_its_owner(actor: Actor, action: Action, thing: Thing) -> None:
    owner = replace(actor, scope=None)
    assert can(owner, action, thing) or not can(actor, action, thing)


@given(ACTORS, ACTIONS, THINGS)
def test_nobody_may_what_only_some_may(actor: Actor, action: Action, thing: Thing) -> None:
    if can(ANYONE, action, thing) and actor.scope != "read" and not (action in ("read", "report") and not actor.reads):
        assert can(replace(actor, unconfirmed=False), action, thing)


@given(ACTORS, THINGS)
def test_publishing_takes_a_lead_of_every_team_concerned(actor: Actor, thing: Thing) -> None:
    leads_all = bool(thing.teams) and all(actor.roles.get(team) in ("lead", "team-admin") for team in thing.teams)
    allowed = (actor.editor or leads_all) and actor.scope != "read" and not actor.unconfirmed
    assert can(actor, "publish", thing) == allowed


@pytest.mark.parametrize("teams", [set(), {""}, {"ours", ""}])
def test_what_no_team_owns_takes_an_editor(teams: set[str]) -> None:
    for name, actor in WHO.items():
        allowed = actor.editor and not actor.unconfirmed and actor.scope != "read"
        assert can(actor, "publish", Thing(frozenset(teams))) == allowed, name


def test_a_champion_speaks_for_their_team_and_no_other() -> None:
    champion = Actor("person 1", 1, roles={"ours": "reader"}, champion_of=frozenset({"ours"}))
    assert can(champion, "speak-for-team", Thing(frozenset({"ours"})))
    assert not can(champion, "speak-for-team", Thing(frozenset({"theirs"})))
    assert not can(champion, "speak-for-team", Thing(frozenset({"ours", "theirs"})))
    assert not can(champion, "speak-for-team")
    assert not can(champion, "name-champion", Thing(frozenset({"ours"})))
