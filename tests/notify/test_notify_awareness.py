"""Urgent changes are to be read: who is reminded, until when; and what a champion reads out at handover."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from directory.actions.acknowledge import acknowledge, excuse
from directory.actions.champions import end_champion, name_champion
from directory.domain.awareness import Reading
from directory.domain.policy import OPERATOR, Actor
from directory.errors import AlreadyWithdrawn, Invalid, NotAllowed
from directory.notify.post import write_letter
from directory.notify.reminders import remind
from directory.outbound.folder import FolderMailer
from directory.store import acknowledgements, governing, letters, people, subscriptions
from directory.store.database import Database
from directory.store.tables.changes import changes
from directory.store.tables.identity import letters as letter_rows
from tests.notify.build import LETTERHEAD, LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, deliver, publish

HOLIDAYS: frozenset[date] = frozenset()
# NOW is a Wednesday noon: to be read by Friday, and reminded of on Friday morning first.
THURSDAY, FRIDAY, SATURDAY, MONDAY = (NOW + timedelta(days=days) for days in (1, 2, 3, 5))


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def actor(town: Town, person: int) -> Actor:
    with town.database.read() as connection:
        return people.by_id(connection, person).actor


def follow(town: Town, *names: str, teams: tuple[str, ...] = ("district-nursing",)) -> list[int]:
    found = [town.person(f"{name}@example.nhs.uk", teams=teams) for name in names]
    for person in found:
        town.subscribe("immediately", person=person, service="leg-ulcer-clinic")
    return found


def told(town: Town, **more: object) -> int:
    number = publish(town, **more)
    deliver(town, FakeMailer())
    return number


def read(town: Town, number: int, person: int, *, team: str | None = None, at: datetime = NOW) -> bool:
    with town.database.write() as connection:
        return acknowledge(connection, number, team=team, by=actor(town, person), at=at, zone=LONDON)


def reminded(town: Town, at: datetime) -> list[str]:
    with town.database.write() as connection:
        connection.execute(letter_rows.delete())
    remind(town.database, SCHEDULE, holidays=HOLIDAYS, at=at)
    with town.database.read() as connection:
        return sorted(connection.scalars(select(letter_rows.c.email).where(letter_rows.c.kind == "please-read")))


def test_who_has_not_read_an_urgent_change_is_reminded_once_each_working_day(town: Town) -> None:
    reader, late = follow(town, "reader", "late")
    number = told(town, urgent=True)
    read(town, number, reader)
    assert reminded(town, THURSDAY) == []
    assert reminded(town, FRIDAY) == ["late@example.nhs.uk"]
    # A second worker, or the next minute.
    assert reminded(town, FRIDAY + timedelta(minutes=1)) == []
    assert reminded(town, SATURDAY) == []
    assert reminded(town, MONDAY) == ["late@example.nhs.uk"]
    read(town, number, late, at=MONDAY)
    assert reminded(town, MONDAY + timedelta(days=1)) == []


def test_nobody_is_reminded_of_what_is_not_urgent_not_theirs_or_withdrawn(town: Town) -> None:
    follow(town, "nurse")
    told(town)
    number = told(town, urgent=True)
    town.person("stranger@example.nhs.uk")
    assert reminded(town, FRIDAY) == ["nurse@example.nhs.uk"]
    with town.database.write() as connection:
        connection.execute(changes.update().where(changes.c.number == number).values(status="withdrawn"))
    assert reminded(town, MONDAY) == []


def test_an_excuse_ends_it_and_so_does_a_champion_for_the_team(town: Town) -> None:
    here, champion = follow(town, "here", "champion")
    (other,) = follow(town, "other", teams=("tissue-viability",))
    number = told(town, urgent=True)
    with town.database.write() as connection:
        excuse(connection, number, by=actor(town, other), at=NOW)
    with pytest.raises(NotAllowed):
        read(town, number, here, team="district-nursing")
    with town.database.write() as connection:
        name_champion(
            connection, "district-nursing", email="champion@example.nhs.uk", topic="Leg ulcer", by=OPERATOR, at=NOW
        )
    assert read(town, number, champion, team="district-nursing")
    assert not read(town, number, champion, team="district-nursing")
    assert reminded(town, FRIDAY) == []
    with pytest.raises(NotAllowed):
        read(town, number, champion, team="tissue-viability")


def test_a_reminder_names_every_change_and_says_what_to_press(town: Town) -> None:
    follow(town, "nurse")
    told(town, urgent=True)
    town.change("Podiatry <closes>\r\nBcc: all", sets={"podiatry": {"summary": "x"}}, urgent=True)
    with town.database.write() as connection:
        town_letter = {
            "changes": [{"number": 4, "title": "Podiatry <closes>\r\nBcc: all", "due": date(2026, 11, 6).toordinal()}]
        }
        letters.queue(
            connection,
            kind="please-read",
            email="nurse@example.nhs.uk",
            facts=town_letter,
            at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )
        (letter,) = letters.claim(connection, lease="x", at=NOW, until=NOW + timedelta(minutes=1), limit=5)
    message = write_letter(letter, letterhead=LETTERHEAD, at=NOW)
    assert message["Subject"] == "Please read: Podiatry <closes> Bcc: all"
    assert message["Bcc"] is None
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        said = part.get_content().replace("\r\n", "\n")
        assert "https://signpost.example/changes/4#read" in said
        assert "To be read by 6 November 2026" in said
        assert "I have read this" in said
    assert "&lt;closes&gt;" in said


def test_reading_is_counted_of_those_who_were_told_by_change_and_team(town: Town) -> None:
    nurses = follow(town, *(f"nurse{index}" for index in range(5)))
    number = told(town)
    outsider = town.person("outsider@example.nhs.uk", teams=("district-nursing",))
    for index, person in enumerate([*nurses[:3], outsider]):
        assert read(town, number, person, at=NOW + timedelta(hours=index + 1))
        assert not read(town, number, person, at=NOW + timedelta(days=9))
    with town.database.read() as connection:
        (reading,) = acknowledgements.readings(connection, [number]).values()
        by_team = acknowledgements.team_readings(connection, [number])
        assert acknowledgements.people_told(connection, [number]) == {"district-nursing": 5}
    # The lower median of 1, 2 and 3 hours; it took effect when that day began.
    assert reading == Reading(5, 3, 2 * 3600, 14 * 3600)
    assert by_team == {"district-nursing": reading}


def test_what_was_withdrawn_cannot_be_read_any_more(town: Town) -> None:
    (nurse,) = follow(town, "nurse")
    number = told(town)
    with town.database.write() as connection:
        connection.execute(changes.update().where(changes.c.number == number).values(status="withdrawn"))
    with pytest.raises(AlreadyWithdrawn):
        read(town, number, nurse)


def champion_of(town: Town, name: str, topic: str = "Leg ulcer") -> int:
    person = town.person(f"{name}@example.nhs.uk", teams=("district-nursing",))
    with town.database.write() as connection:
        name_champion(connection, "district-nursing", email=f"{name}@example.nhs.uk", topic=topic, by=OPERATOR, at=NOW)
    return person


def test_a_champion_hears_at_once_with_a_text_to_read_out(town: Town, tmp_path: Path) -> None:
    champion_of(town, "champion")
    (nurse,) = follow(town, "nurse")
    assert nurse
    number = publish(town, on=date(2026, 12, 1))
    deliver(town, FolderMailer(tmp_path))
    texts = {}
    for path in tmp_path.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        part = message.get_body(("plain",))
        assert part is not None
        texts[str(message["To"]).split("@")[0].rpartition("<")[2]] = part.get_content().replace("\r\n", "\n")
    assert "To read out at handover" not in texts["nurse"]
    spoken = texts["champion"].partition("To read out at handover\n")[2]
    assert spoken.startswith(
        "From 1 December 2026: Leg ulcer clinic moves to the Tissue Viability Team.\nLeg ulcer clinic:\n"
    )
    assert "Who handles this: Tissue Viability Team, Northmoor Community Trust (was District Nursing" in spoken
    assert f"The record: https://signpost.example/changes/{number}" in spoken
    assert "you are the champion for Leg ulcer" in texts["champion"]


def test_a_champion_is_of_the_team_and_of_a_need_that_there_is(town: Town) -> None:
    town.person("stranger@example.nhs.uk")
    town.person("nurse@example.nhs.uk", teams=("district-nursing",))
    for email, topic, where in (
        ("stranger@example.nhs.uk", "leg ulcer", "email"),
        ("nobody@example.nhs.uk", "leg ulcer", "email"),
        ("nurse@example.nhs.uk", "leg ulzer", "topic"),
        ("nurse@example.nhs.uk", "", "topic"),
    ):
        with pytest.raises(Invalid) as caught, town.database.write() as connection:
            name_champion(connection, "district-nursing", email=email, topic=topic, by=OPERATOR, at=NOW)
        assert [problem.where for problem in caught.value.problems] == [where]
    nurse = Actor("person 1", 1, roles={"district-nursing": "lead"})
    with pytest.raises(NotAllowed), town.database.write() as connection:
        name_champion(connection, "district-nursing", email="nurse@example.nhs.uk", topic="leg ulcer", by=nurse, at=NOW)


def test_who_had_asked_before_goes_on_hearing(town: Town) -> None:
    asked = town.person("asked@example.nhs.uk", teams=("district-nursing",))
    own = town.subscribe("weekly", person=asked, need="leg ulcer", at=datetime(2026, 1, 1, tzinfo=UTC))
    with town.database.write() as connection:
        name_champion(
            connection, "district-nursing", email="asked@example.nhs.uk", topic="leg ulcer", by=OPERATOR, at=NOW
        )
        assert [each.frequency for each in subscriptions.of_person(connection, asked)] == ["immediately"]
    new = champion_of(town, "new")
    with town.database.write() as connection:
        for person in (asked, new):
            assert end_champion(
                connection, "district-nursing", person_id=person, topic="Leg ulcer", by=OPERATOR, at=NOW
            )
        assert not end_champion(connection, "district-nursing", person_id=new, topic="Leg ulcer", by=OPERATOR, at=NOW)
        assert subscriptions.of_person(connection, new) == []
        (left,) = subscriptions.of_person(connection, asked)
    assert (left.id, left.label) == (own, "need leg ulcer")


def test_editors_are_reminded_of_what_nobody_has_reviewed(town: Town) -> None:
    number = town.change("An <emergency>", sets={"podiatry": {"summary": "x"}})
    with town.database.write() as connection:
        people.add(connection, email="ed@example.nhs.uk", name="", editor=True, at=NOW)
        governing.add_review(connection, number, by=None, due_at=NOW + timedelta(days=1))

    def written(at: datetime) -> list[letters.Letter]:
        remind(town.database, SCHEDULE, holidays=HOLIDAYS, at=at)
        with town.database.write() as connection:
            found = letters.claim(connection, lease="x", at=at, until=at + timedelta(minutes=1), limit=9)
            connection.execute(letter_rows.delete())
        return found

    # Due on Thursday at noon, after that day's slot.
    assert written(THURSDAY) == []
    (letter,) = written(FRIDAY)
    assert (letter.kind, letter.email) == ("reviews-due", "ed@example.nhs.uk")
    message = write_letter(letter, letterhead=LETTERHEAD, at=NOW)
    assert message["Subject"] == "Still to be reviewed: 1 change"
    assert "https://signpost.example/manage/reviews" in str(message)
    with town.database.write() as connection:
        governing.close_review(connection, number, by=None, at=FRIDAY)
    assert written(MONDAY) == []
