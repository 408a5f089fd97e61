"""Subscriptions of people and teams: begin, change, pause, end, undo; in one transaction, with an audit row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from directory.actions.criteria import Criteria, resolve
from directory.actions.limiting import take_one
from directory.domain.policy import Action, Actor, Thing, can
from directory.domain.subscription import Facet, Frequency, Subscription, is_champion_label
from directory.errors import Invalid, NotAllowed, Problem, SubscriptionNotFound, TeamNotFound
from directory.store import audit, leave, letters, people, subscriptions, team_subscriptions, waiting
from directory.store.limits import Limit
from directory.store.team_subscriptions import TeamSubscription, slug_of
from directory.store.versions import find_ids

LONGEST_PAUSE = timedelta(days=366)
MOST = 200
TESTS = Limit(3, timedelta(hours=1))
TEST_GOOD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription before it is one: by keys that people use, of oneself or of a team (slug)."""

    criteria: Mapping[Facet, Sequence[str]]
    frequency: Frequency = "daily"
    team: str | None = None
    mandatory: bool = False


@dataclass(frozen=True, slots=True)
class Altered:
    """What is to be otherwise about a subscription; None stays as it is. `resumed` ends a pause."""

    frequency: Frequency | None = None
    paused_until: datetime | None = None
    resumed: bool = False
    mandatory: bool | None = None


def subscribe(connection: Connection, wanted: Wanted, *, by: Actor, at: datetime, today: date) -> Subscription:
    """Begin to tell a person or a team by mail of what meets some criteria; the same again changes how often.

    Raises Invalid for criteria that do not exist, or none; TeamNotFound; NotAllowed.
    """
    criteria = resolve(connection, wanted.criteria, today=today)
    if not criteria.facets:
        raise Invalid([Problem("criteria", "Say of what you want to hear: a service, a team, a need, an area")])
    if wanted.team is None:
        if wanted.mandatory:
            raise Invalid([Problem("mandatory", "only what a team is subscribed to can be mandatory")])
        return _for_oneself(connection, criteria, wanted, by=by, at=at)
    return _for_team(connection, criteria, wanted, wanted.team, by=by, at=at)


def _for_oneself(
    connection: Connection, criteria: Criteria, wanted: Wanted, *, by: Actor, at: datetime
) -> Subscription:
    person_id = person_of(by)
    theirs = subscriptions.of_person(connection, person_id)
    if len(theirs) >= MOST and not any(_says(each, criteria) for each in theirs):
        raise Invalid([Problem("criteria", f"You hear of {MOST} things: end one first, or follow an area or a need")])
    label = _label(theirs, criteria)
    key = subscriptions.subscribe(
        connection, criteria=criteria.facets, frequency=wanted.frequency, label=label, at=at, person_id=person_id
    )
    waiting.replan(connection, [person_id], at=at, label=label)
    _record(connection, "subscribe", f"person {person_id}", criteria, wanted, by=by, at=at)
    return subscriptions.one(connection, key)


def _for_team(
    connection: Connection, criteria: Criteria, wanted: Wanted, team: str, *, by: Actor, at: datetime
) -> Subscription:
    team_id = find_ids(connection, "team", [team]).get(team)
    if team_id is None:
        raise TeamNotFound(f"There is no team {team}.")
    slug = slug_of(connection, team_id)
    _require(by, "subscribe-team", slug)
    if wanted.mandatory:
        _require(by, "oblige-team", slug)
    key = subscriptions.subscribe(
        connection,
        criteria=criteria.facets,
        frequency=wanted.frequency,
        label=criteria.label,
        at=at,
        team_id=team_id,
        mandatory=wanted.mandatory,
    )
    waiting.replan(connection, team_subscriptions.members(connection, team_id), at=at, label=criteria.label)
    _record(connection, "subscribe", f"team {team_id}", criteria, wanted, by=by, at=at)
    return subscriptions.one(connection, key)


