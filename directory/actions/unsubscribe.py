"""Stop a person's mail from the link that each message carries, and take that back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from directory.domain.policy import Actor
from directory.store import audit, subscriptions, team_subscriptions, waiting
from directory.store.database import Database


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many subscriptions ended: a person's own, and those of their teams of which they hear no more."""

    own: int
    of_teams: int
    at: datetime

    def __bool__(self) -> bool:
        return bool(self.own or self.of_teams)


def unsubscribe(database: Database, person_id: int, *, at: datetime) -> Stopped:
    """End a person's own subscriptions by mail, opt them out of their teams', and drop what waits.

    What their team has made mandatory goes on, and so does what waits for that reason. Safe to repeat: mail programs
    press the button as well as people.
    """
    with database.write() as connection:
        theirs = team_subscriptions.of_member(connection, person_id)
        mandatory = [each.subscription.label for each in theirs if each.subscription.mandatory]
        optional = [each.subscription.id for each in theirs if each.heard and not each.subscription.mandatory]
        stopped = Stopped(
            subscriptions.end_all(connection, person_id, at=at),
            team_subscriptions.opt_out(connection, person_id, optional, at=at),
            at,
        )
        waiting.drop_but_for(connection, person_id, mandatory, at=at)
        if stopped:
            details = {"ended": stopped.own, "opted_out": stopped.of_teams}
            audit.record(
                connection, audit.Event(at, _themselves(person_id), "unsubscribe", f"person {person_id}", details)
            )
    return stopped


def take_back(database: Database, person_id: int, *, stopped_at: datetime, at: datetime) -> int:
    """Let go on what was stopped at an instant, with what waited then; returns how many subscriptions."""
    with database.write() as connection:
        again = subscriptions.restore_all(connection, person_id, ended_at=stopped_at)
        again += team_subscriptions.opt_in(connection, person_id, since=stopped_at)
        waiting.take_up(connection, person_id, dropped_at=stopped_at)
        waiting.replan(connection, [person_id], at=at)
        if again:
            details = {"again": again}
            audit.record(
                connection, audit.Event(at, _themselves(person_id), "subscribe", f"person {person_id}", details)
            )
    return again


def _themselves(person_id: int) -> Actor:
    return Actor(f"person {person_id}", person_id)
