"""What goes to another team waits until that team accepts: one change, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from directory.actions import agreeing
from directory.actions.prepare import Published
from directory.actions.submit import consider, revise
from directory.content.reading import read_change
from directory.domain.change import Edit
from directory.domain.offer import GOOD_FOR, Need, Offer
from directory.domain.policy import Actor, Role
from directory.domain.service import Owner
from directory.domain.succession import Part, Succession
from directory.errors import Invalid, NotAllowed, OfferEdited, OfferOver, OfferStale
from directory.store import changes
from directory.store import governing as governing_store
from directory.store import offers as store
from directory.store.database import Database
from tests import build
from tests.town import CLINIC, DAY, SOON, THEIRS, Town, handing


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    with closing(database):
        yield Town(database)


def test_what_is_handed_over_waits_until_it_is_accepted(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    assert (offer.state, offer.needs, town.head()) == ("waiting", (Need("accept", "tissue-viability"),), 1)
    assert town.facts().owner.team == "district-nursing"
    assert town.told() == [("offer", "tom")]
    done = town.agree(offer, town.tom)
    assert (done.state, done.change_number, town.head()) == ("published", 2, 2)
    assert (town.facts().owner, town.facts(on=SOON - DAY).owner.team) == (THEIRS, "district-nursing")
    assert town.told() == [("offer-over", "nia")]
    assert (town.audit("offer"), town.audit("agree to offer")) == ([town.nia.name], [town.tom.name])
    assert town.audit("publish")[-1] == town.nia.name


def test_what_stays_with_the_team_or_goes_to_ones_own_is_published_at_once(town: Town) -> None:
    assert town.publish(build.draft(Edit(CLINIC, {"hours": "24/7"})), town.nia) == 2
    both = replace(town.nia, roles={"district-nursing": "lead", "tissue-viability": "team-admin"})
    assert town.publish(handing(), both) == 3
    assert town.letters() == []


def test_another_teams_service_is_refused_and_nothing_is_written(town: Town) -> None:
    for draft in (
        handing(),
        build.draft(Edit(CLINIC, {"hours": "24/7"})),
        handing(Owner("hospital-trust", "vascular")),
    ):
        with pytest.raises(NotAllowed):
            town.submit(draft, town.vera)
    reader = town.person("rob", "district-nursing", "reader")
    with pytest.raises(NotAllowed):
        town.submit(handing(), reader)
    assert (town.head(), town.letters(), town.audit("offer")) == (1, [], [])


def test_what_no_team_takes_on_waits_for_an_editor(town: Town) -> None:
    offer = town.offer(handing(Owner("hospital-trust")), town.nia)
    assert offer.needs == (Need("accept", ""),)
    assert town.told() == [("offer", "ed"), ("offer", "eve")]
    with pytest.raises(NotAllowed):
        town.agree(offer, town.tom)
    assert town.agree(offer, town.ed).state == "published"


def test_where_the_receiving_team_has_no_lead_the_editors_are_asked(town: Town) -> None:
    with town.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM memberships WHERE team_id = 'tissue-viability'")
    town.offer(handing(), town.nia)
    assert town.told() == [("offer", "ed"), ("offer", "eve")]


def test_only_a_lead_of_the_receiving_team_can_accept_or_decline(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    reader = town.person("rob", "tissue-viability", "reader")
    key = replace(town.tom, scope="read")
    for other in (town.nia, town.ned, town.vera, town.ed, reader, key):
        with pytest.raises(NotAllowed):
            town.agree(offer, other)
        with pytest.raises(NotAllowed):
            town.decline(offer, other)
    assert town.head() == 1


def test_ones_own_is_never_agreed_to_by_any_role_or_key(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    roles: dict[str, Role] = {"tissue-viability": "team-admin", "district-nursing": "lead"}
    for own in (replace(town.nia, roles=roles), replace(town.nia, roles=roles, editor=True, name="key a")):
        with pytest.raises(NotAllowed, match="your own"):
            town.agree(offer, own)


def test_declining_needs_a_reason_that_the_author_reads(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    town.letters()
    for why in ("  ", "Their number is 943 476 5919."):
        with pytest.raises(Invalid):
            town.decline(offer, town.tom, why)
    assert town.decline(offer, town.tom).state == "declined"
    [(kind, to, facts)] = town.letters()
    assert (kind, to, facts["reason"]) == ("offer-over", "nia", "We have no nurses.")
    with pytest.raises(OfferOver):
        town.agree(offer, town.tom)
    assert town.head() == 1


def test_after_a_withdrawal_nobody_can_accept(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    town.letters()
    with pytest.raises(NotAllowed):
        town.withdraw_offer(offer, town.vera)
    assert town.withdraw_offer(offer, town.ned).state == "withdrawn"
    assert town.told() == [("offer-over", "nia"), ("offer-over", "tom")]
    for deed in (town.agree, town.decline, town.withdraw_offer):
        with pytest.raises(OfferOver) as over:
            deed(offer, town.tom)
        assert over.value.state == "withdrawn"
    assert town.head() == 1


def test_accepting_twice_is_one_change(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    first, again = town.agree(offer, town.tom), town.agree(offer, town.tom)
    assert (first.change_number, again.change_number, town.head()) == (2, 2, 2)


def test_two_who_accept_at_the_same_moment_make_one_change(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    tess = town.person("tess", "tissue-viability")
    start, found = Barrier(4), []

    def accept(by: Actor) -> None:
        start.wait()
        found.append(town.agree(offer, by).change_number)

    threads = [Thread(target=accept, args=(by,)) for by in (town.tom, tess, town.tom, tess)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, town.head()) == ([2] * 4, 2)


def test_accept_and_withdraw_at_the_same_moment_do_not_both_hold(town: Town) -> None:
    for _ in range(5):
        offer = town.offer(handing(Owner("hospital-trust", "vascular")), town.nia)
        head, start = town.head(), Barrier(2)
        said: list[str] = []

        def do(deed: Any, by: Actor, start: Barrier = start, offer: Offer = offer, said: list[str] = said) -> None:
            start.wait()
            try:
                said.append(deed(offer, by).state)
            except OfferOver as over:
                said.append(f"over: {over.state}")

        threads = [Thread(target=do, args=pair) for pair in ((town.agree, town.vera), (town.withdraw_offer, town.nia))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) in (["over: published", "published"], ["over: withdrawn", "withdrawn"])
        assert town.head() == head + ("published" in said)
        if "published" in said:
            town.publish(handing(Owner("community-trust", "district-nursing"), override="For the next round."), town.ed)


def test_after_14_days_it_expires_and_both_sides_are_told(town: Town) -> None:
    offer = town.offer(handing(on=build.TODAY + 30 * DAY), town.nia)
    town.letters()
    over = build.NOON + GOOD_FOR
    assert agreeing.expire(town.database, at=over - timedelta(seconds=1)) == 0
    with pytest.raises(OfferOver, match="expired"):
        town.agree(offer, town.tom, at=over)
    assert [agreeing.expire(town.database, at=over) for _ in range(2)] == [1, 0]
    assert town.told() == [("offer-over", "nia"), ("offer-over", "tom")]
    with town.database.read() as connection:
        assert store.load(connection, offer.ref).state == "expired"
    assert town.head() == 1


def test_up_to_the_last_second_it_can_be_accepted(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    assert town.agree(offer, town.tom, at=build.NOON + GOOD_FOR - timedelta(seconds=1)).state == "published"


def test_a_day_that_has_passed_meanwhile_becomes_the_day_of_acceptance(town: Town) -> None:
    day = build.TODAY + 2 * DAY
    opening = build.opening("wound-clinic", team="tissue-viability")
    draft = build.draft(opening, effective_from=day, succession=(Succession(CLINIC, "wound-clinic", "replaced", day),))
    offer = town.offer(replace(draft, kinds=("opened", "replaced")), town.nia)
    town.agree(offer, town.tom, at=build.NOON + 5 * DAY)
    with town.database.read() as connection:
        change = changes.load(connection, 2)
    accepted = build.TODAY + 5 * DAY
    assert (change.effective_from, change.succession[0].effective_from) == (accepted, accepted)
    assert [town.facts(on=build.TODAY + days * DAY).status for days in (4, 5)] == ["active", "closed"]


def test_a_team_is_never_made_owner_of_the_past(town: Town) -> None:
    offer = town.offer(handing(on=build.TODAY - 20 * DAY), town.nia)
    town.agree(offer, town.tom)
    assert [town.facts(on=build.TODAY - days * DAY).owner.team for days in (1, 0)] == [
        "district-nursing",
        "tissue-viability",
    ]


def test_what_changed_meanwhile_is_a_conflict_that_names_the_fields(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    town.publish(build.draft(Edit(CLINIC, {"hours": "24/7", "summary": "Legs."}), effective_from=SOON), town.ned)
    with pytest.raises(OfferStale) as stale:
        town.agree(offer, town.tom)
    assert stale.value.differing == {CLINIC: ["summary", "hours"]}
    assert town.head() == 2
    with town.database.write() as connection:
        revise(connection, offer.ref, handing(), by=town.nia, at=build.NOON, zone=build.LONDON)
    assert town.agree(offer, town.tom, version=2).state == "published"


def test_what_opened_under_the_same_name_meanwhile_is_a_conflict(town: Town) -> None:
    opening = build.opening("wound-clinic", team="tissue-viability")
    links = (Succession(CLINIC, "wound-clinic", "replaced", SOON),)
    draft = build.draft(opening, effective_from=SOON, succession=links, kinds=("opened", "replaced"))
    offer = town.offer(draft, town.nia)
    town.publish(build.draft(opening, kinds=("opened",)), town.ed)
    with pytest.raises(OfferStale):
        town.agree(offer, town.tom)


def test_agreeing_to_what_was_edited_since_is_a_conflict(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    town.letters()
    with town.database.write() as connection:
        later = handing(on=SOON + DAY)
        for other in (town.ned, town.ed):
            with pytest.raises(NotAllowed):
                revise(connection, offer.ref, later, by=other, at=build.NOON, zone=build.LONDON)
        edited = revise(connection, offer.ref, later, by=town.nia, at=build.NOON + DAY, zone=build.LONDON)
    assert isinstance(edited, Offer)
    assert (edited.version, edited.expires_at, town.told()) == (2, build.NOON + DAY + GOOD_FOR, [("offer", "tom")])
    with pytest.raises(OfferEdited):
        town.agree(offer, town.tom)
    assert town.agree(offer, town.tom, version=2).state == "published"
    assert (town.facts().owner.team, town.facts(on=SOON + DAY).owner.team) == ("district-nursing", "tissue-viability")


def test_an_edit_that_needs_nobody_any_more_is_published_at_once(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    with town.database.write() as connection:
        draft = build.draft(Edit(CLINIC, {"hours": "24/7"}))
        assert isinstance(
            revise(connection, offer.ref, draft, by=town.nia, at=build.NOON, zone=build.LONDON), Published
        )
        assert store.load(connection, offer.ref).change_number == 2
    with pytest.raises(OfferOver):
        town.withdraw_offer(offer, town.nia)


def test_an_editor_overrides_with_a_reason_that_stands_in_the_record(town: Town) -> None:
    assert town.offer(handing(), town.ed).needs == (Need("accept", "tissue-viability"),)
    number = town.publish(handing(override="The team has *no* lead."), town.ed)
    with town.database.read() as connection:
        assert changes.load(connection, number).override == "The team has *no* lead."
        assert read_change(changes.record(connection, number)).draft.override == "The team has *no* lead."
        assert governing_store.review_of(connection, number) is None


def test_an_editor_publishes_what_waits_for_others(town: Town) -> None:
    offer = town.offer(handing(), town.nia)
    town.letters()
    for why, by in (("", town.ed), ("They are away.", town.tom), ("They are away.", town.nia)):
        with pytest.raises((Invalid, NotAllowed)):
            town.override(offer, by, why)
    done = town.override(offer, town.ed)
    assert (done.state, done.reason, town.facts().owner) == ("published", "They have nobody left.", THEIRS)
    assert town.told() == [("offer-over", "nia"), ("offer-over", "tom")]
    with town.database.read() as connection:
        assert changes.load(connection, 2).override == "They have nobody left."


def test_a_lead_cannot_override_and_a_reason_for_nothing_is_refused(town: Town) -> None:
    with pytest.raises(NotAllowed):
        town.submit(handing(override="We agreed it by telephone."), town.nia)
    with pytest.raises(Invalid, match="nobody else"):
        town.submit(build.draft(Edit(CLINIC, {"hours": "24/7"}), override="Why not."), town.ed)
    assert town.head() == 1


def test_considering_says_who_has_to_agree_and_writes_nothing(town: Town) -> None:
    with town.database.read() as connection:
        seen = consider(connection, handing(), by=town.nia, at=build.NOON, zone=build.LONDON)
        by_editor = consider(connection, handing(), by=town.ed, at=build.NOON, zone=build.LONDON)
    assert (seen.needs, seen.may_override) == ((Need("accept", "tissue-viability"),), False)
    assert (by_editor.needs, by_editor.may_override) == ((Need("accept", "tissue-viability"),), True)
    assert (town.head(), town.letters()) == (1, [])


def test_a_split_over_two_teams_is_published_when_both_have_accepted(town: Town) -> None:
    links = (
        Succession(CLINIC, "ulcers", "split", SOON, Part("Ulcers")),
        Succession(CLINIC, "veins", "split", SOON, Part("Veins")),
    )
    draft = build.draft(
        build.opening("ulcers", team="tissue-viability"),
        Edit("veins", {"name": "Veins", "owner": Owner("hospital-trust", "vascular")}, expected_version=0),
        effective_from=SOON,
        succession=links,
        kinds=("opened", "split"),
    )
    offer = town.offer(draft, town.nia)
    assert [need.team for need in offer.needs] == ["tissue-viability", "vascular"]
    assert sorted(town.told()) == [("offer", "tom"), ("offer", "vera")]
    half = town.agree(offer, town.tom)
    assert (half.state, half.open_needs, town.head()) == ("waiting", (Need("accept", "vascular"),), 1)
    assert town.agree(offer, town.tom).state == "waiting"
    assert town.agree(offer, town.vera).change_number == 2
    assert (town.facts().status, town.facts("veins").owner.team) == ("closed", "vascular")


def test_a_merge_waits_for_whoever_runs_the_other_half(town: Town) -> None:
    town.publish(build.draft(build.opening("wound-clinic", team="tissue-viability"), kinds=("opened",)), town.tom)
    merged = build.draft(
        build.opening("legs-and-wounds"),
        effective_from=SOON,
        kinds=("opened", "merged"),
        succession=tuple(Succession(key, "legs-and-wounds", "merged", SOON) for key in (CLINIC, "wound-clinic")),
    )
    with pytest.raises(NotAllowed):
        town.submit(merged, town.vera)
    offer = town.offer(merged, town.nia)
    assert offer.needs == (Need("accept", "tissue-viability"),)
    town.agree(offer, town.tom)
    assert [town.facts(key).status for key in (CLINIC, "wound-clinic")] == ["closed", "closed"]


def test_referrals_are_not_sent_to_another_team_without_its_word(town: Town) -> None:
    town.publish(build.draft(build.opening("veins", team="vascular"), kinds=("opened",)), town.ed)
    draft = build.draft(effective_from=SOON, succession=(Succession(CLINIC, "veins", "replaced", SOON),))
    offer = town.offer(draft, town.nia)
    assert offer.needs == (Need("accept", "vascular"),)
    town.publish(build.draft(Edit("veins", {"hours": "Mo 09:00-12:00"})), town.vera)
    with pytest.raises(OfferStale):
        town.agree(offer, town.vera)
