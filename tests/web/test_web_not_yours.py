"""What belongs to another team, by every door that writes: refused, in the log, and nothing is written.

Every route of the pages and of the API that not everybody signed in may use is tried, with things that are there and
bodies that their owner could send, and with fields that claim more rights. A new route is tried from its first day.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect
from starlette.routing import Route

from directory.actions.submit import submit
from directory.actions.subscribe import Wanted, subscribe
from directory.api.routes import routes as api_routes
from directory.app import build as build_app
from directory.domain.change import Edit
from directory.domain.offer import Offer
from directory.domain.policy import Actor, could
from directory.domain.service import Owner
from directory.gate.routes import policy_of
from directory.store import people
from directory.web.routes import routes as page_routes
from tests import build
from tests.web.conftest import FoundSite, TestClient, signed_in
from tests.web.publishing import begun, routed

CLINIC, TEAM = "leg-ulcer-clinic", "tissue-viability"
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# These say nothing of what was done here: when somebody was last seen, how often they tried, which calls are repeated.
PASSING = {"sessions", "limits", "counters", "idempotent_answers"}
CLAIMS = {"editor": True, "role": "editor", "by": "operator", "person_id": 1, "teams": [TEAM], "scope": "publish"}
HOURS = {"title": "Hours", "services": [{"id": CLINIC, "set": {"hours": "24/7"}}], "effective_from": "2026-12-01"}
BODIES: dict[str, dict[str, Any]] = {
    "/publish": {"service": CLINIC},
    "/publish/{draft}/what": {"kinds": "hours"},
    "/publish/{draft}/words": {"title": "Mine", "weight": "major"},
    "/offers/{ref}/accept": {"version": 1},
    "/offers/{ref}/decline": {"why": "No."},
    "page /offers/{ref}/override": {"version": 1, "override": "Because."},
    "api /offers/{ref}/override": {"version": 1, "why": "Because."},
    "/manage/reports/{ref}": {"outcome": "answered", "text": "No."},
    "/manage/critical": {"service": CLINIC},
    "/manage/reviews": {"number": "2"},
    "/changes": HOURS,
    "/offers/{ref}": HOURS,
    "/changes/{number}/withdraw": {"why": "No."},
    "/changes/{number}/reverse": {"why": "No."},
}  # fmt: skip


@dataclass
class Theirs:
    """Things of the tissue viability team, and people who have nothing to do with them."""

    site: FoundSite
    draft: str = ""
    offer: str = ""
    report: str = ""
    number: str = ""
    people: dict[str, tuple[TestClient, str, Actor]] = field(default_factory=dict)

    def person(self, name: str, **rights: Any) -> TestClient:
        email = f"{name}@northmoor.example"
        client = signed_in(self.site, email, **rights)
        with self.site.database.write() as connection:
            found = people.by_email(connection, email)
            people.add_key(
                connection, key_id=name, secret=f"{name}-key", person_id=found.id, scope="publish", at=build.NOON,
                expires_at=None,
            )  # fmt: skip
        self.people[name] = (client, f"{name}-key", found.actor)
        return client

    def path(self, route: str, prefix: str = "") -> str:
        ref = self.report if "/reports" in route else self.offer
        known = {
            "slug": TEAM if "/teams/" in route else CLINIC, "key": CLINIC, "number": self.number, "ref": ref,
            "draft": self.draft,
        }  # fmt: skip
        for name, value in known.items():
            route = route.replace(f"{{{name}}}", value)
        return prefix + route.replace("{", "").replace("}", "")

    def written(self) -> dict[str, int]:
        """What the database holds, as one number for each table."""
        with self.site.database.engine.connect() as connection:
            return {
                name: hash(tuple(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()))
                for name in inspect(connection).get_table_names()
                if name not in PASSING
            }


@pytest.fixture
def theirs(site: FoundSite, caplog: pytest.LogCaptureFixture) -> Theirs:
    caplog.set_level(logging.WARNING, logger="directory.app")
    made = Theirs(site)
    tom = made.person("tom", role="lead", team=TEAM)
    made.person("vera", role="lead", team="vascular")
    made.person("rea", role="reader", team=TEAM)
    day = build.TODAY + timedelta(days=20)
    coming = build.change(site.database, build.draft(Edit(CLINIC, {"hours": "24/7"}), effective_from=day))
    made.number = str(coming.change.number)
    draft = begun(tom)
    routed(tom, draft)
    made.draft = draft.rpartition("/")[2]
    given = {"kind": "number", "text": "It is that of the library."}
    made.report = tom.post(f"/services/{CLINIC}/report", data=given).headers["location"][9:23]
    handing = build.draft(Edit(CLINIC, {"owner": Owner("community-trust", "district-nursing")}))
    with site.database.write() as connection:
        done = submit(connection, handing, by=made.people["tom"][2], at=build.NOON, zone=build.LONDON)
    assert isinstance(done, Offer)
    made.offer = done.ref
    return made


def not_for_everybody() -> Iterator[tuple[str, str, str]]:
    """Each route that writes and that a person without a role may not use: its door, method and path."""
    nobody = Actor("nobody", person_id=10**6)
    for door, found in (("page", page_routes()), ("api", api_routes())):
        for route in found:
            policy = policy_of(route) or {}
            for method in sorted((getattr(route, "methods", None) or set()) & WRITES):
                if isinstance(route, Route) and not could(nobody, policy.get(method, policy.get("*", "govern"))):
                    yield door, method, route.path


@pytest.mark.parametrize("name", ["vera", "rea"])
def test_nothing_of_anothers_is_written_by_any_door(
    theirs: Theirs, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    client, key, _ = theirs.people[name]
    before, tried = theirs.written(), []
    for door, method, route in not_for_everybody():
        body = BODIES.get(f"{door} {route}", BODIES.get(route, {}))
        for claims in ({}, CLAIMS):
            caplog.clear()
            if door == "page":
                answer = client.request(method, theirs.path(route), data=body | claims)
            else:
                headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
                path = theirs.path(route, "/api/v1")
                answer = client.request(method, path, json=body | claims, headers=headers)
            what = f"{door} {method} {route} {claims}: {answer.status_code}"
            # Another's draft is nobody's business, so that it is not even there; what no body may say is said.
            allowed = {403, 404} if "{draft}" in route else {403, 422} if claims and door == "api" else {403}
            assert answer.status_code in allowed, what
            assert answer.status_code not in (403, 404) or "refused to" in caplog.text, what
            assert theirs.written() == before, what
            tried.append(what)
    assert len(tried) >= 70


def test_what_the_owner_sends_there_is_taken(theirs: Theirs) -> None:
    """Else all above could be refused for what it says and not for who says it."""
    tom, key, _ = theirs.people["tom"]
    for route in ("/publish", "/publish/{draft}/what", "/publish/{draft}/words", "/manage/reports/{ref}"):
        assert tom.post(theirs.path(route), data=BODIES[route]).status_code == 303, route
    for route in ("/changes/{number}/withdraw", "/changes"):
        headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
        answer = tom.post(theirs.path(route, "/api/v1"), json=BODIES[route], headers=headers)
        assert answer.status_code == 201, answer.text


def test_what_is_theirs_to_read_is_refused_too(theirs: Theirs) -> None:
    vera, key, _ = theirs.people["vera"]
    for route in ("/offers/{ref}", "/manage/reports/{ref}", "/services/{slug}/check"):
        assert vera.get(theirs.path(route)).status_code == 403, route
    headers = {"Authorization": f"Bearer {key}"}
    assert vera.get(theirs.path("/offers/{ref}", "/api/v1"), headers=headers).status_code == 403


def test_what_is_not_there_for_them_is_in_the_log_and_what_is_nobody_s_is_not(
    theirs: Theirs, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer does not say that there is something; whoever watches over the machine sees that somebody looked."""
    editors = [signed_in(theirs.site, f"{name}@northmoor.example", editor=True) for name in ("ed", "una")]
    sheet = b"name,owner_organisation\nFoot clinic,Northmoor Trust\n"
    upload = editors[0].post("/manage/import", files={"file": ("a.csv", sheet)}).headers["location"]
    with theirs.site.database.write() as connection:
        wish = Wanted({"service": [CLINIC]})
        tom = theirs.people["tom"][2]
        key = subscribe(connection, wish, by=tom, at=build.NOON, today=build.TODAY).id
    vera = theirs.people["vera"][0]
    found = [
        (vera, f"/publish/{theirs.draft}", "/publish/none"),
        (vera, f"/my/updates/{key}", "/my/updates/999"),
        (editors[1], upload, "/manage/import/file/none"),
    ]
    for client, path, nothing in found:
        for asked, is_logged in ((path, True), (nothing, False)):
            caplog.clear()
            answer = client.get(asked)
            assert (answer.status_code, "refused to person" in caplog.text) == (404, is_logged), asked
            assert not is_logged or "NotFound)" in caplog.text


