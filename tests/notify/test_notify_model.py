"""Whatever happens in whatever order: who should be told of a change is told, in one message, and nobody else is.

The model knows nothing of how it is done. It looks at who follows what when a change is matched, keeps what the relay
took, and asks of every message whether it should have been. Failures, kills and waits come as Hypothesis draws them;
`TELLING_EXAMPLES` asks for more of them.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import delete, insert, select

from directory.domain.subscription import FREQUENCIES
from directory.notify.deliver import deliver_due
from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced, match_in_force
from directory.notify.recover import recover
from directory.store import subscriptions, waiting
from directory.store.database import Database
from directory.store.migrate import migrate
from directory.store.tables.changes import changes
from directory.store.tables.people import memberships
from tests.notify.build import LETTERHEAD, LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import Killed
from tests.notify.mortal import FAILURES, Mortal, Post

EXAMPLES = int(os.environ.get("TELLING_EXAMPLES", "12"))
SERVICES = ("leg-ulcer-clinic", "podiatry")
PEOPLE = 3
TEAM = "district-nursing"
DAY = timedelta(days=1)
Thing = tuple[int, int, str]


@dataclass(slots=True)
class Follows:
    """A subscription as the model knows it: of a person, or of the team."""

    key: int
    person: int | None
    service: str | None
    since: datetime


@dataclass(slots=True)
class Published:
    """A change as the model knows it."""

    number: int
    service: str
    at: datetime
    on: object
    gone: list[int]
    withdrawn: bool = False
    matched: set[str] = field(default_factory=set)


class Telling(RuleBasedStateMachine):
    """One town, and everything that can happen to it."""

    template: ClassVar[Path]

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        file = Path(self.folder.name) / "signpost.db"
        copy(self.template, file)
        self.database = Mortal(f"sqlite:///{file}")
        self.town, self.now = Town(self.database), NOW
        self.people = [self.town.person(f"person{number}@example.nhs.uk") for number in range(PEOPLE)]
        self.emails = {f"person{number}@example.nhs.uk": key for number, key in enumerate(self.people)}
        self.members: set[int] = set()
        self.follows: list[Follows] = []
        self.published: dict[int, Published] = {}
        self.post = Post()
        self.leases: set[str] = set()
        # Who should be told of what at which stage; and who may be, because somebody tried before.
        self.should: set[Thing] = set()
        self.may: set[Thing] = set()
        self.ids: dict[Thing, set[str]] = defaultdict(set)
        self.seen = 0

    @rule(who=st.integers(0, PEOPLE), service=st.sampled_from([*SERVICES, None]), every=st.sampled_from(FREQUENCIES))
    def follow(self, who: int, service: str | None, every: str) -> None:
        person = self.people[who] if who < PEOPLE else None
        facets = {"service": service} if service else {}
        key = self.town.subscribe(
            every,  # type: ignore[arg-type]
            person=person,
            of_team=None if person else TEAM,
            at=self.now,
            **facets,
        )
        if key not in {each.key for each in self.follows}:
            self.follows.append(Follows(key, person, service, self.now))

    @rule(who=st.integers(0, PEOPLE - 1))
    def join_or_leave(self, who: int) -> None:
        person = self.people[who]
        with self.database.write() as connection:
            if person in self.members:
                connection.execute(delete(memberships).where(memberships.c.person_id == person))
            else:
                row = {"person_id": person, "team_id": f"team-{TEAM}", "role": "reader", "since": self.now}
                connection.execute(insert(memberships).values(row))
        self.members ^= {person}

    @precondition(lambda self: self.follows)
    @rule(which=st.integers(0, 9), every=st.sampled_from(FREQUENCIES), days=st.sampled_from([None, None, 1, 4]))
    def alter(self, which: int, every: str, days: int | None) -> None:
        """Another frequency, a pause, or the end of one."""
        chosen = self.follows[which % len(self.follows)]
        until = self.now + days * DAY if days else None
        with self.database.write() as connection:
            subscriptions.alter(
                connection,
                chosen.key,
                frequency=every,  # type: ignore[arg-type]
                paused_until=until,
                mandatory=False,
            )
            people = [chosen.person] if chosen.person else sorted(self.members)
            waiting.replan(connection, people, at=self.now)

    @rule(service=st.sampled_from(SERVICES), ahead=st.sampled_from([0, 0, 1, 3]), urgent=st.booleans())
    def publish(self, service: str, ahead: int, urgent: bool) -> None:
        day = self.now.astimezone(LONDON).date() + timedelta(days=ahead)
        hours = {"hours": f"Mo-Fr 08:00-{10 + self.town.number % 13}:00"}
        number = self.town.change("Hours", sets={service: hours}, kinds=("hours",), on=day, at=self.now, urgent=urgent)
        self.published[number] = Published(number, service, self.now, day, [])

    @precondition(lambda self: any(not each.withdrawn for each in self.published.values()))
    @rule(which=st.integers(0, 9))
    def withdraw(self, which: int) -> None:
        standing = [each for each in self.published.values() if not each.withdrawn and not each.gone]
        if not standing:
            return
        gone = standing[which % len(standing)]
        self.town.withdraw(gone.number)
        gone.withdrawn = True
        number = self.town.change(
            "Withdrawn", sets={gone.service: {}}, kinds=("hours",), at=self.now, supersedes=gone.number
        )
        day = self.now.astimezone(LONDON).date()
        self.published[number] = Published(number, gone.service, self.now, day, [gone.number])

    @rule(ahead=st.sampled_from([timedelta(minutes=1), timedelta(minutes=6), timedelta(hours=5), DAY, 3 * DAY]))
    def wait(self, ahead: timedelta) -> None:
        self.now += ahead

    @rule(
        plan=st.lists(st.sampled_from(FAILURES), max_size=4),
        dies_in=st.none() | st.integers(1, 9),
        committed=st.booleans(),
    )
    def work(self, plan: list[str], dies_in: int | None, committed: bool) -> None:
        """A worker does all that is due, as far as it lives."""
        self.post.plan = plan
        self.database.dies_in, self.database.committed = dies_in, committed
        try:
            recover(self.database, at=self.now)
            match_announced(self.database, at=self.now, zone=LONDON)
            match_in_force(self.database, at=self.now, zone=LONDON)
            self._matched()
            run_due_slots(self.database, SCHEDULE, at=self.now)
            deliver_due(self.database, self.post, letterhead=LETTERHEAD, clock=lambda: self.now, limit=3)
        except Killed:
            self._interrupted()
        self.database.dies_in = None
        self._matched()
        self._look()

    def _interrupted(self) -> None:
        """What a killed worker would have sent next may have been on its way: nobody can tell afterwards."""
        held = [row for row in self.town.deliveries() if row.lease and row.lease not in self.leases]
        together = [row for row in self.town.digests() if row.lease and row.lease not in self.leases]
        self.leases |= {row.lease for row in (*held, *together)}
        held.sort(key=lambda row: (not row.urgent, row.id))
        if not held and together:
            held = [row for row in self.town.deliveries() if row.digest_id == together[0].id]
        else:
            held = held[:1]
        emails = {key: email for email, key in self.emails.items()}
        self.post.tried += [(emails[row.person_id], {(row.change_number, row.stage)}) for row in held]

    def _matched(self) -> None:
        """What has been matched since the model last looked, by the marks; nothing else has changed meanwhile."""
        with self.database.read() as connection:
            marks = select(changes.c.number, changes.c.announced_at, changes.c.told_in_force_at)
            rows = {row.number: row for row in connection.execute(marks)}
        for number, change in self.published.items():
            for stage, mark in (("announced", rows[number].announced_at), ("in-force", rows[number].told_in_force_at)):
                if mark is not None and stage not in change.matched:
                    change.matched.add(stage)
                    self._should(change, stage)

    def _should(self, change: Published, stage: str) -> None:
        if change.gone:
            if stage == "announced":
                self._look()
                self.should |= {(self.emails[to], change.number, "withdrawn") for to in self._got(change.gone)}
                self.may |= {(self.emails[to], change.number, "withdrawn") for to in self._tried(change.gone)}
                self.may |= {(person, change.number, "withdrawn") for person in self._held(change.gone)}
            return
        ahead = change.on > change.at.astimezone(LONDON).date()  # type: ignore[operator]
        if change.withdrawn or (stage == "in-force" and not ahead):
            return
        until = change.at + timedelta(minutes=10)
        for each in self.follows:
            begun = each.since <= until if stage == "announced" else each.since.astimezone(LONDON).date() <= change.on  # type: ignore[operator]
            if begun and each.service in (None, change.service):
                told = [each.person] if each.person else self.members
                self.should |= {(person, change.number, stage) for person in told if person is not None}

    def _got(self, gone: list[int]) -> set[str]:
        return {to for to, _, shown in self.post.got if any(number in gone for number, _ in shown)}

    def _tried(self, gone: list[int]) -> set[str]:
        return {to for to, shown in self.post.tried if any(number in gone for number, _ in shown)}

    def _held(self, gone: list[int]) -> set[int]:
        """Whom a worker may be writing to: it is alive for all that another can tell, until its lease has lapsed."""
        digests = {row.id for row in self.town.digests() if self._leased(row)}
        held = [row for row in self.town.deliveries() if self._leased(row) or row.digest_id in digests]
        return {row.person_id for row in held if row.change_number in gone}

    def _leased(self, row: Any) -> bool:
        return row.lease is not None and row.leased_until > self.now

    def _look(self) -> None:
        """Each message that the relay took: right to send, and the only one that says what it says."""
        for to, message_id, shown in self.post.got[self.seen :]:
            for number, stage in shown:
                thing = (self.emails[to], number, stage)
                assert thing in self.should | self.may, f"{thing} should not be told"
                assert not self.published[number].withdrawn, f"{thing} was withdrawn before"
                self.ids[thing].add(message_id)
                assert len(self.ids[thing]) == 1, f"{thing} is told by {self.ids[thing]}"
        self.seen = len(self.post.got)

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        for _ in range(12):
            self.now += DAY
            self.work([], None, False)
        refused = {(self.emails[to], number, stage) for to, shown in self.post.refused for number, stage in shown}
        for person, number, stage in self.should:
            later = (person, number, "in-force")
            known = {(person, number, stage), *([later] if stage == "announced" else [])}
            excused = self.published[number].withdrawn or known & refused
            assert excused or known & self.ids.keys(), f"{(person, number, stage)} was never told"
        states = {row.state for row in (*self.town.deliveries(), *self.town.digests())}
        assert states <= {"accepted", "dropped", "failed"}
        self.database.close()
        self.folder.cleanup()


def test_everyone_is_told_once(tmp_path: Path) -> None:
    Telling.template = tmp_path / "template.db"
    database = Database(f"sqlite:///{Telling.template}")
    migrate(database)
    database.close()
    Telling.TestCase.settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Telling.TestCase("runTest").runTest()
