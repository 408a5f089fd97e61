"""The whole policy as a table: each action, for each role, to what is their own and to what is another's."""

from __future__ import annotations

from collections.abc import Mapping

from directory.domain.policy import ANYONE, OPERATOR, RULES, STRANGER, Action, Actor, Thing, can

OURS, THEIRS = "ours", "theirs"
_MINE = Thing(teams=frozenset({OURS}), person_id=1)
_OTHERS = Thing(teams=frozenset({THEIRS}), person_id=2)
# Owned by both: whoever leads one of them only does not decide for the other.
_SHARED = Thing(teams=frozenset({OURS, THEIRS}), person_id=2)

WHO: Mapping[str, Actor] = {
    "nobody in particular": ANYONE,
    "nobody, where reading needs sign-in": STRANGER,
    "signed in, in no team": Actor("person 1", 1),
    "reader": Actor("person 1", 1, roles={OURS: "reader"}),
    "lead": Actor("person 1", 1, roles={OURS: "lead"}),
    "team administrator": Actor("person 1", 1, roles={OURS: "team-admin"}),
    "editor": Actor("person 1", 1, editor=True),
    "lead, passkey to be shown": Actor("person 1", 1, roles={OURS: "lead"}, unconfirmed=True),
    "editor, passkey to be shown": Actor("person 1", 1, editor=True, unconfirmed=True),
    "lead's key to publish": Actor("key a", 1, roles={OURS: "lead"}, scope="publish"),
    "lead's key to read": Actor("key b", 1, roles={OURS: "lead"}, scope="read"),
    "editor's key to read": Actor("key c", 1, editor=True, scope="read"),
    "operator": OPERATOR,
}
COLUMNS = tuple(WHO)


def table_of() -> dict[Action, dict[str, str]]:
    """For each action and each who: "yes", "own" (not another's, not shared), or "no"."""
    return {action: {name: _mark(actor, action) for name, actor in WHO.items()} for action in RULES}


def _mark(actor: Actor, action: Action) -> str:
    own, others, shared = (can(actor, action, thing) for thing in (_MINE, _OTHERS, _SHARED))
    if own and others and shared:
        return "yes"
    if own and not others and not shared:
        return "own"
    return "no" if not (own or others or shared) else f"own {own}, others {others}, shared {shared}"
