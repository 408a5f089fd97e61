"""Who is told of a report, when, and once; and whether what nobody checked is asked for, and how far up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from directory.actions.checks import check, set_interval
from directory.actions.reports import Given, Verdict, answer_report, report
from directory.domain.change import Edit
from directory.domain.digest import DigestSchedule
from directory.domain.policy import ANYONE, OPERATOR, Role
from directory.notify.check_requests import ask_to_check, weekly_slot
from directory.notify.letterhead import Letterhead, check_of_token
from directory.notify.post import send_letters, write_letter
from directory.notify.report_news import tell_of_reports
from directory.outbound.mail import SmtpMailer
from directory.store import checks, imports, people, reports
from directory.store.database import Database
from directory.store.letters import Letter
from directory.store.tables.identity import letters
from directory.store.tables.people import people as table
from tests import build
from tests.outbound.relay import running

LEE, ADA, ED = "lee@northmoor.example", "ada@northmoor.example", "ed@northmoor.example"
# A Monday; the Thursday after it is a holiday.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOLIDAY = frozenset({date(2026, 11, 26)})
SCHEDULE = DigestSchedule(build.LONDON, time(7), 0)
HEAD = Letterhead(
    "https://signpost.example", "Signpost <signpost@northmoor.example>", "Northmoor directory", "secret",
    build.LONDON, lambda text: text,
)  # fmt: skip


@pytest.fixture
def team(database: Database) -> Database:
    """The clinic's team with a lead and an administrator, and an editor."""
    build.directory(database)
    member(database, LEE, "lead")
    member(database, ADA, "team-admin")
    with database.write() as connection:
        people.add(connection, email=ED, name="", editor=True, at=build.NOON)
    return database


def member(database: Database, email: str, role: Role) -> int:
    with database.write() as connection:
        person = people.add(connection, email=email, name="", editor=None, at=build.NOON)
        people.join(connection, person_id=person, team_id="district-nursing", role=role, at=build.NOON)
    return person


def leave(database: Database, *emails: str) -> None:
    with database.write() as connection:
        gone = update(table).where(table.c.email.in_(emails))
        connection.execute(gone.values(email=None, editor=False))


def send(database: Database, text: str = "It is that of the library.", *, at: datetime = MONDAY) -> str:
    with database.write() as connection:
        given = Given("number", text)
        kept = report(
            connection, "leg-ulcer-clinic", given, by=ANYONE, network=text, secret="s", at=at, today=at.date()
        )
    return kept.ref


def tell(database: Database, at: datetime) -> list[str]:
    """Run the step twice, and say to whom it wrote."""
    before = len(told(database))
    tell_of_reports(database, at=at, zone=build.LONDON, holidays=HOLIDAY)
    after = told(database)[before:]
    assert tell_of_reports(database, at=at, zone=build.LONDON, holidays=HOLIDAY) == 0
    return [each.email for each in after]


def told(database: Database) -> list[Letter]:
    with database.read() as connection:
        rows = connection.execute(select(letters).order_by(letters.c.id)).all()
    return [
        Letter(row.id, row.kind, row.email, json.loads(row.facts), row.queued_at, row.expires_at, row.attempts)
        for row in rows
    ]


def test_a_report_goes_up_once_to_each(team: Database) -> None:
    send(team)
    assert tell(team, MONDAY) == [LEE]
    assert tell(team, MONDAY + timedelta(days=7, hours=-1)) == []
    # Five working days, and the holiday: a Tuesday.
    assert tell(team, MONDAY + timedelta(days=8, minutes=-1)) == []
    assert tell(team, MONDAY + timedelta(days=8)) == [ADA]
    assert tell(team, MONDAY + timedelta(days=15, minutes=-1)) == []
    assert tell(team, MONDAY + timedelta(days=15)) == [ED]
    assert tell(team, MONDAY + timedelta(days=100)) == []


def test_a_joined_report_is_not_told_again_and_an_answered_one_goes_no_further(team: Database) -> None:
    ref = send(team)
    assert tell(team, MONDAY) == [LEE]
    send(team, "I say so too.", at=MONDAY + timedelta(hours=1))
    assert tell(team, MONDAY + timedelta(hours=1)) == []
    with team.write() as connection:
        answer_report(connection, ref, Verdict("fixed"), by=OPERATOR, at=MONDAY, today=MONDAY.date())
    assert tell(team, MONDAY + timedelta(days=30)) == []


