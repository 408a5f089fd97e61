"""Who may do what. One function, asked by every page, call and command; what is not allowed here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["reader", "lead", "team-admin", "editor"]
Action = Literal["read", "publish", "open", "import", "subscribe", "manage-people", "manage-keys"]
Scope = Literal["read", "publish"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with their roles by team slug, the operator at the machine's own command line, or nobody.

    `scope` limits what an API key may do, whatever its owner's roles.
    """

    name: str
    person_id: int | None = None
    editor: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    scope: Scope | None = None


ANYONE = Actor("anyone")
OPERATOR = Actor("operator", editor=True)


def can(actor: Actor, action: Action, *, teams: frozenset[str] = frozenset()) -> bool:
    """Whether `actor` may do `action` to something that `teams` own; deny is the default.

    An editor may do everything; a lead or team administrator publishes for every team concerned; anybody reads.
    """
    if action == "read":
        return True
    if actor.scope == "read":
        return False
    if actor.editor:
        return True
    if action == "publish":
        return bool(teams) and all(actor.roles.get(team) in ("lead", "team-admin") for team in teams)
    if action == "subscribe":
        return actor.person_id is not None
    return False
