"""What could send somebody astray waits for a second person; what is scheduled is moved and taken back alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from directory.actions import governing
from directory.actions.prepare import Published
from directory.actions.take_back import amending, reversing, withdraw
from directory.domain.change import Draft, Edit
from directory.domain.offer import Need, Offer
from directory.domain.service import Area, Contact
from directory.errors import NotAllowed, OfferNotFound, OfferStale, SignpostError
from directory.store import governing as governing_store
from directory.store import offers as store
from directory.store.database import Database
from tests import build
from tests.town import CLINIC, DAY, ROUTES, SOON, THEIRS, Town, handing, route


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    with closing(database):
        yield Town(database)


RISKY: list[dict[str, object]] = [
    {"status": "closed"},
    {"status": "paused"},
    {"referral_routes": ROUTES},
    {"areas": (Area("Southfen"),)},
    {"needs": ("wounds",)},
    {"contacts": (Contact("phone", "01632 960999"),)},
]
HARMLESS: list[dict[str, object]] = [
    {"hours": "24/7"},
    {"summary": "Legs."},
    {"contacts": (Contact("phone", "01632 960145"), Contact("website", "https://legs.example"))},
]


@pytest.mark.parametrize("given", RISKY, ids=lambda given: next(iter(given)))
def test_what_is_risky_waits_for_a_second_person(town: Town, given: dict[str, object]) -> None:
    town.mark()
    offer = town.offer(build.draft(Edit(CLINIC, given)), town.nia)
    assert offer.needs == (Need("approve", "district-nursing"),)
    assert town.told() == [("offer", "ned")]
    for other in (town.nia, town.tom, town.vera):
        with pytest.raises(NotAllowed):
            town.agree(offer, other)
    assert town.agree(offer, town.ned).change_number == 2


@pytest.mark.parametrize("given", HARMLESS, ids=lambda given: next(iter(given)))
def test_what_is_not_risky_does_not_wait(town: Town, given: dict[str, object]) -> None:
    town.mark()
    assert town.publish(build.draft(Edit(CLINIC, given)), town.nia) == 2


def test_without_the_mark_nothing_waits(town: Town) -> None:
    town.mark()
    with town.database.write() as connection:
        governing.unmark(connection, CLINIC, by=town.ed, at=build.NOON)
    assert town.publish(route(), town.nia) == 2
    assert (town.audit("mark critical"), town.audit("unmark critical")) == ([town.ed.name], [town.ed.name])


def test_an_editor_approves_but_never_their_own(town: Town) -> None:
    town.mark()
    assert town.agree(town.offer(route(), town.nia), town.ed).state == "published"
    paused = build.draft(Edit(CLINIC, {"status": "paused"}), title="Paused", effective_from=SOON + DAY)
    own = town.offer(paused, town.ed)
    for key in (town.ed, replace(town.ed, name="key a", scope="publish")):
        with pytest.raises(NotAllowed, match="your own"):
            town.agree(own, key)
    assert town.agree(own, town.eve).state == "published"


def test_a_critical_service_that_is_handed_over_and_changed_needs_both(town: Town) -> None:
    town.mark()
    offer = town.offer(
        build.draft(Edit(CLINIC, {"owner": THEIRS, "referral_routes": ROUTES}), effective_from=SOON), town.nia
    )
    assert offer.needs == (Need("accept", "tissue-viability"), Need("approve", "district-nursing"))
    assert town.agree(offer, town.tom).state == "waiting"
    assert town.agree(offer, town.ned).state == "published"


def test_a_service_marked_while_its_change_waits_needs_a_second_person_too(town: Town) -> None:
    draft = build.draft(Edit(CLINIC, {"owner": THEIRS, "referral_routes": ROUTES}), effective_from=SOON)
    offer = town.offer(draft, town.nia)
    town.mark()
    town.letters()
    waiting = town.agree(offer, town.tom)
    assert (waiting.state, waiting.open_needs) == ("waiting", (Need("approve", "district-nursing"),))
    assert town.told() == [("offer", "ned")]
    assert town.agree(offer, town.ned).state == "published"


def test_a_correction_of_the_past_keeps_its_day_when_it_is_approved(town: Town) -> None:
    town.mark()
    past = build.TODAY - 20 * DAY
    town.agree(town.offer(route(on=past), town.nia), town.ned)
    assert town.facts(on=past).referral_routes == ROUTES


def test_withdrawing_waits_for_a_second_person_as_well(town: Town) -> None:
    number = town.publish(route(), town.nia)
    town.mark()
    with town.database.write() as connection:
        waits = withdraw(connection, number, why="Wrong.", by=town.nia, at=build.NOON, zone=build.LONDON)
    assert isinstance(waits, Offer)
    assert town.facts().referral_routes == ROUTES
    town.agree(waits, town.ned)
    assert town.facts().referral_routes != ROUTES


def test_in_an_emergency_one_person_publishes_and_another_reviews(town: Town) -> None:
    town.mark()
    number = town.publish(route(override="The mailbox is full."), town.nia)
    letters = town.letters()
    assert [(kind, to) for kind, to, _ in letters] == [("emergency", "ed"), ("emergency", "eve")]
    assert letters[0][2]["reason"] == "The mailbox is full."
    with town.database.write() as connection:
        [waiting] = governing_store.list_reviews(connection, limit=10)
        assert (waiting.number, waiting.due_at) == (number, build.NOON + DAY)
        with pytest.raises(NotAllowed):
            governing.review(connection, number, by=replace(town.nia, editor=True), at=build.NOON)
        with pytest.raises(SignpostError):
            governing.review(connection, 1, by=town.ed, at=build.NOON)
        governing.review(connection, number, by=town.ed, at=build.NOON + DAY)
        governing.review(connection, number, by=town.eve, at=build.NOON + 2 * DAY)
        [reviewed] = governing_store.list_reviews(connection, limit=10)
    assert (reviewed.reviewed_at, town.audit("review")) == (build.NOON + DAY, [town.ed.name])


def test_a_reviewer_undoes_what_one_person_published(town: Town) -> None:
    town.mark()
    number = town.publish(route(override="The mailbox is full."), town.ed)
    with town.database.write() as connection:
        with pytest.raises(NotAllowed):
            governing.undo(connection, number, why="No.", by=town.ed, at=build.NOON, zone=build.LONDON)
        done = governing.undo(connection, number, why="It works.", by=town.eve, at=build.NOON, zone=build.LONDON)
        assert isinstance(done, Published)
        assert governing_store.list_reviews(connection, limit=1)[0].reviewed_at == build.NOON
    assert town.facts().referral_routes != ROUTES


def test_an_editors_own_override_of_both_is_reviewed(town: Town) -> None:
    town.mark()
    draft = build.draft(Edit(CLINIC, {"owner": THEIRS, "referral_routes": ROUTES}), override="Flood.")
    number = town.publish(draft, town.ed)
    with town.database.read() as connection:
        assert governing_store.review_of(connection, number) is not None


def test_what_was_handed_over_is_moved_only_with_the_other_teams_word(town: Town) -> None:
    town.agree(town.offer(handing(), town.nia), town.tom)
    with town.database.read() as connection:
        postponed = amending(connection, 2, effective_from=SOON + 5 * DAY)
    offer = town.offer(postponed, town.nia)
    assert offer.needs == (Need("accept", "tissue-viability"),)
    town.agree(offer, town.tom)
    assert [town.facts(on=SOON + days * DAY).owner.team for days in (0, 4, 5)] == [
        "district-nursing",
        "district-nursing",
        "tissue-viability",
    ]


def test_an_override_is_not_carried_over_by_an_amendment(town: Town) -> None:
    number = town.publish(handing(override="They have nobody."), town.ed)
    with town.database.read() as connection:
        postponed = amending(connection, number, effective_from=SOON + DAY)
    assert town.offer(postponed, town.ed).needs == (Need("accept", "tissue-viability"),)


def test_an_offer_to_withdraw_what_was_withdrawn_meanwhile_is_refused(town: Town) -> None:
    number = town.publish(route(), town.nia)
    town.mark()
    with town.database.write() as connection:
        waits = withdraw(connection, number, why="Wrong.", by=town.nia, at=build.NOON, zone=build.LONDON)
        withdraw(
            connection, number, why="Wrong.", by=town.ned, at=build.NOON, zone=build.LONDON, override="Now, please."
        )
    assert isinstance(waits, Offer)
    with pytest.raises(OfferStale):
        town.agree(waits, town.ned)


def test_a_scheduled_change_comes_into_force_over_what_was_edited_meanwhile(town: Town) -> None:
    town.publish(route(), town.nia)
    town.publish(build.draft(Edit(CLINIC, {"hours": "24/7"})), town.ned)
    town.publish(build.draft(Edit(CLINIC, {"summary": "Legs."}), effective_from=SOON - DAY), town.ned)
    facts = town.facts()
    assert (facts.referral_routes, facts.hours, facts.summary) == (ROUTES, "24/7", "Legs.")
    assert town.facts(on=SOON - DAY).referral_routes != ROUTES


def test_setting_back_a_handover_is_offered_by_the_new_owner(town: Town) -> None:
    town.agree(town.offer(handing(on=build.TODAY), town.nia), town.tom)
    with town.database.read() as connection:
        back = reversing(connection, 2, on=build.TODAY).draft
    with pytest.raises(NotAllowed):
        town.submit(back, town.nia)
    assert town.offer(back, town.tom).needs == (Need("accept", "district-nursing"),)


def test_who_reads_what(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    with town.database.read() as connection:
        found = {
            name: len(store.for_actor(connection, actor, limit=10))
            for name, actor in (("nia", town.nia), ("ned", town.ned), ("tom", town.tom), ("ed", town.ed))
        }
        assert found == {"nia": 1, "ned": 1, "tom": 1, "ed": 1}
        assert store.for_actor(connection, town.vera, limit=10) == []
        with pytest.raises(OfferNotFound):
            store.load(connection, "nothing")
    assert [offer.may_read(actor) for actor in (town.nia, town.ned, town.tom, town.ed, town.vera)] == [True] * 4 + [
        False
    ]


def test_orphans_are_listed_until_somebody_answers_for_them(town: Town) -> None:
    with town.database.read() as connection:
        assert governing_store.orphans(connection, on=build.TODAY, limit=10) == []
    town.publish(build.draft(build.opening("unled", team=None), kinds=("opened",)), town.ed)
    with town.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM memberships WHERE team_id = 'district-nursing'")
    with town.database.read() as connection:
        found = governing_store.orphans(connection, on=build.TODAY, limit=10)
    assert [(each.id, each.team, each.closed) for each in found] == [
        (CLINIC, "district-nursing", False),
        ("unled", None, False),
    ]
    closing = Draft(
        title="The trust closes",
        effective_from=build.TODAY,
        organisations=(Edit("community-trust", {"status": "closed"}),),
    )
    town.publish(closing, town.ed)
    with town.database.read() as connection:
        assert [each.closed for each in governing_store.orphans(connection, on=build.TODAY, limit=10)] == [True, True]
