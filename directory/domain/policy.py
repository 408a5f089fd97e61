"""Who may do what. One function, asked by every page, call and command; what is not allowed here is refused.

To let people do something new, add its name to `Action` and its line to `RULES`. `/manage/policy` shows the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["reader", "lead", "team-admin", "editor"]
Action = Literal[
    "visit",
    "read",
    "unsubscribe",
    "sign-in",
    "account",
    "subscribe",
    "read-updates",
    "subscribe-team",
    "oblige-team",
    "read-bounces",
    "take-bounces",
    "manage-channel",
    "read-events",
    "draft",
    "publish",
    "read-offers",
    "agree",
    "govern",
    "import",
    "edit-page",
    "report",
    "manage-reports",
    "check",
    "check-by-link",
    "acknowledge",
    "speak-for-team",
    "read-awareness",
    "read-figures",
    "name-champion",
    "manage-people",
    "make-editor",
    "read-findings",
    "manage-deliveries",
    "manage-freshness",
    "manage-gaps",
    "manage-vocabulary",
    "read-mail",
    "read-policy",
]
Scope = Literal["read", "publish"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with their roles by team slug, the operator at the machine's own command line, or nobody.

    `scope` limits what an API key may do, whatever its owner's roles. `reads` is false for a stranger where reading
    needs to be signed in; `local` is true on a machine that serves only itself. `unconfirmed` is true where a passkey
    has to be shown before anything can be published. `champion_of` are the teams (slugs) to which they pass on changes.
    """

    name: str
    person_id: int | None = None
    editor: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    scope: Scope | None = None
    reads: bool = True
    local: bool = False
    unconfirmed: bool = False
    champion_of: frozenset[str] = frozenset()

    @property
    def signed_in(self) -> bool:
        """Whether this is a person, or a key that stands for one."""
        return self.person_id is not None

    @property
    def leads(self) -> frozenset[str]:
        """The teams for which they may publish."""
        return frozenset(team for team, role in self.roles.items() if role in ("lead", "team-admin"))

    @property
    def administers(self) -> frozenset[str]:
        """The teams whose people they look after."""
        return frozenset(team for team, role in self.roles.items() if role == "team-admin")

    @property
    def speaks_for(self) -> frozenset[str]:
        """The teams for which they may say that they have been told."""
        return self.leads | self.champion_of


ANYONE = Actor("anyone")
# Whoever has not signed in, where reading needs it.
STRANGER = Actor("anyone", reads=False)
OPERATOR = Actor("operator", editor=True)


