"""Whatever is published in whatever order: the answer for any day, as known at any instant, equals a naive replay."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, currently_in_test_context, event, given, settings
from hypothesis import strategies as st

from directory.answer import handling
from directory.domain.change import Draft, Edit
from directory.domain.service import Facts, Owner
from directory.domain.succession import Part, Succession, SuccessionKind
from directory.errors import AlreadyWithdrawn, Invalid
from directory.store.database import Database
from tests import build
from tests.examples import examples

NAMES = ("legs", "wounds", "feet", "falls", "stoma")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
LAST = 6
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Legs", "Lower limbs", "Wounds"]),
        "hours": st.sampled_from(["24/7", "Mo 09:00-10:00"]),
        "owner": st.sampled_from([Owner("community-trust", team) for team in ("district-nursing", "tissue-viability")]),
    },
)
names = st.sampled_from(NAMES)
days = st.integers(-LAST, LAST).map(lambda after: START.date() + timedelta(after))


class Links(tuple[Succession, ...]):
    """What one change says took the place of what."""


@dataclass(frozen=True)
class Set:
    """What one change sets on one service."""

    name: str
    on: date
    set: dict[str, object]


@dataclass(frozen=True)
class Withdrawal:
    """One change withdraws another: the one published so many before it, or where `set` is given amends it."""

    back: int
    amended: Set | None


@st.composite
def successions(draw: st.DrawFn) -> Links:
    """The links of one change, by the cardinality of their kind."""
    kind: SuccessionKind = draw(st.sampled_from(["renamed", "replaced", "moved", "merged", "split", "closed"]))
    first, second, third = draw(st.permutations(NAMES))[:3]
    on = draw(days)
    if kind == "closed":
        return Links([Succession(first, None, kind, on)])
    if kind == "merged":
        return Links([Succession(first, third, kind, on), Succession(second, third, kind, on)])
    if kind == "split":
        parts = ((second, Part("Children", age_max=17)), (third, Part("Adults", age_min=18)))
        return Links(Succession(first, to, kind, on, part) for to, part in parts)
    return Links([Succession(first, second, kind, on)])


Step = Set | Links | Withdrawal
sets = st.builds(Set, names, days, FIELDS)
withdrawals = st.builds(Withdrawal, st.integers(1, 3), st.none() | sets)
published = st.lists(sets | successions() | withdrawals, min_size=1, max_size=8)


@dataclass
class Known:
    """A change that was taken: when it was published and, where it was withdrawn, when that was."""

    number: int
    at: datetime
    edits: list[tuple[date, str, dict[str, object]]]
    links: tuple[Succession, ...] = ()
    withdrawn_at: datetime | None = None

    def at_the_time(self, known_at: datetime) -> bool:
        return self.at <= known_at and (self.withdrawn_at is None or known_at < self.withdrawn_at)


@dataclass
class Replay:
    """What was published and taken: the naive way, everything gone through again for each question."""

    known: list[Known] = field(default_factory=list)

    def facts(self, name: str, on: date, known_at: datetime) -> Facts:
        facts = Facts(**build.opening(name).set)  # type: ignore[arg-type]
        steps = [
            (day, each.number, edit)
            for each in self.known
            for day, of, edit in each.edits
            if of == name and each.at_the_time(known_at) and day <= on
        ]
        for _, _, edit in sorted(steps, key=lambda step: step[:2]):
            facts = facts.with_(edit)
        return facts

    def handlers(self, name: str, on: date, known_at: datetime, through: frozenset[str] = frozenset()) -> set[str]:
        leaving = [link for each in self.known if each.at_the_time(known_at) for link in each.links]
        after = {link.successor for link in leaving if link.predecessor == name and link.effective_from <= on}
        if not after:
            return {name}
        through |= {name}
        return {end for to in after if to and to not in through for end in self.handlers(to, on, known_at, through)}


def note(what: str) -> None:
    if currently_in_test_context():
        event(what)


def publish(database: Database, steps: Sequence[Step]) -> Replay:
    """Publish each step a day after the one before; what breaks a rule is refused, and is not in the replay."""
    taken = Replay()
    for number, step in enumerate(steps):
        at = START + timedelta(days=number)
        links = step if isinstance(step, Links) else ()
        set_ = step.amended if isinstance(step, Withdrawal) else step if isinstance(step, Set) else None
        gone = taken.known[-step.back] if isinstance(step, Withdrawal) and len(taken.known) >= step.back else None
        if gone is None and isinstance(step, Withdrawal):
            continue
        edits: list[tuple[date, str, dict[str, object]]] = [
            *((link.effective_from, link.predecessor, dict[str, object](status="closed")) for link in links),
            *([(set_.on, set_.name, set_.set)] if set_ else []),
        ]
        draft = build.draft(
            *([Edit(set_.name, set_.set)] if set_ else []),
            succession=tuple(links),
            effective_from=next((on for on, _, _ in (*edits, *(gone.edits if gone else ()))), START.date()),
            supersedes=gone.number if gone else None,
        )
        try:
            done = build.change(database, draft, at=at)
        except (Invalid, AlreadyWithdrawn) as refusal:
            note(f"refused: {str(refusal).split()[0]}")
            continue
        if gone:
            note("withdrawn")
            gone.withdrawn_at = at
        taken.known.append(Known(done.change.number, at, edits, tuple(links)))
    return taken


def opened(url: str) -> Database:
    database = Database(url)
    build.directory(database, at=START - timedelta(days=2))
    opening = Draft(
        title="Five more",
        effective_from=START.date() - timedelta(400),
        kinds=("opened",),
        services=tuple(build.opening(name) for name in NAMES),
        why="X",
    )
    build.change(database, opening, at=START - timedelta(days=1))
    return database


def check(database: Database, steps: Sequence[Step]) -> None:
    taken = publish(database, steps)
    changed = {on for each in taken.known for on, _, _ in each.edits}
    with database.read() as connection:
        for known_at in sorted({START - timedelta(hours=1), *(each.at for each in taken.known)}):
            for on in sorted({START.date() - timedelta(LAST + 1), *changed}):
                for name in NAMES:
                    answered = handling(connection, name, on=on, known_at=known_at)
                    expected = {
                        key: facts
                        for key in taken.handlers(name, on, known_at)
                        if (facts := taken.facts(key, on, known_at)).status != "closed"
                    }
                    assert {entry.id: entry.facts for entry in answered.entries} == expected, (name, on, known_at)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(published)
def test_the_answer_equals_a_replay(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    path: Path = tmp_path_factory.mktemp("answers") / "signpost.db"
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), path)
    database = opened(f"sqlite:///{path}")
    try:
        check(database, steps)
    finally:
        database.close()


def test_the_answer_equals_a_replay_on_each_database(database_url: str) -> None:
    first = START.date()
    two = (first - timedelta(2), first)
    steps: list[Step] = [
        Links([Succession("legs", "wounds", "replaced", first + timedelta(3))]),
        Set("wounds", first + timedelta(5), {"name": "Lower limbs"}),
        Links(
            Succession("wounds", to, "split", first + timedelta(4), part)
            for to, part in (("feet", Part("Children", age_max=17)), ("falls", Part("Adults", age_min=18)))
        ),
        *(Links(Succession(each, "stoma", "merged", on) for each in ("feet", "falls")) for on in two),
        Links([Succession("stoma", None, "closed", first + timedelta(6))]),
        Withdrawal(1, None),
        Set("stoma", first, {"hours": "24/7"}),
        Withdrawal(1, Set("stoma", first + timedelta(2), {"hours": "24/7", "name": "Stomas"})),
        Withdrawal(6, None),
    ]
    database = opened(database_url)
    try:
        check(database, steps)
    finally:
        database.close()
