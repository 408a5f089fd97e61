"""Reports: taken in, joined, answered, and settled by a change; who may answer, and who hears."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from directory.actions.publish import publish_in
from directory.actions.reports import BY_NETWORK, BY_SERVICE, Given, Verdict, answer_report, report, settle_by_change
from directory.domain.change import Edit
from directory.domain.policy import ANYONE, STRANGER, Actor
from directory.domain.service import Owner
from directory.errors import (
    AlreadyAnswered,
    ChangeNotFound,
    Invalid,
    NotAllowed,
    ReportNotFound,
    ServiceNotFound,
    TooMany,
)
from directory.store import people, report_lists, reports
from directory.store.database import Database
from directory.store.reports import Report
from directory.store.tables.identity import allowances, letters
from directory.store.tables.learning import reports as table
from directory.store.tables.trust import audit
from tests import build

LEAD = Actor("person 9", None, roles={"district-nursing": "lead"})
OTHER = Actor("person 8", None, roles={"tissue-viability": "team-admin"})
WRONG = Given("number", "The number is that of the library.", "nurse@northmoor.example")


@pytest.fixture
def stocked(database: Database) -> Database:
    build.directory(database)
    return database


def send(
    database: Database,
    given: Given = WRONG,
    *,
    by: Actor = ANYONE,
    network: str = "192.0.2.1",
    at: datetime = build.NOON,
    service: str = "leg-ulcer-clinic",
) -> Report:
    with database.write() as connection:
        return report(connection, service, given, by=by, network=network, secret="s", at=at, today=build.TODAY)


def answer(database: Database, ref: str, verdict: Verdict, *, by: Actor = LEAD, at: datetime = build.NOON) -> Report:
    with database.write() as connection:
        return answer_report(connection, ref, verdict, by=by, at=at, today=build.TODAY)


def letters_of(database: Database) -> list[tuple[str, str, dict[str, object]]]:
    with database.read() as connection:
        rows = connection.execute(select(letters).order_by(letters.c.id))
        return [(row.kind, row.email, json.loads(row.facts)) for row in rows]


def kept(database: Database, ref: str) -> Report:
    with database.read() as connection:
        return reports.by_ref(connection, ref)


def test_a_report_is_kept_under_a_reference_that_nobody_guesses(stocked: Database) -> None:
    found = kept(stocked, send(stocked).ref)
    assert (found.kind, found.text, found.email) == ("number", WRONG.text, WRONG.email)
    assert (found.service_id, found.team, found.state) == ("leg-ulcer-clinic", "district-nursing", "open")
    assert found.escalates_at == build.NOON
    refs = {send(stocked, Given("question", f"Why {number}?")).ref for number in range(20)}
    assert all(len(ref) == 14 for ref in refs)
    assert len(refs) == 20


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (Given("nonsense", "x"), "kind"),
        (Given("gap", "x"), "kind"),
        (Given("number", "  \r\n "), "text"),
        (Given("other", "x" * 4001), "text"),
        (Given("other", "She is 999 000 0018"), "text"),
        (Given("other", "He is 999-000-0018"), "text"),
        (Given("not-us", "dob 3/4/1950"), "text"),
        (Given("other", "x", "not an address"), "email"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(stocked: Database, given: Given, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        send(stocked, given)
    assert [problem.where for problem in refusal.value.problems] == [where]
    with stocked.read() as connection:
        assert connection.execute(select(table)).all() == []
        assert connection.execute(select(allowances)).all() == []


def test_not_us_any_more_needs_no_words(stocked: Database) -> None:
    assert send(stocked, Given("not-us", "")).text == ""


def test_what_is_not_there_or_not_to_be_read_cannot_be_reported(stocked: Database) -> None:
    with pytest.raises(ServiceNotFound):
        send(stocked, service="nothing")
    with pytest.raises(NotAllowed):
        send(stocked, by=STRANGER)
    with pytest.raises(NotAllowed):
        send(stocked, by=Actor("key a", 1, scope="read"))


def test_the_same_about_the_same_is_joined(stocked: Database) -> None:
    first, second = send(stocked), send(stocked, Given("number", "It is not answered."))
    question = send(stocked, Given("question", "Do you take children?"))
    assert (second.state, second.joined_to) == ("joined", first.id)
    assert question.state == "open"
    with stocked.read() as connection:
        assert report_lists.how_often(connection, [first.id, question.id]) == {first.id: 2, question.id: 1}
        assert reports.root_of(connection, second).ref == first.ref
    answer(stocked, second.ref, Verdict("fixed"))
    assert kept(stocked, first.ref).state == "fixed"
    assert send(stocked).state == "open"


def test_a_button_pressed_twice_is_one_report(stocked: Database) -> None:
    first = send(stocked)
    assert send(stocked, at=build.NOON + timedelta(minutes=2)).ref == first.ref
    assert send(stocked, at=build.NOON + timedelta(hours=2)).ref != first.ref
    late = build.NOON + timedelta(hours=2)
    another = send(stocked, Given("number", WRONG.text, "another@northmoor.example"), at=late)
    assert another.state == "joined"
    assert another.ref != send(stocked, at=late).ref


def test_of_many_at_once_one_is_open_and_the_others_join_it(stocked: Database) -> None:
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda number: send(stocked, Given("not-us", f"word {number}")), range(6)))
    assert sorted(each.state for each in found) == ["joined"] * 5 + ["open"]


def test_a_network_and_a_service_have_their_limits(stocked: Database) -> None:
    build.change(stocked, build.draft(*(build.opening(f"service-{number}") for number in range(3)), kinds=("opened",)))
    for number in range(BY_SERVICE.times):
        send(stocked, Given("other", f"word {number}"), network=f"192.0.2.{number}")
    with pytest.raises(TooMany) as refusal:
        send(stocked, Given("other", "one more"), network="192.0.2.99")
    assert refusal.value.wait > 0
    for number in range(BY_NETWORK.times):
        send(stocked, Given("other", f"word {number}"), network="198.51.100.1", service=f"service-{number % 3}")
    with pytest.raises(TooMany):
        send(stocked, Given("other", "one more"), network="198.51.100.1", service="leg-ulcer-clinic")


def test_everybody_who_said_it_hears_once_and_their_address_is_forgotten(stocked: Database) -> None:
    with stocked.write() as connection:
        person = people.add(connection, email="amina@northmoor.example", name="", editor=None, at=build.NOON)
    first = send(stocked)
    send(stocked, Given("number", "Again wrong.", WRONG.email))
    signed = send(stocked, Given("number", "Wrong."), by=Actor(f"person {person}", person))
    send(stocked, Given("number", "No address."))
    assert letters_of(stocked) == []
    done = answer(stocked, first.ref, Verdict("not-changed", "It is right: the library shares our desk."))
    assert (done.state, done.answered_at) == ("not-changed", build.NOON)
    told = letters_of(stocked)
    assert [(kind, email, facts["ref"]) for kind, email, facts in told] == [
        ("report-answered", WRONG.email, first.ref),
        ("report-answered", "amina@northmoor.example", signed.ref),
    ]
    assert told[0][2]["answer"] == "It is right: the library shares our desk."
    # What they typed does not go to an address that they typed.
    assert all(WRONG.text not in json.dumps(facts) for _, _, facts in told)
    with stocked.read() as connection:
        assert set(connection.scalars(select(table.c.email))) == {None}


def test_only_the_owner_answers_and_only_once(stocked: Database) -> None:
    ref = send(stocked).ref
    for by in (OTHER, ANYONE, Actor("person 7", 7), Actor("key a", 1, roles=LEAD.roles, scope="read")):
        with pytest.raises(NotAllowed):
            answer(stocked, ref, Verdict("fixed"), by=by)
    with pytest.raises(ReportNotFound):
        answer(stocked, "nothing", Verdict("fixed"))
    answer(stocked, ref, Verdict("fixed"))
    with pytest.raises(AlreadyAnswered):
        answer(stocked, ref, Verdict("not-changed", "No."))
    assert kept(stocked, ref).state == "fixed"


def test_whoever_runs_it_now_answers(stocked: Database) -> None:
    ref = send(stocked).ref
    moved = Edit("leg-ulcer-clinic", {"owner": Owner("community-trust", "tissue-viability")})
    build.change(stocked, build.draft(moved))
    with pytest.raises(NotAllowed):
        answer(stocked, ref, Verdict("fixed"), by=LEAD)
    assert answer(stocked, ref, Verdict("fixed"), by=OTHER).team == "tissue-viability"


@pytest.mark.parametrize(
    ("verdict", "where"),
    [
        (Verdict("joined", "x"), "outcome"),
        (Verdict("not-changed", " "), "text"),
        (Verdict("answered", ""), "text"),
        (Verdict("fixed", "for 999 000 0018"), "text"),
        (Verdict("fixed", "x" * 4001), "text"),
    ],
)
def test_an_answer_that_says_nothing_or_too_much_is_refused(stocked: Database, verdict: Verdict, where: str) -> None:
    ref = send(stocked).ref
    with pytest.raises(Invalid) as refusal:
        answer(stocked, ref, verdict)
    assert [problem.where for problem in refusal.value.problems] == [where]
    assert kept(stocked, ref).state == "open"


def test_an_answer_names_a_change_that_is_there(stocked: Database) -> None:
    ref = send(stocked).ref
    with pytest.raises(ChangeNotFound):
        answer(stocked, ref, Verdict("fixed", change=99))
    assert answer(stocked, ref, Verdict("fixed", change=1)).change_number == 1


def test_a_change_settles_the_reports_that_it_names_and_is_credited(stocked: Database) -> None:
    first, second = send(stocked), send(stocked, Given("number", "Wrong, I say."))
    question = send(stocked, Given("question", "Why?"))
    moved = Edit("leg-ulcer-clinic", {"owner": Owner("community-trust", "tissue-viability")})
    with stocked.write() as connection:
        number = publish_in(connection, [build.draft(moved)], by=LEAD, at=[build.NOON], zone=build.LONDON)[
            0
        ].change.number
        refs = [second.ref, first.ref]
        assert settle_by_change(connection, refs, number, by=LEAD, at=build.NOON, today=build.TODAY) == 1
        assert settle_by_change(connection, refs, number, by=LEAD, at=build.NOON, today=build.TODAY) == 0
        assert report_lists.behind_change(connection, number) == 2
    found = kept(stocked, first.ref)
    assert (found.state, found.change_number, found.team) == ("fixed", number, "district-nursing")
    assert kept(stocked, question.ref).state == "open"
    assert [(email, facts["change"]) for _, email, facts in letters_of(stocked)] == [(WRONG.email, number)]


def test_a_change_of_something_else_settles_no_strange_reports(stocked: Database) -> None:
    ref = send(stocked).ref
    build.change(stocked, build.draft(build.opening("other", team="tissue-viability"), kinds=("opened",)))
    with stocked.write() as connection, pytest.raises(NotAllowed):
        settle_by_change(connection, [ref], 2, by=OTHER, at=build.NOON, today=build.TODAY)
    assert kept(stocked, ref).state == "open"


def test_what_a_team_was_told_is_counted_by_reports(stocked: Database) -> None:
    old = build.NOON - timedelta(days=400)
    answer(stocked, send(stocked, at=old).ref, Verdict("fixed"), at=old)
    first = send(stocked)
    send(stocked, Given("number", "Wrong, I say."))
    answer(stocked, first.ref, Verdict("fixed", "New number."))
    answer(stocked, send(stocked, Given("criteria", "Ages?")).ref, Verdict("not-changed", "They are right."))
    answer(stocked, send(stocked, Given("question", "Why?")).ref, Verdict("answered", "Because."))
    send(stocked, Given("not-us", ""))
    with stocked.read() as connection:
        heard = report_lists.heard_by(connection, "district-nursing", since=build.NOON - timedelta(days=365), limit=10)
    assert heard.received == 5
    assert dict(heard.counts) == {"fixed": 2, "not-changed": 1, "answered": 1, "open": 1}
    assert sorted((it.state, it.answer, people) for it, people in heard.latest) == [
        ("fixed", "New number.", 2),
        ("not-changed", "They are right.", 1),
    ]


def test_both_deeds_leave_a_trail_without_words_or_addresses(stocked: Database) -> None:
    ref = send(stocked).ref
    answer(stocked, ref, Verdict("fixed", "A new number."))
    with stocked.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.action.in_(["report", "answer-report"]))).all()
    assert [(row.actor, row.action) for row in rows] == [("anyone", "report"), ("person 9", "answer-report")]
    assert not any(word in row.details for row in rows for word in ("library", "@", "new number"))