@dataclass(frozen=True, slots=True)
class Thing:
    """What an action is done to: the slugs of the teams that own it, or the person whose own it is."""

    teams: frozenset[str] = frozenset()
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do one action, in words and as a test.

    `to_some` is whether there is anything at all that the actor may do it to: what a page can ask before it knows what
    is meant. `writes` keeps out keys that may only read; `confirmed` asks for a passkey where one is required.
    """

    words: str
    to_some: Callable[[Actor], bool]
    to_this: Callable[[Actor, Thing], bool] = lambda _actor, _thing: True
    writes: bool = True
    confirmed: bool = False


def _anybody(_actor: Actor) -> bool:
    return True


def _editor(actor: Actor) -> bool:
    return actor.editor


def _signed_in(actor: Actor) -> bool:
    return actor.signed_in


def _own(actor: Actor, thing: Thing) -> bool:
    return actor.person_id is not None and thing.person_id == actor.person_id


def _own_or_led(actor: Actor, thing: Thing) -> bool:
    return actor.editor or _own(actor, thing) or (bool(thing.teams) and thing.teams <= actor.leads)


def _leads_all(actor: Actor, thing: Thing) -> bool:
    return actor.editor or (bool(thing.teams) and thing.teams <= actor.leads)


def _administers_all(actor: Actor, thing: Thing) -> bool:
    return actor.editor or (bool(thing.teams) and thing.teams <= actor.administers)


RULES: Mapping[Action, Rule] = {
    "visit": Rule("anybody", _anybody, writes=False),
    "read": Rule(
        "anybody, or everybody who is signed in where SIGNPOST_READING says so",
        lambda actor: actor.reads or actor.signed_in,
        writes=False,
    ),
    "unsubscribe": Rule("whoever holds the link from a message", _anybody),
    "sign-in": Rule("anybody", _anybody),
    "account": Rule("whoever is signed in, for themselves", _signed_in, _own),
    "subscribe": Rule(
        "whoever is signed in, for themselves; an editor for anybody",
        lambda actor: actor.signed_in or actor.editor,
        lambda actor, thing: actor.editor or _own(actor, thing),
    ),
    "read-updates": Rule("whoever is signed in, their own and their teams'", _signed_in, _own, writes=False),
    "subscribe-team": Rule(
        "a lead or administrator of the team; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
    ),
    "oblige-team": Rule(
        "an administrator of the team; an editor",
        lambda actor: actor.editor or bool(actor.administers),
        _administers_all,
    ),
    "read-bounces": Rule(
        "an administrator, for their teams; an editor",
        lambda actor: actor.editor or bool(actor.administers),
        _administers_all,
        writes=False,
    ),
    "take-bounces": Rule("an editor", _editor),
    "manage-channel": Rule(
        "whoever is signed in, for themselves; a lead or administrator for their team; an editor",
        lambda actor: actor.signed_in or actor.editor,
        _own_or_led,
    ),
    "read-events": Rule(
        "whoever is signed in, their own; a lead or administrator those of their team; an editor",
        lambda actor: actor.signed_in or actor.editor,
        _own_or_led,
        writes=False,
    ),
    "draft": Rule(
        "whoever may publish it, before they show a passkey",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
    ),
    "publish": Rule(
        "a lead or administrator of every team that owns what changes; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
        confirmed=True,
    ),
    "read-offers": Rule(
        "a lead or administrator, those of a team on either side; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        writes=False,
    ),
    "agree": Rule(
        "a lead or administrator of the team that is asked; an editor as a second person, or where no team owns it; "
        "never whoever asked",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
        confirmed=True,
    ),
    "govern": Rule("an editor", _editor, confirmed=True),
    "import": Rule("an editor", _editor, confirmed=True),
    "edit-page": Rule("an editor", _editor),
    "report": Rule(
        "anybody, or everybody who is signed in where SIGNPOST_READING says so",
        lambda actor: actor.reads or actor.signed_in,
    ),
    "manage-reports": Rule(
        "a lead or administrator of the team that runs the service; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
    ),
    "check": Rule(
        "a lead or administrator of the team that runs the service; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
    ),
    "check-by-link": Rule("whoever holds the link from a message, for as long as they may check", _anybody),
    "acknowledge": Rule("whoever is signed in, for themselves", _signed_in, _own),
    "speak-for-team": Rule(
        "a champion, lead or administrator of the team",
        lambda actor: bool(actor.speaks_for),
        lambda actor, thing: bool(thing.teams) and thing.teams <= actor.speaks_for,
    ),
    "read-awareness": Rule("whoever is signed in", _signed_in, writes=False),
    "read-figures": Rule(
        "a lead or administrator, for their teams; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
        writes=False,
    ),
    "name-champion": Rule(
        "an administrator of the team; an editor",
        lambda actor: actor.editor or bool(actor.administers),
        lambda actor, thing: actor.editor or (bool(thing.teams) and thing.teams <= actor.administers),
    ),
    "manage-people": Rule(
        "an administrator of the team, for its people; an editor",
        lambda actor: actor.editor or bool(actor.administers),
        _administers_all,
        confirmed=True,
    ),
    "make-editor": Rule("an editor", _editor, confirmed=True),
    "manage-deliveries": Rule("an editor", _editor),
    "read-findings": Rule("an editor", _editor, writes=False),
    "manage-freshness": Rule(
        "a lead or administrator, for their teams; an editor",
        lambda actor: actor.editor or bool(actor.leads),
        _leads_all,
        writes=False,
    ),
    "manage-gaps": Rule("an editor", _editor),
    "manage-vocabulary": Rule("an editor", _editor),
    "read-mail": Rule(
        "an editor; anybody where Signpost serves only its own machine",
        lambda actor: actor.editor or actor.local,
        writes=False,
    ),
    "read-policy": Rule("whoever is signed in", lambda actor: actor.signed_in or actor.editor, writes=False),
}
NOTHING = Thing()


def can(actor: Actor, action: Action, thing: Thing = NOTHING) -> bool:
    """Whether `actor` may do `action` to `thing`; what no rule allows is refused."""
    rule = RULES.get(action)
    return rule is not None and not lacks_passkey(actor, action) and could(actor, action) and rule.to_this(actor, thing)


def could(actor: Actor, action: Action) -> bool:
    """Whether there is anything that `actor` may do `action` to: what a page asks before it knows what is meant."""
    rule = RULES.get(action)
    if rule is None or (rule.writes and actor.scope == "read"):
        return False
    return rule.to_some(actor)


def lacks_passkey(actor: Actor, action: Action) -> bool:
    """Whether a passkey is all that is missing, perhaps."""
    return RULES[action].confirmed and actor.unconfirmed
