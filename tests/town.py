"""A directory with its people, who hand services over, agree, and are written to."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from directory.actions import agreeing, governing
from directory.actions.prepare import Published
from directory.actions.submit import submit
from directory.domain.change import Draft, Edit
from directory.domain.offer import Offer
from directory.domain.policy import Actor, Role
from directory.domain.service import Facts, Owner, ReferralRoute
from directory.store import changes, people, services
from directory.store.database import Database
from tests import build

CLINIC = "leg-ulcer-clinic"
DAY = timedelta(days=1)
SOON = build.TODAY + 10 * DAY
THEIRS = Owner("community-trust", "tissue-viability")
ROUTES = (ReferralRoute("email", "wounds@northmoor.example"),)


class Town:
    """A directory with its people, each with a role."""

    def __init__(self, database: Database) -> None:
        self.database = database
        build.directory(database)
        self.nia = self.person("nia", "district-nursing")
        self.ned = self.person("ned", "district-nursing", "team-admin")
        self.tom = self.person("tom", "tissue-viability")
        self.vera = self.person("vera", "vascular")
        self.ed = self.person("ed", editor=True)
        self.eve = self.person("eve", editor=True)

    def person(self, name: str, team: str = "", role: Role = "lead", *, editor: bool = False) -> Actor:
        with self.database.write() as connection:
            email = f"{name}@northmoor.example"
            key = people.add(connection, email=email, name=name, editor=editor, at=build.NOON)
            if team:
                people.join(connection, person_id=key, team_id=team, role=role, at=build.NOON)
            return people.by_email(connection, email).actor

    def submit(self, draft: Draft, by: Actor, *, at: datetime = build.NOON) -> Published | Offer:
        with self.database.write() as connection:
            return submit(connection, draft, by=by, at=at, zone=build.LONDON)

    def offer(self, draft: Draft, by: Actor, *, at: datetime = build.NOON) -> Offer:
        done = self.submit(draft, by, at=at)
        assert isinstance(done, Offer)
        return done

    def publish(self, draft: Draft, by: Actor, *, at: datetime = build.NOON) -> int:
        done = self.submit(draft, by, at=at)
        assert isinstance(done, Published)
        return done.change.number

    def agree(self, offer: Offer, by: Actor, *, at: datetime = build.NOON, version: int = 1) -> Offer:
        with self.database.write() as connection:
            return agreeing.agree(connection, offer.ref, version=version, by=by, at=at, zone=build.LONDON)

    def override(self, offer: Offer, by: Actor, why: str = "They have nobody left.") -> Offer:
        with self.database.write() as connection:
            return agreeing.override(connection, offer.ref, version=1, why=why, by=by, at=build.NOON, zone=build.LONDON)

    def decline(self, offer: Offer, by: Actor, why: str = "We have no nurses.") -> Offer:
        with self.database.write() as connection:
            return agreeing.decline(connection, offer.ref, why=why, by=by, at=build.NOON)

    def withdraw_offer(self, offer: Offer, by: Actor) -> Offer:
        with self.database.write() as connection:
            return agreeing.withdraw_offer(connection, offer.ref, by=by, at=build.NOON)

    def mark(self, service: str = CLINIC) -> None:
        with self.database.write() as connection:
            governing.mark(connection, service, by=self.ed, at=build.NOON)

    def facts(self, service: str = CLINIC, on: date = SOON) -> Facts:
        with self.database.read() as connection:
            return services.entry(connection, service, on=on).facts

    def head(self) -> int:
        with self.database.read() as connection:
            return changes.read_head(connection).number

    def letters(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Kind, to whom, and facts of the letters that were queued since the last call."""
        with self.database.write() as connection:
            rows = connection.exec_driver_sql("SELECT kind, email, facts FROM letters ORDER BY id").all()
            connection.exec_driver_sql("DELETE FROM letters")
        return [(row[0], row[1].partition("@")[0], json.loads(row[2])) for row in rows]

    def told(self) -> list[tuple[str, str]]:
        return [(kind, to) for kind, to, _ in self.letters()]

    def audit(self, deed: str) -> list[str]:
        with self.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT actor, action FROM audit ORDER BY id").all()
        return [row[0] for row in rows if row[1] == deed]


def handing(owner: Owner = THEIRS, *, on: date = SOON, service: str = CLINIC, **given: Any) -> Draft:
    return build.draft(Edit(service, {"owner": owner}), title="The clinic moves", effective_from=on, **given)


def route(on: date = SOON, **given: Any) -> Draft:
    return build.draft(Edit(CLINIC, {"referral_routes": ROUTES}), title="A new address", effective_from=on, **given)
