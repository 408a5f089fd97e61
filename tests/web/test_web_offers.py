"""Pages for what waits for agreement, and for what editors watch over."""

from __future__ import annotations

from typing import Any

import pytest

from directory.actions import governing
from directory.actions.prepare import Published
from directory.actions.submit import submit
from directory.domain.change import Draft, Edit
from directory.domain.offer import Offer
from directory.domain.policy import OPERATOR
from directory.domain.service import Owner, ReferralRoute
from directory.store import changes, people
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of

CLINIC = "leg-ulcer-clinic"
TOM, NIA = "tom@northmoor.example", "nia@northmoor.example"


class Town:
    """The world of the pages, with a lead of the clinic's team, one of the team it goes to, and two editors."""

    def __init__(self, site: FoundSite) -> None:
        self.site = site
        self.tom = signed_in(site, TOM, role="lead", team="tissue-viability")
        self.nia = signed_in(site, NIA, role="lead", team="district-nursing")
        self.vera = signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
        self.ed = signed_in(site, "ed@northmoor.example", editor=True)
        self.eve = signed_in(site, "eve@northmoor.example", editor=True)

    def submit(self, draft: Draft, email: str = TOM) -> Published | Offer:
        with self.site.database.write() as connection:
            by = people.by_email(connection, email).actor
            return submit(connection, draft, by=by, at=build.NOON, zone=build.LONDON)

    def handing(self) -> str:
        owner = Owner("community-trust", "district-nursing")
        done = self.submit(build.draft(Edit(CLINIC, {"owner": owner}), title="The clinic goes back", why="A *reason*."))
        assert isinstance(done, Offer)
        return f"/offers/{done.ref}"

    def emergency(self, email: str = TOM) -> int:
        with self.site.database.write() as connection:
            governing.mark(connection, CLINIC, by=OPERATOR, at=build.NOON)
        routes = (ReferralRoute("email", "new@northmoor.example"),)
        draft = build.draft(Edit(CLINIC, {"referral_routes": routes}), title="A new address", override="It is *full*.")
        done = self.submit(draft, email)
        assert isinstance(done, Published)
        return done.change.number

    def head(self) -> int:
        with self.site.database.read() as connection:
            return changes.read_head(connection).number


@pytest.fixture
def town(site: FoundSite) -> Town:
    return Town(site)