def test_a_worker_that_slept_leaves_nobody_out(team: Database) -> None:
    send(team)
    late = MONDAY + timedelta(days=40)
    written = []
    while tell_of_reports(team, at=late, zone=build.LONDON, holidays=HOLIDAY):
        written.append(told(team)[-1].email)
    assert written == [LEE, ADA, ED]


@pytest.mark.parametrize(
    ("gone", "asked"),
    [
        ((LEE,), [[ADA], [], [ED]]),
        ((ADA,), [[LEE], [ED], []]),
        ((LEE, ADA), [[ED], [], []]),
        ((LEE, ADA, ED), [[]] * 3),
    ],
)
def test_where_nobody_is_it_goes_to_those_above_and_not_twice(
    team: Database, gone: tuple[str, ...], asked: list[list[str]]
) -> None:
    leave(team, *gone)
    send(team)
    assert [tell(team, MONDAY + timedelta(days=days)) for days in (0, 8, 15)] == asked


def test_a_service_without_a_team_is_for_the_editors(team: Database) -> None:
    build.change(team, build.draft(build.opening("loose", team=None), kinds=("opened",)))
    with team.write() as connection:
        given = Given("not-us", "")
        report(connection, "loose", given, by=ANYONE, network="n", secret="s", at=MONDAY, today=MONDAY.date())
    assert tell(team, MONDAY) == [ED]
    assert tell(team, MONDAY + timedelta(days=30)) == []


