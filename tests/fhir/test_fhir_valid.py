"""Every resource and bundle satisfies two validators: the starter content, and services that say all they can."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from directory.domain.change import Draft, Edit
from directory.domain.organisation import OrganisationMembership
from directory.domain.service import (
    SETTINGS,
    Area,
    Basis,
    Contact,
    ContactType,
    Eligibility,
    Identifier,
    Location,
    Owner,
    ReferralMethod,
    ReferralRoute,
    Status,
    Urgency,
)
from directory.domain.succession import Part, Succession
from directory.exchange.fhir_terms import PARAMETERS
from directory.fhir.definitions import CODE_SYSTEMS, EXTENSIONS
from directory.store.database import Database
from directory.store.fhir_history import read_state
from directory.store.imports import add_memberships
from directory.store.services import list_ids
from tests import build
from tests.fhir.conftest import FakeSite, Fhir
from tests.fhir.validating import wrong, wrong_by_node, wrong_by_python

# 2,000 with SIGNPOST_FHIR_SERVICES=2000.
SERVICES = int(os.environ.get("SIGNPOST_FHIR_SERVICES", "60"))
WORDS = (
    "Clinic",
    "café",
    "<b>&amp;</b>",
    "  spaced  out ",
    'quoted "x"',
    "signpost-own:x",
    "日本",
    "\x0bodd",
    "a|b,c$d\\e",
)
HOURS = (
    "Mo-Fr 09:00-17:00; PH off", "24/7", "Sa-Mo 10:00-12:00,13:00-16:00", "by arrangement", "Mo 22:00-02:00",
    "Mo[1] 09:00-12:00", "Mo-Fr 09:00-17:00; We 10:00-12:00", "Tu 00:00-24:00", "Tu 20:00-24:00", "PH off", " ",
    "09:00-17:00",
)  # fmt: skip

ADDRESSES = (
    "a@x.example", "a@nhs.net", "https://x.example/a b", "https://x.example/r?a=b#c", "01632 960001", "", " ",
)  # fmt: skip


@pytest.fixture(scope="module")
def full(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fhir]:
    """A directory whose services say everything that a service can say, by chance that repeats."""
    path = tmp_path_factory.mktemp("full") / "signpost.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    build.directory(database)
    chance = random.Random(7)
    edits = [build.opening(f"service-{number}", **facts(chance)) for number in range(SERVICES)]
    links = (
        Succession(
            "service-0", "service-1", "split", build.TODAY, Part("Feet", ("foot care",), ("Eastmarsh",), 18, 65)
        ),
        Succession("service-0", "service-2", "split", build.TODAY, Part(age_min=66)),
        Succession("service-3", None, "closed", build.TODAY + timedelta(days=9)),
    )
    build.change(database, build.draft(*edits, kinds=("opened",), effective_from=build.OPENED))
    build.change(database, build.draft(title="Split", succession=links))
    build.change(database, Draft(title="Owners", effective_from=build.TODAY, organisations=owners(), weight="minor"))
    with database.write() as connection:
        add_memberships(connection, memberships(), {each: each for each in ("one", "two")})
    found = Fhir.of(FakeSite(database))
    found.follow()
    # Every kind of version: changed, closed, and taken out of sight.
    build.change(database, build.draft(*(Edit(f"service-{number}", facts(chance)) for number in range(5, 25))))
    found.follow()
    yield found
    database.close()


def owners() -> tuple[Edit, ...]:
    return (
        build.organisation(
            "one",
            "Organisation <One>",
            kind="NHS  Trust",
            ods_code="ZZZ1",
            website="https://one.example",
            address="1 Street\nTown",
            postcode="ZZ1 1ZZ",
            opened=date(2020, 1, 1),
            closed=date(2030, 1, 1),
        ),
        build.organisation("two", "Two", status="closed"),
    )


def memberships() -> list[OrganisationMembership]:
    return [
        OrganisationMembership("one", "two", "integrated-care-board", date(2020, 1, 1)),
        OrganisationMembership("one", "two", "group", date(2020, 1, 1), date(2021, 1, 1)),
        OrganisationMembership("two", "one", "group", date(2020, 1, 1), date(2020, 1, 1)),
    ]


@dataclass(frozen=True, slots=True)
class Chance:
    """Invents what a service can say."""

    chance: random.Random

    def word(self) -> str:
        return f"{self.chance.choice(WORDS)} {self.chance.randrange(1000)}"

    def one(self, *values: Any) -> Any:
        return self.chance.choice(values)

    def pick(self, kind: Any) -> Any:
        return self.chance.choice(get_args(kind))

    def some(self, make: Callable[[], Any]) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self.chance.randrange(4)))

    def route(self) -> ReferralRoute:
        method, address, who = self.pick(ReferralMethod), self.one(*ADDRESSES), self.word()
        return ReferralRoute(method, address, who, self.pick(Urgency), self.one(*HOURS), self.word(), self.word())

    def contact(self) -> Contact:
        label, audience = self.one("", self.word()), self.one("public", "professionals")
        return Contact(self.pick(ContactType), self.word(), label, audience)

    def place(self) -> Location:
        point = self.one((None, None), (51.5, -0.1), (50.0, 0.0))
        return Location(self.one("", self.word()), self.one("", "1 Street\nTown"), self.one("", "ZZ1 1ZZ"), *point)

    def area(self) -> Area:
        return Area(self.word(), self.one("", "E09000030"), self.pick(Basis))

    def identifier(self) -> Identifier:
        return Identifier(self.one("ods", "local list", "https://x.example/id", "urn:oid:1.2"), self.word())


def facts(chance: random.Random) -> dict[str, Any]:
    given = Chance(chance)
    eligible = (Eligibility(), Eligibility(given.word(), 18), Eligibility("", None, 65), Eligibility("x", 1, 2))
    return {
        "name": given.word().replace("\x0b", ""),
        "owner": Owner(given.one("community-trust", "hospital-trust")),
        "status": given.one(*(each for each in get_args(Status) if each != "closed")),
        "setting": given.one(*SETTINGS),
        "summary": given.word(),
        "description": f"# {given.word()}\n\n* {given.word()}\n",
        "eligibility": given.one(*eligible),
        "needs": given.some(given.word),
        "areas": given.some(given.area),
        "referral_routes": given.some(given.route),
        "contacts": given.some(given.contact),
        "locations": given.some(given.place),
        "hours": given.one(*HOURS),
        "former_names": given.some(lambda: given.word().replace("\x0b", "")),
        "identifiers": given.some(given.identifier),
    }


def test_everything_is_valid_by_itself(full: Fhir) -> None:
    resources = [each["resource"] for type_ in PARAMETERS for each in full.entries(f"{type_}/_history?_count=500")]
    assert len({each["resourceType"] for each in resources}) == len(PARAMETERS) - 2
    assert sum(each["resourceType"] == "HealthcareService" for each in resources) > SERVICES
    assert wrong(resources) == []


def test_bundles_are_valid(full: Fhir) -> None:
    paths = [f"{type_}{query}" for type_ in PARAMETERS for query in ("?_count=20", "/_history?_count=20", "?_count=0")]
    paths += [
        "HealthcareService?_count=5&_include=HealthcareService:organization&_include=HealthcareService:location&x=1"
    ]
    paths += ["Organization?_revinclude=Location:organization&_revinclude=OrganizationAffiliation:primary-organization"]
    bundles = [full.get(path) for path in paths]
    entries = [
        {"request": {"method": "GET", "url": path}} for path in ("Organization/one", "Patient", "Location?_count=2")
    ]
    bundles.append(full.post("/fhir", {"resourceType": "Bundle", "type": "batch", "entry": entries}))
    assert wrong(bundles) == []


def test_what_the_server_says_of_itself_is_valid(full: Fhir) -> None:
    said = [full.get("metadata"), full.get("Nothing", 404)]
    said += [full.get(f"StructureDefinition/{each}") for each in EXTENSIONS]
    said += [full.get(f"CodeSystem/{each}") for each in CODE_SYSTEMS]
    assert wrong(said) == []


def test_each_code_and_extension_that_is_used_is_defined(full: Fhir) -> None:
    own = f"{full.site.settings.base_url}/fhir/"
    for type_ in PARAMETERS:
        for entry in full.entries(f"{type_}/_history?_count=500"):
            for found in _every(entry["resource"]):
                url, system = found.get("url", ""), found.get("system", "")
                if url.startswith(own):
                    extension = EXTENSIONS[url.removeprefix(f"{own}StructureDefinition/")]
                    inner = {each["url"] for each in found.get("extension", ())}
                    assert inner <= set(extension.parts or ())
                if system.startswith(f"{own}CodeSystem/"):
                    _, codes = CODE_SYSTEMS[system.removeprefix(f"{own}CodeSystem/")]
                    assert codes is None or found["code"] in codes


def test_references_lead_somewhere(full: Fhir) -> None:
    there = {f"{type_}/{id_}" for type_ in PARAMETERS for id_ in full.found(f"{type_}?_count=500")}
    for type_ in PARAMETERS:
        for entry in full.entries(f"{type_}?_count=500"):
            found = {each["reference"] for each in _every(entry["resource"]) if "reference" in each}
            assert found <= there


def _every(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _every(each)


def test_the_starter_content_is_valid(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    furnished: Path = request.getfixturevalue("_furnished")
    shutil.copy(furnished / "signpost.db", tmp_path / "signpost.db")
    database = Database(f"sqlite:///{tmp_path / 'signpost.db'}")
    fhir = Fhir.of(FakeSite(database))
    fhir.follow()
    resources = [each["resource"] for type_ in PARAMETERS for each in fhir.entries(f"{type_}?_count=500")]
    with database.read() as connection:
        services = list_ids(connection, after="", limit=500, on=read_state(connection).day)
    assert sum(each["resourceType"] == "HealthcareService" for each in resources) == len(services) > 80
    assert wrong(resources) == []
    database.close()


def test_the_validators_find_what_is_wrong() -> None:
    for each in (
        {"resourceType": "HealthcareService", "id": "h", "colour": "red"},
        {"resourceType": "Endpoint", "id": "e", "status": "active"},
    ):
        assert wrong_by_python([each])
        assert wrong_by_node([each])
    odd = {"system": "http://terminology.hl7.org/CodeSystem/service-referral-method", "code": "pigeon"}
    assert wrong_by_node([{"resourceType": "HealthcareService", "id": "h", "referralMethod": [{"coding": [odd]}]}])