def get(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return str(answer.text)


def press(client: TestClient, path: str, status: int = 303, **fields: str) -> Any:
    answer = client.post(path, data=fields)
    assert answer.status_code == status, answer.text
    return answer


def test_the_receiving_lead_sees_what_would_change_and_accepts(town: Town) -> None:
    path = town.handing()
    for client, said in ((town.nia, "For you to agree to The clinic"), (town.tom, "Waiting for others")):
        listed = words_of(get(client, "/offers"))
        assert "The clinic goes back" in listed
        assert said.partition(" The")[0] in listed
    assert "Nothing waits for you" in words_of(get(town.tom, "/offers"))
    html = get(town.nia, path)
    text = words_of(html)
    assert h1(html) == "The clinic goes back"
    assert "Tissue Viability Team offered this on 22 November 2026, 12pm" in text
    assert "It expires on 6 December 2026, 12pm" in text
    assert "District Nursing accepts it" in text
    assert "Tissue Viability Team, Northmoor Community Health NHS Trust District Nursing, Northmoor" in text
    assert "A <em>reason</em>." in html
    before = town.head()
    to = press(town.nia, f"{path}/accept", version="1").headers["location"]
    done = get(town.nia, to)
    assert "You agreed. It is published." in words_of(done)
    assert f'href="/changes/{before + 1}"' in done
    assert "Accept it" not in done
    press(town.nia, f"{path}/accept", version="1")
    assert town.head() == before + 1


def test_the_author_can_only_withdraw_it(town: Town) -> None:
    path = town.handing()
    html = get(town.tom, path)
    assert "This is your own: somebody else has to agree to it." in html
    for button in ("Accept it", "Approve it", "Decline it", "Publish without them"):
        assert button not in html
    press(town.tom, f"{path}/accept", 403, version="1")
    press(town.tom, f"{path}/withdraw")
    assert "This was withdrawn" in get(town.tom, path)
    refused = press(town.nia, f"{path}/accept", 409, version="1")
    assert h1(refused.text) == "This does not wait any more"


def test_declining_without_a_reason_asks_for_it_and_keeps_what_was_typed(town: Town) -> None:
    path = town.handing()
    html = press(town.nia, f"{path}/decline", 422, why="").text
    assert 'href="#why"' in html
    assert 'id="why-error"' in html
    kept = press(town.nia, f"{path}/decline", 422, why="Ask 943 476 5919.").text
    assert "Ask 943 476 5919." in kept
    assert "NHS number" in kept
    press(town.nia, f"{path}/decline", why="No nurses.\nNone.")
    declined = words_of(get(town.tom, path))
    assert "This was declined" in declined
    assert "No nurses." in declined


def test_those_of_neither_side_see_nothing(town: Town) -> None:
    path = town.handing()
    assert "The clinic goes back" not in get(town.vera, "/offers")
    get(town.vera, path, 403)
    press(town.vera, f"{path}/accept", 403, version="1")
    press(town.vera, f"{path}/withdraw", 403)
    get(town.vera, "/offers/nothing", 404)


def test_an_editor_publishes_it_with_a_reason_that_the_change_shows(town: Town) -> None:
    path = town.handing()
    assert "Accept it" not in get(town.ed, path)
    assert 'id="override-error"' in press(town.ed, f"{path}/override", 422, version="1", override=" ").text
    press(town.nia, f"{path}/override", 403, version="1", override="Please.")
    press(town.ed, f"{path}/override", version="1", override="They are *away*.")
    shown = get(town.vera, f"/changes/{town.head()}")
    assert "Published by an editor without everybody's agreement" in words_of(shown)
    assert "They are <em>away</em>." in shown
    assert "still to be reviewed" not in shown


def test_what_changed_meanwhile_is_said_and_cannot_be_accepted(town: Town) -> None:
    path = town.handing()
    town.submit(build.draft(Edit(CLINIC, {"hours": "24/7"})))
    html = get(town.nia, path)
    assert "This cannot be agreed to as it is" in html
    assert "Leg ulcer clinic: hours changed since this was written." in words_of(html)
    assert "Accept it" not in html
    assert "Offer it again" not in html
    press(town.nia, f"{path}/accept", 409, version="1")
    press(town.nia, f"{path}/again", 403)
    assert "Offer it again" in get(town.tom, path)
    press(town.tom, f"{path}/again")
    press(town.nia, f"{path}/accept", 409, version="1")
    assert 'name="version" value="2"' in get(town.nia, path)
    press(town.nia, f"{path}/accept", version="2")


def test_what_was_edited_since_it_was_read_is_a_conflict(town: Town) -> None:
    path = town.handing()
    for version in ("7", "", "nonsense"):
        press(town.nia, f"{path}/accept", 409, version=version)


def test_a_critical_service_is_marked_by_its_address(town: Town) -> None:
    assert "No service is marked" in get(town.ed, "/manage/critical")
    for typed in (CLINIC, f"/services/{CLINIC}", f"https://signpost.example/services/{CLINIC}/"):
        press(town.ed, "/manage/critical", service=typed)
    html = get(town.ed, "/manage/critical")
    assert html.count("Take the mark away") == 1
    wrong = press(town.ed, "/manage/critical", 422, service="no<script>").text
    assert 'value="no&lt;script&gt;"' in wrong
    assert 'id="service-error"' in wrong
    press(town.ed, "/manage/critical", service=CLINIC, unmark="1")
    assert "No service is marked" in get(town.ed, "/manage/critical")
    for path in ("/manage/critical", "/manage/reviews", "/manage/orphans"):
        get(town.tom, path, 403)


def test_what_one_person_published_is_reviewed_by_another(town: Town) -> None:
    assert "Nothing waits for a review" in get(town.ed, "/manage/reviews")
    number = town.emergency("ed@northmoor.example")
    assert "still to be reviewed" in get(town.vera, f"/changes/{number}")
    own = get(town.ed, "/manage/reviews")
    assert "You published this: somebody else has to look at it." in own
    assert "It is right" not in own
    press(town.ed, "/manage/reviews", 403, number=str(number))
    html = get(town.eve, "/manage/reviews")
    assert "Review it by 23 November 2026, 12pm" in html
    assert "It is <em>full</em>." in html
    press(town.eve, "/manage/reviews", number=str(number))
    assert "Nothing waits for a review" in get(town.eve, "/manage/reviews")
    assert "still to be reviewed" not in get(town.vera, f"/changes/{number}")
    for unknown in ("1", "x", ""):
        press(town.eve, "/manage/reviews", 404, number=unknown)


def test_a_reviewer_withdraws_it_with_a_reason(town: Town) -> None:
    number = town.emergency()
    html = press(town.ed, "/manage/reviews", 422, number=str(number), withdraw="1", why="").text
    assert f'href="#why-{number}"' in html
    to = press(town.ed, "/manage/reviews", number=str(number), withdraw="1", why="It works.").headers["location"]
    assert to == f"/changes/{number + 1}"
    assert "This change was withdrawn" in get(town.vera, f"/changes/{number}")


def test_services_for_which_nobody_answers_are_listed_with_the_reason(town: Town) -> None:
    html = words_of(get(town.ed, "/manage/orphans"))
    assert "Leg ulcer clinic" not in html
    assert "Northmoor Community Health NHS Trust names no team." in html
    with town.site.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM memberships WHERE team_id = 'tissue-viability'")
    assert "Leg ulcer clinic Its team has no lead." in words_of(get(town.ed, "/manage/orphans"))


def test_the_account_leads_to_what_waits(town: Town) -> None:
    assert 'href="/offers"' in get(town.tom, "/account")
    assert 'href="/manage/reviews"' not in get(town.tom, "/account")
    assert 'href="/manage/reviews"' in get(town.ed, "/account")