def alter(connection: Connection, key: int, altered: Altered, *, by: Actor, at: datetime) -> Subscription:
    """Change how often it tells, its pause, or whether it is mandatory; what waits moves with it.

    What waits is neither lost nor told twice: it goes out as often as it is asked for now. Raises SubscriptionNotFound,
    NotAllowed, and Invalid for a pause that is over or too long.
    """
    held = _held(connection, key, by)
    if held.channel != "mail" and (altered.mandatory or altered.frequency not in (None, held.frequency)):
        raise Invalid([Problem("frequency", "a webhook, Teams or Slack is told at once, and never mandatory")])
    if altered.mandatory is not None and altered.mandatory != held.mandatory:
        if held.team_id is None:
            raise Invalid([Problem("mandatory", "only what a team is subscribed to can be mandatory")])
        _require(by, "oblige-team", slug_of(connection, held.team_id))
    until = held.paused_until
    if altered.resumed:
        until = None
    elif altered.paused_until is not None:
        until = checked_pause(altered.paused_until, at)
    new = replace(
        held,
        frequency=altered.frequency or held.frequency,
        paused_until=until,
        mandatory=held.mandatory if altered.mandatory is None else altered.mandatory,
    )
    if new == held:
        return held
    subscriptions.alter(
        connection, key, frequency=new.frequency, paused_until=new.paused_until, mandatory=new.mandatory
    )
    waiting.replan(connection, _recipients(connection, held), at=at, label=held.label)
    details = {"frequency": new.frequency, "paused": new.paused_until is not None, "mandatory": new.mandatory}
    audit.record(connection, audit.Event(at, by, "alter-subscription", _whose(held), details))
    return new


def end(connection: Connection, key: int, *, by: Actor, at: datetime) -> Subscription:
    """End a subscription; what it matched already is still told. Raises SubscriptionNotFound, NotAllowed."""
    held = _held(connection, key, by)
    if held.mandatory and held.team_id is not None:
        _require(by, "oblige-team", slug_of(connection, held.team_id))
    subscriptions.end(connection, key, at=at)
    audit.record(connection, audit.Event(at, by, "unsubscribe", _whose(held), {"subscription": key}))
    return replace(held, ended_at=at)


def undo_end(connection: Connection, key: int, *, by: Actor, at: datetime) -> Subscription:
    """Let a subscription go on that was ended; raises SubscriptionNotFound, NotAllowed."""
    held = _held(connection, key, by, ended=True)
    if subscriptions.restore(connection, key):
        audit.record(connection, audit.Event(at, by, "subscribe", _whose(held), {"again": key}))
    return subscriptions.one(connection, key)


def choose(connection: Connection, key: int, *, wants: bool, by: Actor, at: datetime) -> Subscription:
    """Opt out of what one's team is subscribed to, or in again; raises NotAllowed where it is mandatory."""
    person_id = person_of(by)
    found = next((each for each in team_subscriptions.of_member(connection, person_id) if _is(each, key)), None)
    if found is None:
        raise SubscriptionNotFound("Your teams have no such subscription, or it has ended.")
    if wants:
        done = team_subscriptions.opt_in(connection, person_id, subscription_ids=[key])
    elif found.subscription.mandatory:
        raise NotAllowed("Your team has to hear of this. An administrator of your team can change that.")
    else:
        done = team_subscriptions.opt_out(connection, person_id, [key], at=at)
    if done:
        name = "opt-in" if wants else "opt-out"
        audit.record(connection, audit.Event(at, by, name, f"person {person_id}", {"subscription": key}))
    return found.subscription


def be_away(connection: Connection, until: datetime | None, *, by: Actor, at: datetime) -> None:
    """Hold all that is told to a person until they are back, or (None) no longer; what matched comes afterwards."""
    person_id = person_of(by)
    leave.set_away(connection, person_id, until=checked_pause(until, at) if until is not None else None)
    waiting.replan(connection, [person_id], at=at)
    details = {"away": until is not None}
    audit.record(connection, audit.Event(at, by, "be-away", f"person {person_id}", details))


