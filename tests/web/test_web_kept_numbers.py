"""A service that goes to another team with the old team's numbers: its author is told, and so is who gets it."""

from __future__ import annotations

from tests.web.conftest import FoundSite, TestClient, signed_in, words_of
from tests.web.publishing import ROUTE, begun, row, step, told_and_checked

ASKS = "It goes to another team, and its entry still gives out"
DESK = row("contacts", 0, type="phone", value="01632 960146", label="Desk", audience="professionals")


def handed_over(lead: TestClient, *kinds: str, **details: str) -> str:
    path = begun(lead)
    step(lead, path, "what", kinds=["owner", *kinds])
    step(lead, path, "details", owner="hospital-trust/vascular", **details)
    step(lead, path, "date", when="day", day="10/12/2026")
    told_and_checked(lead, path)
    return path


def test_what_stays_is_named_to_both_sides(site: FoundSite, lead: TestClient) -> None:
    path = handed_over(lead)
    said = words_of(lead.get(f"{path}/told").text)
    assert f"{ASKS}: legs@northmoor.example 01632 960146 (Desk) 0800 1" in said
    assert f'href="{path}/what"' in lead.get(f"{path}/told").text
    offer = lead.post(f"{path}/check").headers["location"]
    assert "They are asked by email" in words_of(lead.get(offer).text)
    vera = signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
    said = words_of(vera.get(offer).text)
    assert f"{ASKS}: legs@northmoor.example 01632 960146 (Desk) 0800 1" in said
    assert "Accept it only if these are right for your team" in said


def test_what_changes_with_it_is_not(lead: TestClient) -> None:
    desk = DESK | row("contacts", 0, value="01632 960999") | row("contacts", 1, remove="1")
    path = handed_over(lead, "contact", "referral-route", **desk, **ROUTE)
    assert ASKS not in words_of(lead.get(f"{path}/told").text)


def test_where_no_other_team_takes_over_nothing_is_asked(lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["contact"])
    step(lead, path, "details", **(DESK | row("contacts", 0, value="01632 960999")))
    step(lead, path, "date", when="today")
    told_and_checked(lead, path)
    assert ASKS not in words_of(lead.get(f"{path}/told").text)
