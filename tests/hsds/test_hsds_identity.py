"""Whatever an entry says, Open Referral carries it whole, satisfies both sets of schemas, and gives way to an edit."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import assume, given, settings

from directory.domain.organisation import OrganisationFacts
from directory.domain.service import FIELDS, Facts
from directory.exchange import hsds
from directory.exchange.hsds_ids import own_uuid
from directory.exchange.hsds_writing import ServiceOut, Standing, service_body
from directory.shapes import settled, to_plain
from tests import build
from tests.examples import examples
from tests.exchange.hostile import facts
from tests.hsds.schemas import needs_standards, wrong


def out(*versions: Facts) -> ServiceOut:
    owners = {facts.owner.organisation: "Trust" for facts in versions}
    return ServiceOut(
        key="one",
        slug="one",
        versions=[Standing(day=date(2025, 1, day), number=day, facts=each) for day, each in enumerate(versions, 1)],
        organisation=OrganisationFacts(name="Trust"),
        organisation_slug="trust",
        organisations=owners,
        modified_at=build.NOON,
        checked_on=build.TODAY,
    )


def as_kept(said: Facts) -> Facts:
    given_facts = {name: getattr(said, name) for name in to_plain(said)}
    return Facts(**settled(Facts, given_facts))  # type: ignore[arg-type]


@needs_standards
@settings(max_examples=examples(60), deadline=None)
@given(first=facts, second=facts)
def test_an_entry_comes_back_as_it_was(first: Facts, second: Facts) -> None:
    first, second = as_kept(first), as_kept(second)
    body = json.loads(json.dumps(service_body(out(first, second), base_url="https://signpost.example")))
    assert wrong("service", body) == []
    assert {each["field_name"] for each in body.get("metadata", ())} == {
        name for name in FIELDS if getattr(first, name) != getattr(second, name)
    }
    (read,) = hsds.read(json.dumps([body]).encode()).services
    assert (read.slug, read.checked_at, read.effective_from) == ("one", build.TODAY, date(2025, 1, 2))
    again = {name: value for name, value in read.set.items() if name != "identifiers"}
    assert again == {name: getattr(second, name) for name in FIELDS if name not in ("owner", "identifiers")}
    assert read.identifier is not None
    assert read.identifier.value == body["id"]


@settings(max_examples=examples(20), deadline=None)
@given(said=facts)
def test_an_edited_field_goes_before_the_exact_one(said: Facts) -> None:
    said = as_kept(said)
    body = service_body(out(said), base_url="https://signpost.example")
    assume("locations" not in body)
    body["description"] = "Edited by hand."
    body["service_areas"] = [{"name": "Somewhere else"}]
    (read,) = hsds.read(json.dumps([body]).encode()).services
    assert read.set["description"] == "Edited by hand."
    assert [area.name for area in read.set["areas"]] == ["Somewhere else"]  # type: ignore[attr-defined]
    assert read.set["referral_routes"] == said.referral_routes
    assert read.effective_from is None


def test_what_another_program_calls_signpost_is_left_alone() -> None:
    entry = {"id": own_uuid("service", "x"), "name": "X", "status": "active", "description": "Y"}
    for extra in ("text", {"facts": {"nothing": "known"}}, {"facts": {"contacts": [{"type": "pigeon"}]}}, {"facts": 3}):
        (read,) = hsds.read(json.dumps([{**entry, "signpost": extra}]).encode()).services
        assert (read.set["name"], read.set["description"], read.slug) == ("X", "Y", None)
