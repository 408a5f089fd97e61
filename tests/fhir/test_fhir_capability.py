"""The CapabilityStatement says what is there, no more and no less."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from directory.exchange.fhir_topics import TOPICS
from directory.fhir.routes import routes
from directory.gate.routes import policy_of
from tests.fhir.conftest import BASE, Fhir

# What ITI-90 and ITI-91 of IHE mCSD 4.0.1 ask of a directory, by type.
ASKED = {
    "HealthcareService": {"active", "identifier", "location", "name", "organization", "service-type"},
    "Location": {"identifier", "name", "near", "organization", "partof", "type", "status"},
    "Organization": {"active", "identifier", "name", "partof", "type"},
    "Practitioner": {"active", "identifier", "name", "given", "family"},
    "PractitionerRole": {"active", "location", "organization", "role", "service", "specialty"},
    "Endpoint": {"identifier", "organization", "status"},
    "OrganizationAffiliation": {
        "active", "date", "identifier", "participating-organization", "primary-organization", "role",
    },
}  # fmt: skip
ASKED_INCLUDES = {
    "Location:organization", "Organization:endpoint", "PractitionerRole:practitioner",
    "OrganizationAffiliation:endpoint",
}  # fmt: skip
ASKED_REVINCLUDES = {
    "Location:organization", "OrganizationAffiliation:participating-organization",
    "OrganizationAffiliation:primary-organization",
}  # fmt: skip
# The interactions, by the shape of their route and its method.
INTERACTIONS = {
    ("/fhir/{type}", "GET"): "search-type",
    ("/fhir/{type}/_search", "POST"): "search-type",
    ("/fhir/{type}/_history", "GET"): "history-type",
    ("/fhir/{type}/{id}", "GET"): "read",
    ("/fhir/{type}/{id}/_history", "GET"): "history-instance",
    ("/fhir/{type}/{id}/_history/{version}", "GET"): "vread",
    ("/fhir", "POST"): "batch",
    ("/fhir/", "POST"): "batch",
}
OF_SUBSCRIPTIONS = {
    ("/fhir/Subscription", "GET"): ("search-type", "read-events"),
    ("/fhir/Subscription", "POST"): ("create", "manage-channel"),
    ("/fhir/Subscription/{id}", "GET"): ("read", "read-events"),
    ("/fhir/Subscription/{id}", "DELETE"): ("delete", "manage-channel"),
    ("/fhir/Subscription/$status", "GET"): ("$status", "read-events"),
    ("/fhir/Subscription/$status", "POST"): ("$status", "read-events"),
    ("/fhir/Subscription/{id}/$status", "GET"): ("$status", "read-events"),
    ("/fhir/Subscription/{id}/$status", "POST"): ("$status", "read-events"),
    ("/fhir/Subscription/{id}/$events", "GET"): ("$events", "read-events"),
    ("/fhir/Subscription/{id}/$events", "POST"): ("$events", "read-events"),
}
OF_ITSELF = {
    "/fhir/metadata", "/fhir/StructureDefinition/{id}", "/fhir/CodeSystem/{id}", "/fhir/SubscriptionTopic/{id}",
}  # fmt: skip
STRICT = {"Prefer": "handling=strict"}


def test_each_route_is_an_interaction_that_is_declared(light_fhir: Fhir) -> None:
    (rest,) = light_fhir.get("metadata")["rest"]
    found, of_subscriptions = set(), set()
    for route in routes():
        assert isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}:
            asked = "read"
            if "/Subscription/" in f"{route.path}/":
                interaction, asked = OF_SUBSCRIPTIONS[route.path, method]
                of_subscriptions.add(interaction)
            elif route.path not in OF_ITSELF:
                found.add(INTERACTIONS[route.path, method])
            assert dict(policy_of(route) or {}) == {"*": asked}
    assert {each["code"] for each in rest["interaction"]} == {"batch"}
    *readable, subscription = rest["resource"]
    for resource in readable:
        assert {each["code"] for each in resource["interaction"]} | {"batch"} == found
    assert subscription["type"] == "Subscription"
    declared = {each["code"] for each in subscription["interaction"]}
    assert declared | {f"${each['name']}" for each in subscription["operation"]} == of_subscriptions


def test_each_declared_topic_is_described(light_fhir: Fhir) -> None:
    subscription = light_fhir.get("metadata")["rest"][0]["resource"][-1]
    topics = [each["valueCanonical"] for each in subscription["extension"]]
    assert topics == [f"{BASE}/fhir/SubscriptionTopic/{name}" for name in TOPICS]
    for url in topics:
        found = light_fhir.get(url)
        said = {each["url"].partition("SubscriptionTopic.")[2]: each for each in found["extension"]}
        assert (found["resourceType"], said["url"]["valueUri"]) == ("Basic", url)
        assert TOPICS[found["id"]].description == said["description"]["valueMarkdown"]
    light_fhir.refused("SubscriptionTopic/none", 404, "not-found")


def test_each_declared_parameter_is_taken_and_no_other(light_fhir: Fhir) -> None:
    (rest,) = light_fhir.get("metadata")["rest"]
    values = {"token": "x", "string": "x", "reference": "x", "date": "2026", "special": "51.5|-0.1"}
    every = {each["name"] for resource in rest["resource"][:-1] for each in resource["searchParam"]}
    for resource in rest["resource"][:-1]:
        type_, declared = resource["type"], {each["name"]: each["type"] for each in resource["searchParam"]}
        assert {"_id", "_lastUpdated"} <= declared.keys()
        for name, kind in declared.items():
            light_fhir.get(f"{type_}?{name}={values[kind]}", 200, **STRICT)
            if kind == "string":
                light_fhir.get(f"{type_}?{name}:contains=x&{name}:exact=x", 200, **STRICT)
        for name in every - declared.keys():
            light_fhir.refused(f"{type_}?{name}=x", 400, "not-supported", **STRICT)
        for include in resource.get("searchInclude", ()):
            light_fhir.get(f"{type_}?_include={include}", 200, **STRICT)
        for include in resource.get("searchRevInclude", ()):
            light_fhir.get(f"{type_}?_revinclude={include}", 200, **STRICT)


def test_it_is_what_ihe_asks(light_fhir: Fhir) -> None:
    statement = light_fhir.get("metadata")
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    assert statement["implementation"]["url"] == f"{BASE}/fhir"
    resources: dict[str, Any] = {each["type"]: each for each in statement["rest"][0]["resource"]}
    assert resources.keys() == ASKED.keys() | {"Subscription"}
    for type_, params in ASKED.items():
        assert params <= {each["name"] for each in resources[type_]["searchParam"]}
    includes = {each for resource in resources.values() for each in resource.get("searchInclude", ())}
    assert includes >= ASKED_INCLUDES
    assert set(resources["Organization"]["searchRevInclude"]) >= ASKED_REVINCLUDES