def send_test(connection: Connection, key: int, *, by: Actor, secret: str, at: datetime) -> str:
    """Send whoever asks a message as this subscription sends them, and return the address; raises TooMany."""
    held = find(connection, key, by)
    person = people.by_id(connection, person_of(by))
    take_one(connection, "test message", f"person {person.id}", TESTS, secret=secret, at=at)
    facts = {"label": held.label, "frequency": held.frequency, "person": person.id}
    letters.queue(connection, kind="test-update", email=person.email, facts=facts, at=at, expires_at=at + TEST_GOOD_FOR)
    return person.email


def find(connection: Connection, key: int, by: Actor, *, ended: bool = False) -> Subscription:
    """A subscription of one's own or of one's team; of another it is not said that it exists."""
    found = subscriptions.one(connection, key, ended=ended)
    own = found.person_id is not None and found.person_id == by.person_id
    if not own and (found.team_id is None or not _belongs(connection, found.team_id, by)):
        raise SubscriptionNotFound("There is no such subscription, or it has ended.", anothers=True)
    return found


def may_alter(connection: Connection, held: Subscription, by: Actor) -> bool:
    """Whether somebody may change a subscription that they can see."""
    if held.team_id is None:
        return can(by, "subscribe", Thing(person_id=held.person_id))
    return can(by, "subscribe-team", Thing(frozenset({slug_of(connection, held.team_id)})))


def person_of(by: Actor) -> int:
    """Whose own subscriptions are meant; raises NotAllowed for nobody's."""
    if by.person_id is None or not can(by, "subscribe", Thing(person_id=by.person_id)):
        raise NotAllowed("Sign in to be told of changes.")
    return by.person_id


def checked_pause(until: datetime, at: datetime) -> datetime:
    """The end of a pause; raises Invalid where it has passed, or is more than a year away."""
    if not at < until <= at + LONGEST_PAUSE:
        raise Invalid([Problem("paused_until", "Give a day that lies ahead, within a year")])
    return until


def _held(connection: Connection, key: int, by: Actor, *, ended: bool = False) -> Subscription:
    """A subscription that `by` may change, kept from others in this transaction."""
    find(connection, key, by, ended=ended)
    held = subscriptions.one(connection, key, ended=ended, hold=True)
    if not may_alter(connection, held, by):
        raise NotAllowed("This is your team's. A lead or administrator of the team can change it.")
    return held


def _recipients(connection: Connection, held: Subscription) -> list[int]:
    if held.person_id is not None:
        return [held.person_id]
    return team_subscriptions.members(connection, held.team_id or "")


def _belongs(connection: Connection, team_id: str, by: Actor) -> bool:
    return by.editor or slug_of(connection, team_id) in by.roles


def _require(by: Actor, action: Action, team: str) -> None:
    if not can(by, action, Thing(frozenset({team}))):
        who = "An administrator" if action == "oblige-team" else "A lead or administrator"
        raise NotAllowed(f"{who} of the team, or an editor, can do this.")


def _label(theirs: Sequence[Subscription], criteria: Criteria) -> str:
    """What a message gives as its reason; who is the champion for something stays told that they are."""
    same = (each.label for each in theirs if _says(each, criteria) and is_champion_label(each.label))
    return next(same, criteria.label)


def _says(held: Subscription, criteria: Criteria) -> bool:
    return {facet: set(values) for facet, values in held.criteria.items()} == {
        facet: set(values) for facet, values in criteria.facets.items()
    }


def _is(found: TeamSubscription, key: int) -> bool:
    return found.subscription.id == key


def _whose(held: Subscription) -> str:
    return f"person {held.person_id}" if held.person_id is not None else f"team {held.team_id}"


def _record(
    connection: Connection, name: str, whose: str, criteria: Criteria, wanted: Wanted, *, by: Actor, at: datetime
) -> None:
    plain = {facet: list(values) for facet, values in criteria.facets.items()}
    details = {"criteria": plain, "frequency": wanted.frequency, "mandatory": wanted.mandatory}
    audit.record(connection, audit.Event(at, by, name, whose, details))
