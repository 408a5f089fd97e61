"""Agreeing to what waits, by page and by program alike: once, in time, to what was read, and never to one's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from directory.actions import governing
from directory.actions.agreeing import anew
from directory.actions.sign_in import Browser, begin_session
from directory.actions.submit import revise, submit
from directory.domain.change import Draft, Edit
from directory.domain.offer import GOOD_FOR, Offer
from directory.domain.policy import OPERATOR, Actor
from directory.domain.service import Owner, ReferralRoute
from directory.store import changes, people
from directory.store import offers as offer_store
from tests import build
from tests.web.conftest import FoundSite, client_of, signed_in, words_of

CLINIC, TEAM, OTHER = "leg-ulcer-clinic", "tissue-viability", "district-nursing"
HANDING = build.draft(Edit(CLINIC, {"owner": Owner("community-trust", OTHER)}), title="The clinic goes back")
RISKY = build.draft(Edit(CLINIC, {"referral_routes": (ReferralRoute("email", "new@northmoor.example"),)}))
RIGHTS: dict[str, dict[str, Any]] = {
    "tom": {"role": "lead", "team": TEAM},
    "ada": {"role": "team-admin", "team": TEAM},
    "nia": {"role": "lead", "team": OTHER},
    "ed": {"editor": True},
    "eve": {"editor": True},
}
BROWSER = Browser("", "127.0.0.1", "Chromium on Linux")
# Does a deed to an offer as somebody: the status, 200 where it was done.
Door = Callable[..., int]


class Town:
    """Leads of both teams and editors, each with a browser and a key, and what they offer."""

    def __init__(self, site: FoundSite) -> None:
        self.site = site
        for name, rights in RIGHTS.items():
            signed_in(site, _email(name), **rights)
            with site.database.write() as connection:
                person = people.by_email(connection, _email(name))
                people.add_key(
                    connection, key_id=name, secret=name, person_id=person.id, scope="publish", at=build.NOON,
                    expires_at=None,
                )  # fmt: skip

    def actor(self, name: str) -> Actor:
        with self.site.database.read() as connection:
            return people.by_email(connection, _email(name)).actor

    def offers(self, name: str, draft: Draft = HANDING) -> str:
        with self.site.database.write() as connection:
            made = submit(connection, draft, by=self.actor(name), at=self.site.now(), zone=build.LONDON)
        assert isinstance(made, Offer)
        return made.ref

    def edits(self, name: str, ref: str) -> None:
        with self.site.database.write() as connection:
            draft = anew(offer_store.load(connection, ref))
            revise(connection, ref, draft, by=self.actor(name), at=self.site.now(), zone=build.LONDON)

    def head(self) -> int:
        with self.site.database.read() as connection:
            return changes.read_head(connection).number

    def by_page(self, name: str, ref: str, deed: str, **fields: Any) -> int:
        """In a browser in which they signed in a moment ago."""
        client = client_of(self.site)
        with self.site.database.write() as connection:
            person = people.by_email(connection, _email(name)).id
            token = begin_session(connection, person, browser=BROWSER, method="mail", at=self.site.now())
        client.cookies.set("signpost-session", token, domain="127.0.0.1")
        answer = client.post(f"/offers/{ref}/{deed}", data=fields)
        assert answer.status_code in (303, 403, 409, 422), words_of(answer.text)
        return 200 if answer.status_code == 303 else int(answer.status_code)

    def by_program(self, name: str, ref: str, deed: str, **fields: Any) -> int:
        headers = {"Authorization": f"Bearer {name}"}
        answer = client_of(self.site).post(f"/api/v1/offers/{ref}/{deed}", json=fields, headers=headers)
        return int(answer.status_code)


def _email(name: str) -> str:
    return f"{name}@northmoor.example"


@pytest.fixture
def town(site: FoundSite) -> Town:
    return Town(site)


@pytest.fixture(params=["page", "program"])
def door(town: Town, request: pytest.FixtureRequest) -> Door:
    return town.by_page if request.param == "page" else town.by_program


def test_what_was_withdrawn_cannot_be_accepted(town: Town, door: Door) -> None:
    ref, before = town.offers("tom"), town.head()
    assert door("tom", ref, "withdraw") == 200
    assert door("nia", ref, "accept", version=1) == 409
    assert door("nia", ref, "decline", why="No nurses.") == 409
    assert town.head() == before


def test_accepting_twice_is_one_change(town: Town, door: Door) -> None:
    ref, before = town.offers("tom"), town.head()
    assert [door("nia", ref, "accept", version=1) for _ in range(2)] == [200, 200]
    assert town.head() == before + 1
    assert door("tom", ref, "withdraw") == 409


def test_four_presses_at_one_moment_are_one_change(town: Town, door: Door) -> None:
    ref, before, start = town.offers("tom"), town.head(), Barrier(4)

    def press(_turn: int) -> int:
        start.wait()
        return door("nia", ref, "accept", version=1)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(press, range(4))) == [200] * 4
    assert town.head() == before + 1


def test_it_can_be_accepted_for_14_days_and_not_a_second_longer(town: Town, door: Door) -> None:
    late, before = town.offers("tom"), town.head()
    town.site.clock = lambda: build.NOON + GOOD_FOR
    # The worker has not yet looked: it is over all the same.
    assert door("nia", late, "accept", version=1) == 409
    assert door("nia", late, "decline", why="No nurses.") == 409
    assert door("ed", late, "override", **_because(door)) == 409
    assert town.head() == before
    town.site.clock = lambda: build.NOON + GOOD_FOR - timedelta(seconds=1)
    assert door("nia", late, "accept", version=1) == 200


def _because(door: Door) -> dict[str, Any]:
    return {"version": 1, "override" if "page" in door.__name__ else "why": "They are away."}


def test_what_was_edited_since_it_was_read_cannot_be_approved(town: Town, door: Door) -> None:
    critical(town)
    ref, before = town.offers("tom", RISKY), town.head()
    town.edits("tom", ref)
    for name in ("ada", "ed"):
        assert door(name, ref, "accept", version=1) == 409
    assert town.head() == before
    assert door("ada", ref, "accept", version=2) == 200


@pytest.mark.parametrize("name", ["tom", "ada", "ed"])
def test_nobody_approves_their_own(town: Town, door: Door, name: str) -> None:
    critical(town)
    ref, before = town.offers(name, RISKY), town.head()
    assert door(name, ref, "accept", version=1) == 403
    assert door(name, ref, "decline", why="No.") == 403
    with town.site.database.write() as connection:
        # Whatever they become meanwhile: an editor, and an administrator of the team.
        own = people.add(connection, email=_email(name), name="", editor=True, at=build.NOON)
        people.join(connection, person_id=own, team_id=TEAM, role="team-admin", at=build.NOON)
    assert door(name, ref, "accept", version=1) == 403
    assert town.head() == before
    assert door("eve", ref, "accept", version=1) == 200


def test_nobody_accepts_their_own_by_joining_the_other_team(town: Town, door: Door) -> None:
    ref, before = town.offers("tom"), town.head()
    with town.site.database.write() as connection:
        person = people.by_email(connection, _email("tom")).id
        people.join(connection, person_id=person, team_id=OTHER, role="team-admin", at=build.NOON)
    assert door("tom", ref, "accept", version=1) == 403
    assert town.head() == before


def critical(town: Town) -> None:
    with town.site.database.write() as connection:
        governing.mark(connection, CLINIC, by=OPERATOR, at=build.NOON)