def test_the_letter_says_what_is_wrong_and_where_to_answer(team: Database) -> None:
    ref = send(team, "Use <b>01632 960511</b>\nplease.")
    tell(team, MONDAY)
    with running() as relay:
        assert send_letters(team, SmtpMailer(relay.url, timeout=5), letterhead=HEAD, clock=lambda: MONDAY) == 1
    to, message = relay.messages[0]
    assert (to, message["Subject"]) == (LEE, "A report about Leg ulcer clinic: A wrong number or address")
    text, html = (str(message.get_body((kind,)).get_content()) for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert f"https://signpost.example/manage/reports/{ref}" in text
    assert "Use <b>01632 960511</b>" in text
    assert "Use &lt;b&gt;01632 960511&lt;/b&gt;" in html
    tell(team, MONDAY + timedelta(days=8))
    late = write_letter(told(team)[-1], letterhead=HEAD, at=MONDAY)
    assert late["Subject"] == "Waits for 5 working days: a report about Leg ulcer clinic"


def test_the_answer_is_a_letter_with_its_reason(team: Database) -> None:
    with team.write() as connection:
        given = Given("criteria", "Wrong.", "nurse@northmoor.example")
        ref = report(
            connection, "leg-ulcer-clinic", given, by=ANYONE, network="n", secret="s", at=MONDAY, today=MONDAY.date()
        ).ref
        verdict = Verdict("not-changed", "They are <right>.", 1)
        answer_report(connection, ref, verdict, by=OPERATOR, at=MONDAY, today=MONDAY.date())
    message = write_letter(told(team)[-1], letterhead=HEAD, at=MONDAY)
    assert message["Subject"] == "Not changed: what you reported about Leg ulcer clinic"
    text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "They are <right>." in text
    assert f"https://signpost.example/reports/{ref}" in text
    assert "https://signpost.example/changes/1" in text


def ask(database: Database, at: datetime) -> list[str]:
    before = len(told(database))
    ask_to_check(database, SCHEDULE, months=6, at=at)
    after = told(database)[before:]
    assert ask_to_check(database, SCHEDULE, months=6, at=at) == 0
    return [each.email for each in after]


def confirm(database: Database, at: datetime) -> None:
    with database.write() as connection:
        check(connection, "leg-ulcer-clinic", expected=None, by=OPERATOR, at=at, today=at.date())


def test_owners_are_asked_once_a_week_and_then_those_above_them(team: Database) -> None:
    weeks = [ask(team, MONDAY + timedelta(weeks=week)) for week in range(10)]
    assert weeks == [[LEE], [], [], [], [ADA], [], [], [], [ED], []]
    assert ask(team, MONDAY + timedelta(weeks=60)) == []


def test_what_was_checked_is_not_asked_for_until_it_is_old_again(team: Database) -> None:
    confirm(team, MONDAY)
    assert ask(team, MONDAY) == []
    half_a_year = datetime(2027, 5, 24, 10, tzinfo=UTC)
    assert ask(team, half_a_year - timedelta(weeks=1)) == []
    assert ask(team, half_a_year) == [LEE]
    confirm(team, half_a_year)
    assert ask(team, half_a_year + timedelta(weeks=4)) == []
    with team.read() as connection:
        assert checks.requests(connection) == {}
    assert ask(team, half_a_year + timedelta(weeks=30)) == [LEE]


def test_a_change_is_no_check_and_an_import_only_where_the_source_says_when(team: Database) -> None:
    build.change(team, build.draft(Edit("leg-ulcer-clinic", {"summary": "New words."})), at=MONDAY)
    assert ask(team, MONDAY) == [LEE]
    with team.write() as connection:
        imports.add_checks(
            connection, [("leg-ulcer-clinic", date(2026, 10, 1))], source="a feed", zone=build.LONDON, at=build.NOON
        )
    assert ask(team, MONDAY + timedelta(weeks=5)) == []
    with team.read() as connection:
        assert checks.requests(connection) == {}


def test_a_new_entry_is_not_asked_for_at_once_and_a_closed_one_never(team: Database) -> None:
    confirm(team, MONDAY)
    build.change(team, build.draft(build.opening("new"), build.opening("shut"), kinds=("opened",)), at=MONDAY)
    build.change(team, build.draft(Edit("shut", {"status": "closed"})), at=MONDAY)
    assert ask(team, MONDAY) == []
    assert ask(team, MONDAY + timedelta(weeks=30)) == [LEE]
    assert [it["id"] for it in told(team)[-1].facts["services"]] == ["leg-ulcer-clinic", "new"]


def test_the_message_lists_what_is_due_with_a_link_for_each(team: Database) -> None:
    build.change(
        team,
        build.draft(*(build.opening(f"s-{number:02}") for number in range(60)), kinds=("opened",)),
        at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    ask(team, MONDAY)
    letter = told(team)[-1]
    message = write_letter(letter, letterhead=HEAD, at=MONDAY)
    assert message["Subject"] == "Please check: 61 entries of District Nursing"
    text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "Leg ulcer clinic\nNot checked for 2 years\nhttps://signpost.example/check/" in text
    assert "And 11 more" in text
    token = text.partition("/check/")[2].split()[0]
    assert check_of_token(token, "secret", at=MONDAY) == ("leg-ulcer-clinic", letter.facts["person"])
    assert check_of_token(token, "secret", at=MONDAY + timedelta(days=91)) is None
    assert check_of_token(token, "other", at=MONDAY) is None


def test_a_service_is_asked_for_at_its_own_interval(team: Database) -> None:
    confirm(team, MONDAY)
    assert ask(team, MONDAY + timedelta(weeks=10)) == []
    set_to(team, 2)
    assert ask(team, MONDAY + timedelta(weeks=11)) == [LEE]
    set_to(team, None)
    assert ask(team, MONDAY + timedelta(weeks=20)) == []


def set_to(database: Database, months: int | None) -> None:
    with database.write() as connection:
        set_interval(connection, "leg-ulcer-clinic", months, by=OPERATOR, at=MONDAY, today=MONDAY.date())


def test_a_slot_is_the_last_of_its_weekday() -> None:
    assert weekly_slot(SCHEDULE, datetime(2026, 11, 23, 6, 59, tzinfo=UTC)) == date(2026, 11, 16)
    assert weekly_slot(SCHEDULE, datetime(2026, 11, 23, 7, 0, tzinfo=UTC)) == date(2026, 11, 23)
    assert weekly_slot(SCHEDULE, datetime(2026, 11, 29, 23, tzinfo=UTC)) == date(2026, 11, 23)


def test_no_report_is_lost_to_a_letter_that_fails(team: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = send(team)

    def fails(*_: object, **__: object) -> int:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("directory.store.letters.queue_all", fails)
        with pytest.raises(OSError, match="full"):
            tell_of_reports(team, at=MONDAY, zone=build.LONDON, holidays=HOLIDAY)
    with team.read() as connection:
        assert reports.by_ref(connection, ref).told == 0
    assert tell(team, MONDAY) == [LEE]
