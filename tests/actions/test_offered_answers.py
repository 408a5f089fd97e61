"""A report that an offer answers is settled when the offer is published, and stays open when it comes to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from directory.actions import agreeing, writing
from directory.actions.submit import submit
from directory.domain.change import Draft
from directory.domain.offer import GOOD_FOR, Offer
from directory.domain.policy import Actor
from directory.domain.writing import Writing
from directory.errors import NotAllowed, OfferOver, ReportNotFound
from directory.store import offers, reports
from directory.store.database import Database
from tests import build
from tests.town import CLINIC, SOON, Town, handing, route

DAY = timedelta(days=1)


class Answered(Town):
    """The town, in which somebody reported a wrong number of the clinic."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.ref = "7kqm-2xhw-9ptr"
        wrong = reports.Report(
            ref=self.ref, kind="number", text="It rings out.", received_at=build.NOON, service_id=CLINIC,
            team="district-nursing", email="nurse@northmoor.example",
        )  # fmt: skip
        with database.write() as connection:
            reports.add(connection, wrong)

    def answer(self, draft: Draft, by: Actor, *refs: str) -> Offer:
        with self.database.write() as connection:
            done = submit(connection, draft, by=by, at=build.NOON, zone=build.LONDON, answers=refs or [self.ref])
        assert isinstance(done, Offer)
        return done

    def state(self) -> tuple[str, int | None]:
        with self.database.read() as connection:
            found = reports.by_ref(connection, self.ref)
        return found.state, found.change_number


@pytest.fixture
def town(database: Database) -> Iterator[Answered]:
    with closing(database):
        yield Answered(database)


def test_the_last_agreement_settles_the_report_and_credits_the_change(town: Answered) -> None:
    offer = town.answer(handing(), town.nia)
    assert offer.reports == (town.ref,)
    assert town.state() == ("open", None)
    town.letters()
    done = town.agree(offer, town.tom)
    assert town.state() == ("fixed", done.change_number)
    assert ("report-answered", "nurse") in town.told()
    assert town.audit("answer-report") == [town.nia.name]


def test_an_override_settles_it_too(town: Answered) -> None:
    done = town.override(town.answer(handing(), town.nia), town.ed)
    assert town.state() == ("fixed", done.change_number)


def test_what_comes_to_nothing_leaves_it_open(town: Answered) -> None:
    town.decline(town.answer(handing(), town.nia), town.tom)
    town.withdraw_offer(town.answer(handing(), town.nia), town.nia)
    last = town.answer(handing(), town.nia)
    assert agreeing.expire(town.database, at=build.NOON + GOOD_FOR) == 1
    assert town.state() == ("open", None)
    with town.database.read() as connection:
        found = offers.of_report(connection, 1)
    assert found is not None
    assert (found.ref, found.state) == (last.ref, "expired")


def test_only_reports_that_are_there_and_ones_own_are_answered(town: Answered) -> None:
    with pytest.raises(ReportNotFound):
        town.answer(handing(), town.nia, "none")
    opens = build.draft(build.opening("another-clinic", team="vascular"), effective_from=SOON)
    with town.database.write() as connection, pytest.raises(NotAllowed):
        submit(connection, opens, by=town.vera, at=build.NOON, zone=build.LONDON, answers=[town.ref])
    assert town.head() == 1


def test_the_author_edits_the_offer_and_not_a_second_one(town: Answered) -> None:
    offer = town.answer(handing(urgent=True), town.nia)

    def edit(by: Actor) -> Writing:
        with town.database.write() as connection:
            return writing.edit_offer(connection, offer.ref, by=by, at=build.NOON, zone=build.LONDON)

    made = edit(town.nia)
    assert (made.draft.urgent, made.asked, made.offer, made.report) == (True, ("owner",), offer.ref, town.ref)
    assert [task.step for task in made.tasks() if not made.is_done(task)] == ["words", "told", "message"]
    assert edit(town.nia).id == made.id
    with pytest.raises(NotAllowed):
        edit(town.tom)

    def finish(_: object, held: Writing) -> Writing:
        return replace(held, done=frozenset(task.key for task in held.tasks()))

    writing.save(town.database, made.id, finish, by=town.nia, at=build.NOON)
    later = build.NOON + timedelta(hours=1)
    sent = writing.send(town.database, made.id, override="", by=town.nia, at=later, zone=build.LONDON)
    assert sent.sent is not None
    assert sent.sent.offer == offer.ref
    with town.database.read() as connection:
        again = offers.load(connection, offer.ref)
    assert (again.version, again.state, again.reports) == (2, "waiting", (town.ref,))
    done = town.agree(offer, town.tom, version=2)
    assert town.state() == ("fixed", done.change_number)
    with pytest.raises(OfferOver):
        edit(town.nia)


def test_what_was_declined_is_written_again_as_another_offer(town: Answered) -> None:
    offer = town.decline(town.answer(handing(), town.nia), town.tom)
    with town.database.write() as connection:
        made = writing.edit_offer(connection, offer.ref, by=town.nia, at=build.NOON, zone=build.LONDON)
    writing.save(
        town.database,
        made.id,
        lambda _, held: replace(held, done=frozenset(task.key for task in held.tasks())),
        by=town.nia,
        at=build.NOON,
    )
    sent = writing.send(town.database, made.id, override="", by=town.nia, at=build.NOON, zone=build.LONDON)
    assert sent.sent is not None
    assert sent.sent.offer not in ("", offer.ref)
    with town.database.read() as connection:
        assert offers.load(connection, sent.sent.offer).reports == (town.ref,)


def test_who_agreed_and_who_did_without_is_kept_by_role(town: Answered) -> None:
    accepted = town.agree(town.answer(handing(), town.nia), town.tom)
    town.mark()
    approved = town.agree(town.offer(route(SOON + DAY), town.tom), town.eve)
    with town.database.read() as connection:
        found = [
            [(each.need.kind, each.need.team, each.as_editor) for each in offers.agreements(connection, number)]
            for number in (accepted.change_number or 0, approved.change_number or 0)
        ]
    assert found == [[("accept", "tissue-viability", False)], [("approve", "tissue-viability", True)]]
