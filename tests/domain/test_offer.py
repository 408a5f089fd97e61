"""Who has to agree, and who can: rules that no mixture of roles may break."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from directory.domain.offer import Need, Offer, Parties
from directory.domain.policy import Actor

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = st.dates(date(2026, 10, 1), date(2027, 1, 31))
TEAMS = st.frozensets(st.sampled_from(["ours", "theirs", "others", ""]))
ROLES = st.dictionaries(
    st.sampled_from(["ours", "theirs", "others"]), st.sampled_from(["reader", "lead", "team-admin"])
)
ACTORS = st.builds(
    Actor,
    name=st.sampled_from(["person 1", "key a"]),
    person_id=st.integers(1, 3),
    editor=st.booleans(),
    roles=ROLES,
    scope=st.sampled_from([None, "read", "publish"]),
    unconfirmed=st.booleans(),
)
PARTIES = st.builds(Parties, TEAMS, TEAMS, TEAMS, TEAMS, st.booleans())
NEEDS = st.builds(Need, st.sampled_from(["accept", "approve"]), st.sampled_from(["ours", "theirs", ""]))


def offer_of(author: Actor, needs: frozenset[Need], day: date = date(2026, 12, 1)) -> Offer:
    return Offer(
        id=1,
        ref="abc",
        plain={"title": "It moves", "effective_from": day.isoformat()},
        state="waiting",
        author=author,
        offered_at=AT,
        expires_at=AT + timedelta(days=14),
        version=1,
        read={},
        needs=tuple(sorted(needs)),
        agreed=frozenset(),
    )


@given(ACTORS, ACTORS, st.frozensets(NEEDS, min_size=1))
def test_nobody_agrees_for_a_team_that_they_do_not_lead_nor_to_their_own(
    author: Actor, by: Actor, needs: frozenset[Need]
) -> None:
    met = offer_of(author, needs).may_meet(by)
    assert met <= needs
    if met:
        assert by.person_id != author.person_id
        assert by.scope != "read"
        assert not by.unconfirmed
    for need in met:
        assert need.team in by.leads or (by.editor and (need.kind == "approve" or not need.team))


@given(PARTIES, ACTORS)
def test_what_may_be_offered_is_asked_of_every_other_team_that_it_concerns(parties: Parties, by: Actor) -> None:
    asked = {need.team for need in parties.to_accept(by)}
    assert not asked & by.leads
    if not parties.may_offer(by):
        return
    if by.editor:
        assert parties.receiving - by.leads - {""} == asked
    else:
        assert parties.services_only
        assert parties.edited | parties.receiving <= asked | by.leads
        assert (parties.owning | parties.leaving) & by.leads


@given(PARTIES, ACTORS)
def test_a_lead_offers_nothing_that_another_team_alone_owns(parties: Parties, by: Actor) -> None:
    if parties.may_offer(by) and not by.editor:
        assert parties.owning <= by.leads


@given(st.frozensets(NEEDS, min_size=1), DAYS, st.integers(0, 14))
def test_what_is_handed_over_never_holds_before_it_is_accepted(needs: frozenset[Need], day: date, waited: int) -> None:
    offered_on = AT.date()
    today = offered_on + timedelta(days=waited)
    found = offer_of(Actor("person 1", 1), needs, day).day(today, offered_on=offered_on)
    handed_over = any(need.kind == "accept" for need in needs)
    assert found >= day
    assert found in (day, today)
    if handed_over or day >= offered_on:
        assert found >= today
    else:
        assert found == day
