"""What is foretold of a change is what is told of it once it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from directory.actions.publish import preview, publish
from directory.actions.take_back import withdrawing
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR
from directory.domain.service import Contact, Owner
from directory.domain.succession import Part, Succession
from directory.store.database import Database
from directory.store.foretold import foretold
from directory.store.mentions import services_that_say
from directory.store.told import told
from tests import build

AHEAD = date(2026, 12, 1)
LINKS = (
    Succession("leg-ulcer-clinic", "wound-care", "split", AHEAD, Part("Adults", age_min=18)),
    Succession("leg-ulcer-clinic", "child-wounds", "split", AHEAD, Part("Children", age_max=17)),
)
CASES = {
    "an owner": build.draft(Edit("leg-ulcer-clinic", {"owner": Owner("hospital-trust", "vascular")})),
    "ahead, with a rename": build.draft(Edit("leg-ulcer-clinic", {"name": "Leg club"}), effective_from=AHEAD),
    "one that is new": build.draft(build.opening("foot-clinic"), kinds=("opened",)),
    "a split into one that is new": build.draft(
        build.opening("child-wounds"), effective_from=AHEAD, succession=LINKS, kinds=("opened",)
    ),
    "an organisation": Draft(
        title="Renamed", effective_from=AHEAD, organisations=(Edit("community-trust", {"name": "Northmoor Care"}),)
    ),
    "a past day": build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo"}), effective_from=date(2026, 1, 1)),
}


@pytest.fixture
def started(database: Database) -> Database:
    build.directory(database)
    build.change(database, build.draft(build.opening("wound-care"), kinds=("opened",)))
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Tu"}), effective_from=AHEAD))
    return database


@pytest.mark.parametrize("draft", CASES.values(), ids=CASES.keys())
def test_the_message_before_is_the_message_after(started: Database, draft: Draft) -> None:
    _same(started, draft)


def test_a_withdrawal_and_what_takes_its_place(started: Database) -> None:
    with started.read() as connection:
        withdrawal = replace(withdrawing(connection, 3, today=build.TODAY), why="Not yet.")
    amended = build.draft(Edit("leg-ulcer-clinic", {"hours": "We"}), effective_from=AHEAD, supersedes=3)
    _same(started, amended)
    _same(started, replace(withdrawal, supersedes=4))


def _same(database: Database, draft: Draft) -> None:
    given = {"by": OPERATOR, "at": build.NOON, "zone": build.LONDON}
    seen = preview(database, draft, **given)  # type: ignore[arg-type]
    opened = {(newcomer.noun, newcomer.id): newcomer.slug for newcomer in seen.newcomers}
    with database.read() as connection:
        before = foretold(connection, seen.new, seen.versions, opened)
    number = publish(database, draft, **given).change.number  # type: ignore[arg-type]
    with database.read() as connection:
        assert told(connection, [number])[number] == before


def test_entries_that_mention_an_address(started: Database) -> None:
    build.change(
        started, build.draft(Edit("wound-care", {"contacts": (Contact("email", "100%_legs@northmoor.example"),)}))
    )
    with started.read() as connection:

        def found(text: str) -> list[str]:
            return services_that_say(connection, [text], besides=["foot-clinic"], on=build.TODAY)

        assert found("100%_legs@northmoor.example") == ["wound-care"]
        assert found("legs@northmoor.example") == ["leg-ulcer-clinic", "wound-care"]
        assert found("1000_legs@northmoor.example") == []
        assert found("") == []