def test_who_lost_their_role_midway_publishes_nothing(theirs: Theirs) -> None:
    tom, _, actor = theirs.people["tom"]
    path = f"/publish/{theirs.draft}"
    with theirs.site.database.write() as connection:
        people.join(connection, person_id=actor.person_id or 0, team_id="vascular", role="lead", at=build.NOON)
        people.join(connection, person_id=actor.person_id or 0, team_id=TEAM, role="reader", at=build.NOON)
    before = theirs.written()
    assert tom.get(f"{path}/check").status_code == 403
    assert tom.post(f"{path}/check").status_code == 403
    assert theirs.written() == before


def test_a_claim_in_the_body_of_a_page_raises_nothing(theirs: Theirs) -> None:
    """The author's own form, with what only an editor could say."""
    tom = theirs.people["tom"][0]
    answer = tom.post(f"/offers/{theirs.offer}/override", data=BODIES["page /offers/{ref}/override"] | CLAIMS)
    assert answer.status_code == 403
    assert tom.post("/manage/critical", data={"service": CLINIC} | CLAIMS).status_code == 403


def test_every_route_of_the_application_is_a_page_or_a_call(site: FoundSite) -> None:
    """What stands beside them would not have been tried."""
    known = {route.path for route in page_routes() if isinstance(route, Route)}
    beside = {
        route.path
        for route in build_app(site).routes
        if isinstance(route, Route) and route.path not in known and (route.methods or set()) & WRITES
    }
    # These read: a batch of GETs, and a search whose parameters are no part of an address.
    reads = {"/fhir", "/fhir/", "/fhir/{type}/_search"}
    # Of a key's owner alone: tests/fhir/test_fhir_subscriptions.py tries each with another's key.
    held = {f"/fhir/Subscription{path}" for path in ("", "/{id}", "/$status", "/{id}/$status", "/{id}/$events")}
    assert beside == reads | held
