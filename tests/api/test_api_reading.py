"""Reading by program: every shape of the public interface, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from directory.domain.change import Draft, Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.query import Hit, Matched, Query
from directory.domain.service import Owner
from directory.domain.succession import Part, Succession
from directory.search.find import Found
from directory.search.plan import Plan
from directory.store import pages
from directory.store.tables.nouns import organisation_memberships
from tests import build
from tests.api.conftest import BASE_URL, READ_KEY, Api, FakeSite, TestClient, app_of

ENTRY_KEYS = {
    "id", "slug", "name", "former_names", "status", "setting", "version", "effective_from", "recorded_at", "checked_at",
    "owner", "summary", "description", "eligibility", "needs", "areas", "referral_routes", "contacts", "locations",
    "hours", "succeeded_by", "replaces", "upcoming", "identifiers", "href", "owner_since", "previous_owner",
    "latest_version",
}  # fmt: skip
LATER = date(2026, 12, 1)


@pytest.fixture
def merged(site: FakeSite) -> FakeSite:
    """East and west became one on the day; the clinic gets another owner later."""
    database = site.database
    build.change(
        database,
        build.draft(build.opening("east"), build.opening("west"), kinds=("opened",), effective_from=build.OPENED),
    )
    links = tuple(Succession(name, "both", "merged", build.TODAY) for name in ("east", "west"))
    build.change(database, build.draft(build.opening("both"), kinds=("opened",), succession=links, title="Merged"))
    move = Edit("leg-ulcer-clinic", {"owner": Owner("hospital-trust", "vascular")})
    build.change(database, build.draft(move, effective_from=LATER, title="Clinic moves"))
    return site


def test_an_entry_has_every_key(merged: FakeSite, api: Api) -> None:
    entry = api.get("/services/leg-ulcer-clinic")
    assert entry.keys() >= ENTRY_KEYS
    assert entry["owner"] == {
        "organisation": {
            "id": "community-trust",
            "name": "Northmoor Community Health NHS Trust",
            "ods_code": "ZZN01",
        },
        "team": {"slug": "district-nursing", "name": "District Nursing"},
    }
    assert (entry["effective_from"], entry["recorded_at"]) == ("2024-10-01", "2024-10-01T09:00:00.000000Z")
    assert entry["checked_at"] is None
    assert entry["contacts"] == [{"type": "phone", "value": "01632 960145", "label": "", "audience": "public"}]
    assert entry["eligibility"] == {"text": "", "age_min": None, "age_max": None}
    assert entry["upcoming"] == [
        {
            "number": 4,
            "title": "Clinic moves",
            "effective_from": "2026-12-01",
            "kinds": ["owner"],
            "href": f"{BASE_URL}/changes/4",
        }
    ]
    assert entry["href"] == f"{BASE_URL}/services/leg-ulcer-clinic"


def test_an_entry_on_another_day_or_as_it_was_known(merged: FakeSite, api: Api) -> None:
    coming = api.get("/services/leg-ulcer-clinic?as_of=2026-12-01")
    assert coming["owner"]["team"]["slug"] == "vascular"
    assert coming["previous_owner"] == "District Nursing, Northmoor Community Health NHS Trust"
    assert api.get("/services/both?known_at=2026-11-22T12:00:00+00:00")["version"] == 1
    api.get("/services/both?known_at=2026-11-22T11:00:00Z", 404)
    api.get("/services/both?as_of=2026-11-21", 404)
    listed = [api.get(f"/services?known_at=2026-11-22T{hour}:00:00Z")["items"] for hour in (11, 12)]
    assert [sum(entry["id"] == "both" for entry in items) for items in listed] == [0, 1]
    handled = [api.get(f"/services/east/handlers?known_at=2026-11-22T{hour}:00:00Z")["handlers"] for hour in (11, 12)]
    assert [[entry["id"] for entry in entries] for entries in handled] == [[], ["both"]]


def test_successions_come_with_names(merged: FakeSite, api: Api) -> None:
    replaces = api.get("/services/both")["replaces"]
    assert [(link["from"], link["from_name"], link["to_slug"]) for link in replaces] == [
        ("east", "East", "both"),
        ("west", "West", "both"),
    ]
    handling = api.get(f"/services/east/handlers?on={build.TODAY}")
    assert [entry["id"] for entry in handling["handlers"]] == ["both"]
    assert handling["path"] == [replaces[0]]
    before = api.get(f"/services/east/handlers?on={build.TODAY - timedelta(1)}")
    assert [entry["id"] for entry in before["handlers"]] == ["east"]


def test_an_etag_is_of_all_that_is_shown(merged: FakeSite, api: Api) -> None:
    first = api.client.get("/api/v1/services/leg-ulcer-clinic")
    tag = first.headers["etag"]
    assert tag.startswith('"1-')
    again = api.client.get("/api/v1/services/leg-ulcer-clinic", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    rename = build.draft(kinds=("renamed",), organisations=(Edit("ZZN01", {"name": "Moorland Health"}),))
    build.change(merged.database, rename)
    after = api.client.get("/api/v1/services/leg-ulcer-clinic", headers={"If-None-Match": tag})
    assert (after.status_code, after.json()["version"]) == (200, 1)
    assert after.headers["etag"] != tag


def test_services_are_paged_and_narrowed(merged: FakeSite, api: Api) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        answer: dict[str, Any] = api.get(f"/services?limit=2&after={after}")
        seen += [entry["id"] for entry in answer["items"]]
        after = answer["next"]
    assert seen == ["both", "east", "leg-ulcer-clinic", "west"]

    def ids(query: str) -> list[str]:
        return [entry["id"] for entry in api.get(f"/services?{query}")["items"]]

    assert ids("status=closed") == ["east", "west"]
    assert ids("area=EASTMARSH") == ["leg-ulcer-clinic"]
    assert ids("owner=zzn02&as_of=2026-12-01") == ids("team=vascular&as_of=2026-12-01") == ["leg-ulcer-clinic"]
    assert ids("owner=hospital-trust") == []
    assert api.get("/services?owner=nobody", 400)["problems"][0]["where"] == "owner"


def test_versions_are_newest_first(merged: FakeSite, api: Api) -> None:
    answer = api.get("/services/leg-ulcer-clinic/versions")
    assert [(version["version"], version["owner"]["team"]["name"]) for version in answer["items"]] == [
        (2, "Vascular Nurses"),
        (1, "District Nursing"),
    ]
    assert api.get("/services/leg-ulcer-clinic/versions?limit=1")["next"] == 2
    assert api.get("/services/leg-ulcer-clinic/versions?limit=1&after=2")["items"] == [answer["items"][1]]
    assert api.get("/services/leg-ulcer-clinic/versions/1") == answer["items"][1]
    for number in ("3", "0", "x", "9" * 5000):
        api.get(f"/services/leg-ulcer-clinic/versions/{number}", 404)


def test_search_gives_the_answer_and_why(merged: FakeSite, api: Api) -> None:
    asked: list[Query] = []

    def found(query: Query) -> Found:
        asked.append(query)
        hits = (Hit("east", 9.0, Matched("name", "East")), Hit("leg-ulcer-clinic", 3.0, Matched("need", "leg ulcer")))
        return Found(hits, 2, True, "east", Plan(text=query.text))

    merged.search = found
    answer = api.get("/search?q=eest&area=Eastmarsh&setting=community&limit=7")
    assert asked == [Query("eest", "Eastmarsh", "community", None, 7)]
    shown = {"query", "as_of", "answer", "nearest", "results", "total", "understood", "did_you_mean", "ask", "pages"}
    assert answer.keys() == shown
    assert (answer["query"], answer["as_of"], answer["total"]) == ("eest", "2026-11-22", 2)
    assert [(result["id"], result.get("asked_for")) for result in answer["results"]] == [
        ("both", "East"),
        ("leg-ulcer-clinic", None),
    ]
    assert answer["results"][1]["matched"] == {"field": "need", "text": "leg ulcer"}
    assert "asked_for" not in answer["results"][1]
    assert answer["answer"] == answer["results"][0]
    assert answer["answer"].keys() >= ENTRY_KEYS
    assert answer["did_you_mean"] == "east"
    before = api.get("/search?q=east&as_of=2026-11-21")
    assert (before["as_of"], before["answer"]["id"]) == ("2026-11-21", "east")


def test_search_asks_back_where_a_split_leaves_it_open(merged: FakeSite, api: Api) -> None:
    divides = build.draft(
        title="Both divides",
        succession=tuple(
            Succession("both", new, "split", date(2026, 11, 22), Part(areas=(area,)))
            for new, area in (("leg-ulcer-clinic", "Eastmarsh"), ("third", "Southfen"))
        ),
        effective_from=date(2026, 11, 22),
    )
    build.change(merged.database, build.draft(build.opening("third"), effective_from=date(2026, 11, 22)))
    build.change(merged.database, divides)
    merged.search = lambda query: Found(
        (Hit("both", 9.0, Matched("name", "Both")),), 1, True, None, Plan(text=query.text)
    )
    answer = api.get("/search?q=both")
    assert answer["answer"] is None
    assert answer["ask"] == {
        "question": "Which area: Eastmarsh or Southfen?",
        "choices": [{"label": "Eastmarsh", "q": "both Eastmarsh"}, {"label": "Southfen", "q": "both Southfen"}],
    }
    answer = api.get("/search?q=both southfen")
    assert (answer["answer"]["id"], answer["ask"]) == ("third", None)
    assert [result["id"] for result in answer["results"]] == ["third", "leg-ulcer-clinic"]


def test_search_that_finds_nothing_says_so(light_api: Api) -> None:
    answer = light_api.get("/search?q=unicorn")
    assert (answer["answer"], answer["results"], answer["total"], answer["did_you_mean"]) == (None, [], 0, None)


def test_changes_come_in_the_order_of_their_numbers(merged: FakeSite, api: Api) -> None:
    first = api.get("/changes?limit=3")
    assert ([change["number"] for change in first["items"]], first["next"]) == ([1, 2, 3], 3)
    rest = api.get("/changes?limit=3&after=3")
    assert ([change["number"] for change in rest["items"]], rest["next"]) == ([4], None)

    def numbers(query: str) -> list[int]:
        return [change["number"] for change in api.get(f"/changes?{query}")["items"]]

    assert numbers("service=leg-ulcer-clinic") == [1, 4]
    assert numbers("team=vascular") == numbers("kind=owner") == [4]
    assert numbers("owner=zzn02") == [1, 4]
    assert numbers("area=eastmarsh") == [1, 4]
    assert numbers("kind=merged") == [3]


def test_a_change_says_all_that_it_does(merged: FakeSite, api: Api) -> None:
    change = api.get("/changes/3")
    assert change["kinds"] == ["opened", "merged"]
    assert {service["id"]: service["set"] for service in change["services"]} == {
        "both": {"name": "Both", "owner": {"organisation": "community-trust", "team": "district-nursing"}},
        "east": {"status": "closed"},
        "west": {"status": "closed"},
    }
    assert {link["from_name"] for link in change["succession"]} == {"East", "West"}
    assert change["previous"] == api.get("/changes/2")["sha256"]
    assert change["href"] == f"{BASE_URL}/changes/3"
    for number in ("0", "99", str(2**63), "9" * 5000, "-1", "x"):
        assert api.get(f"/changes/{number}", 404)["status"] == 404


def test_a_change_reaches_services_through_their_owner(merged: FakeSite, api: Api) -> None:
    rename = build.draft(kinds=("renamed",), organisations=(Edit("ZZN01", {"name": "Moorland Health"}),))
    build.change(merged.database, rename)
    change = api.get("/changes/5")
    assert [(each["id"], each["slug"], each["name"], each["version"], each["set"]) for each in change["services"]] == [
        ("both", "both", "Both", None, {}),
        ("leg-ulcer-clinic", "leg-ulcer-clinic", "Leg ulcer clinic", None, {}),
    ]
    (organisation,) = change["organisations"]
    assert (organisation["name"], organisation["set"]) == ("Moorland Health", {"name": "Moorland Health"})


def _split(site: FakeSite) -> date:
    """A trust that two others took over on 1 October 2021, as the trust RW6 was; the last ones were entered later."""
    day = date(2021, 10, 1)
    known_since = {"RW6": date(1948, 7, 5), "R0A": date(1948, 7, 5), "RM3": date(2024, 1, 1)}
    for code, since in known_since.items():
        closed = {"closed": day, "status": "closed"} if code == "RW6" else {}
        opening = build.organisation(f"id-{code.lower()}", f"Trust {code}", ods_code=code, **closed)
        build.change(
            site.database,
            Draft(title=f"{code} added", effective_from=since, kinds=("opened",), organisations=(opening,)),
        )
    links = tuple(
        Succession("id-rw6", f"id-{code.lower()}", "split", day, Part(areas=(area,)))
        for code, area in (("R0A", "North"), ("RM3", "Salford"))
    )
    build.change(site.database, Draft(title="Split", effective_from=day, organisation_succession=links, why="Law."))
    return day


def test_successors_on_the_day_and_the_day_before(site: FakeSite, api: Api) -> None:
    day = _split(site)
    for key in ("RW6", "rw6", "Rw6", "id-rw6"):
        after = api.get(f"/organisations/{key}/successors?on={day}")
        assert [found["ods_code"] for found in after["successors"]] == ["R0A", "RM3"]
    assert (after["organisation"], after["on"]) == ("id-rw6", "2021-10-01")
    assert [(link["from_ods_code"], link["to_ods_code"], link["part"]["areas"]) for link in after["path"]] == [
        ("RW6", "R0A", ["North"]),
        ("RW6", "RM3", ["Salford"]),
    ]
    before = api.get(f"/organisations/RW6/successors?on={day - timedelta(1)}")
    assert [(found["ods_code"], found["status"]) for found in before["successors"]] == [("RW6", "active")]
    assert before["path"] == []
    assert api.get(f"/organisations/RW6?as_of={day}")["status"] == "closed"


def test_a_closed_organisation_without_successor_has_none(site: FakeSite, api: Api) -> None:
    opening = build.organisation("id-gone", "Gone", ods_code="ZZ9", closed=date(2020, 4, 1), status="closed")
    build.change(
        site.database,
        Draft(title="Added", effective_from=build.OPENED, kinds=("opened",), organisations=(opening,)),
    )
    assert api.get("/organisations/ZZ9/successors?on=2020-04-01")["successors"] == []
    assert len(api.get("/organisations/ZZ9/successors?on=2020-03-31")["successors"]) == 1


def test_organisations_say_what_they_belong_to(site: FakeSite, api: Api) -> None:
    with site.database.write() as connection:
        belongs = OrganisationMembership("community-trust", "hospital-trust", "group", date(2025, 1, 1))
        connection.execute(
            organisation_memberships.insert(),
            {"member": belongs.member, "of": belongs.of, "kind": belongs.kind, "start": belongs.start, "end": None},
        )
    listed = api.get("/organisations?limit=1")
    assert (listed["items"][0]["id"], listed["next"]) == ("community-trust", "community-trust")
    assert listed["items"][0]["member_of"][0]["ods_code"] == "ZZN02"
    assert listed["items"][0] == api.get("/organisations/zzn01")
    assert api.get("/organisations/zzn01?as_of=2024-12-31")["member_of"] == []
    assert api.get("/organisations?limit=1&after=community-trust")["next"] is None
    api.get("/organisations/ZZN01?as_of=2024-09-30", 404)


def test_teams(light_site: FakeSite, light_api: Api) -> None:
    teams = light_api.get("/teams?limit=2")
    assert ([team["slug"] for team in teams["items"]], teams["next"]) == (
        ["district-nursing", "tissue-viability"],
        "tissue-viability",
    )
    team = light_api.get("/teams/vascular")
    assert (team["name"], team["organisation"]["ods_code"]) == ("Vascular Nurses", "ZZN02")
    assert [found["slug"] for found in light_api.get("/teams?organisation=ZZN02")["items"]] == ["vascular"]
    light_api.get("/teams/nobody", 404)


def test_pages(light_site: FakeSite, light_api: Api) -> None:
    text = "---\ntitle: Legs\nkind: pathway\nsummary: Who treats legs.\n---\nSee [it](service:leg-ulcer-clinic).\n"
    legs = pages.Page("legs", 1, "pathway", "Legs", build.TODAY, build.NOON, text)
    with light_site.database.write() as connection:
        pages.put(connection, legs)
        pages.put(connection, replace(legs, slug="arms", kind="forum", title="Arms"))
    listed = light_api.get("/pages?limit=1")
    assert ([page["slug"] for page in listed["items"]], listed["next"]) == (["arms"], "arms")
    page = light_api.get("/pages/legs")
    assert (page["title"], page["kind"], page["summary"], page["updated"]) == (
        "Legs",
        "pathway",
        "Who treats legs.",
        "2026-11-22",
    )
    assert page["body"].startswith("See [it]")
    assert f'href="{BASE_URL}/services/leg-ulcer-clinic"' in page["html"]
    light_api.get("/pages/nothing", 404)


def test_reading_may_need_a_key(light_site: FakeSite, light_api: Api) -> None:
    light_site.settings = light_site.settings.model_copy(update={"reading": "signed-in"})
    refused = light_api.client.get("/api/v1/services")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="Signpost"')
    light_api.get("/services", headers={"Authorization": f"Bearer {READ_KEY}"})


def test_the_day_is_the_site_s(light_site: FakeSite) -> None:
    class Tomorrow(FakeSite):
        def today(self) -> date:
            return LATER

        def now(self) -> datetime:
            return datetime(2026, 12, 1, tzinfo=UTC)

    move = Edit("leg-ulcer-clinic", {"owner": Owner("hospital-trust", "vascular")})
    build.change(light_site.database, build.draft(move, effective_from=LATER))
    client = TestClient(app_of(Tomorrow(light_site.database)))
    entry: dict[str, Any] = client.get("/api/v1/services/leg-ulcer-clinic").json()
    assert (entry["version"], entry["upcoming"]) == (2, [])
