"""Reading one resource, as it stands and as it stood."""

from __future__ import annotations

from datetime import timedelta

from directory.domain.change import Edit
from directory.domain.service import Location, ReferralRoute
from tests import build
from tests.fhir.conftest import BASE, Fhir

CLINIC = "HealthcareService/leg-ulcer-clinic"


def test_a_service_is_read_with_what_it_leads_to(fhir: Fhir) -> None:
    clinic = fhir.get(CLINIC)
    assert clinic["name"] == "Leg ulcer clinic"
    assert clinic["active"] is True
    assert fhir.get(clinic["providedBy"]["reference"])["identifier"][0] == {
        "use": "official",
        "system": "https://fhir.nhs.uk/Id/ods-organization-code",
        "value": "ZZN01",
    }
    (area,) = clinic["coverageArea"]
    assert fhir.get(area["reference"])["name"] == "Eastmarsh"
    (endpoint,) = clinic["endpoint"]
    assert fhir.get(endpoint["reference"])["address"] == "mailto:legs@northmoor.example"
    (team,) = (each for each in clinic["extension"] if each["url"].endswith("/team"))
    assert fhir.get(team["valueReference"]["reference"])["partOf"] == {"reference": "Organization/community-trust"}


def test_each_version_is_given_back_as_it_was(fhir: Fhir) -> None:
    first = fhir.get(CLINIC)
    fhir.site.at += timedelta(hours=1)
    build.change(fhir.site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": "New."})), at=fhir.site.at)
    second = fhir.get(CLINIC)
    assert (first["meta"]["versionId"], second["meta"]["versionId"]) == ("1", "2")
    assert second["comment"] == "New."
    assert second["meta"]["lastUpdated"] == "2026-11-22T13:00:00.000Z"
    assert fhir.get(f"{CLINIC}/_history/1") == first
    assert fhir.get(f"{CLINIC}/_history/2") == second
    fhir.refused(f"{CLINIC}/_history/3", 404, "not-found")
    fhir.refused(f"{CLINIC}/_history/x", 404, "not-found")


def test_who_has_it_already_is_told_so(light_fhir: Fhir) -> None:
    answer = light_fhir.client.get(f"/fhir/{CLINIC}")
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"] == "Sun, 22 Nov 2026 12:00:00 GMT"
    for headers, status in (
        ({"If-None-Match": 'W/"1"'}, 304),
        ({"If-None-Match": '"0", "1"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": 'W/"2"'}, 200),
        ({"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Sun, 22 Nov 2026 11:59:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-None-Match": 'W/"2"', "If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"}, 200),
    ):
        answer = light_fhir.client.get(f"/fhir/{CLINIC}", headers=headers)
        assert answer.status_code == status, headers
        assert bool(answer.content) == (status == 200)


def test_what_comes_into_force_at_midnight_is_a_version_of_that_day(fhir: Fhir) -> None:
    tomorrow = build.TODAY + timedelta(days=1)
    edit = Edit("leg-ulcer-clinic", {"name": "Wound clinic"})
    build.change(fhir.site.database, build.draft(edit, effective_from=tomorrow))
    assert fhir.follow() == 0
    assert fhir.get(CLINIC)["name"] == "Leg ulcer clinic"
    fhir.site.at += timedelta(days=1)
    fhir.follow()
    clinic = fhir.get(CLINIC)
    assert (clinic["name"], clinic["meta"]["versionId"]) == ("Wound clinic", "2")
    # Another edit of today makes the scheduled one anew: the directory's own number goes back, this one does not.
    build.change(fhir.site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": "S"})), at=fhir.site.at)
    fhir.follow()
    assert fhir.get(CLINIC)["meta"]["versionId"] == "3"


def test_what_closes_stays_and_says_so(fhir: Fhir) -> None:
    places = (Location("The clinic", "1 High Street", "ZZ1 1AA", 51.5, -0.1),)
    edit = Edit("leg-ulcer-clinic", {"locations": places})
    build.change(fhir.site.database, build.draft(edit))
    (site,) = fhir.get(CLINIC)["location"]
    assert fhir.get(site["reference"])["status"] == "active"
    (endpoint,) = fhir.get(CLINIC)["endpoint"]
    closing = Edit("leg-ulcer-clinic", {"status": "closed"})
    build.change(fhir.site.database, build.draft(closing, what_to_do="Ring the trust."))
    assert fhir.get(CLINIC)["active"] is False
    assert fhir.get(site["reference"])["status"] == "inactive"
    assert fhir.get(endpoint["reference"])["status"] == "off"


def test_a_route_and_a_place_that_go_are_not_lost_from_sight(fhir: Fhir) -> None:
    (endpoint,) = fhir.get(CLINIC)["endpoint"]
    routes = (ReferralRoute("web", "https://northmoor.example/refer"),)
    build.change(fhir.site.database, build.draft(Edit("leg-ulcer-clinic", {"referral_routes": routes})))
    gone = fhir.get(endpoint["reference"])
    assert (gone["status"], gone["meta"]["versionId"]) == ("off", "2")
    (now,) = fhir.get(CLINIC)["endpoint"]
    assert fhir.get(now["reference"])["address"] == "https://northmoor.example/refer"


def test_errors_are_outcomes(light_fhir: Fhir) -> None:
    light_fhir.refused("HealthcareService/nobody", 404, "not-found")
    light_fhir.refused("HealthcareService/nobody/_history", 404, "not-found")
    light_fhir.refused("Patient", 404, "not-supported")
    light_fhir.refused("Patient/1", 404, "not-supported")
    light_fhir.refused("a/b/c/d/e", 404, "not-found")
    light_fhir.refused("Organization/a%00b", 400, "value")
    light_fhir.refused("Organization?name=a%00b", 400, "value")
    light_fhir.refused("Organization?access_token=x", 400, "security")
    light_fhir.refused("Organization", 401, "login", Authorization="Bearer unknown")
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        answer = light_fhir.client.request(method, f"/fhir/{CLINIC}")
        assert answer.status_code == 405
        assert answer.json()["issue"][0]["code"] == "not-supported"


def test_the_answer_is_json(light_fhir: Fhir) -> None:
    for accept in ("application/fhir+json", "application/json;q=0.5", "text/html, */*;q=0.1", ""):
        light_fhir.get("metadata", Accept=accept)
    light_fhir.refused("metadata", 406, "not-supported", Accept="application/fhir+xml")
    light_fhir.refused("metadata?_format=xml", 406, "not-supported")
    light_fhir.get("metadata?_format=json", Accept="application/fhir+xml")
    light_fhir.get("metadata?_format=application/fhir+json")
    pretty = light_fhir.client.get("/fhir/metadata?_pretty=true").text
    assert pretty.startswith('{\n  "resourceType": "CapabilityStatement"')


def test_reading_may_need_a_key(light_fhir: Fhir) -> None:
    light_fhir.site.settings = light_fhir.site.settings.model_copy(update={"reading": "signed-in"})
    for path in ("metadata", "Organization", CLINIC, f"{CLINIC}/_history", "Organization/_history"):
        light_fhir.refused(path, 401, "login")
    assert light_fhir.post("/fhir/Organization/_search", "", 401, "application/x-www-form-urlencoded")["issue"]
    assert light_fhir.post("/fhir", {"resourceType": "Bundle", "type": "batch"}, 401)["issue"]


def test_links_in_extensions_lead_to_their_definitions(light_fhir: Fhir) -> None:
    clinic = light_fhir.get(CLINIC)
    urls = {each["url"] for each in clinic["extension"]}
    assert urls
    for url in urls:
        assert url.startswith(f"{BASE}/fhir/StructureDefinition/")
        assert light_fhir.get(url)["url"] == url
    system = clinic["category"][0]["coding"][0]["system"]
    assert light_fhir.get(system)["resourceType"] == "CodeSystem"
    light_fhir.refused("StructureDefinition/nothing", 404, "not-found")
