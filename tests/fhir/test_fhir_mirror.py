"""A mirror that only follows `_history?_since` is the directory, whatever is published, and wherever it is killed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from directory.domain.organisation import OrganisationMembership
from directory.exchange.fhir_terms import PARAMETERS
from directory.store.database import Database
from directory.store.imports import add_memberships
from directory.store.organisations import all_memberships
from directory.store.versions import all_ids
from tests.api.conftest import Api, FakeSite, furnished
from tests.api.conftest import app_of as api_app_of
from tests.api.documented import BASE_URL
from tests.api.documented import CheckedClient as ApiClient
from tests.api.test_api_mirror import Editors, Killed, _set
from tests.examples import THOROUGH
from tests.fhir.conftest import Fhir

CHANGES = 5_000 if THOROUGH else 40
Get = Callable[[str], Any]


class Mirror:
    """A copy of every resource, in a file; it may be killed at any call, and goes on from what the file says."""

    def __init__(self, file: Path, get: Get) -> None:
        self._file, self._get = file, get
        self.kept: dict[str, Any] = {type_: {"since": None, "resources": {}} for type_ in PARAMETERS}
        if file.exists():
            self.kept = json.loads(file.read_text(encoding="utf-8"))

    def follow(self, type_: str, *, count: int, clock: str | None) -> None:
        """Take in what is new of a type, from a clock of one's own or from the instant that the server said."""
        kept = self.kept[type_]
        since = f"&_since={kept['since']}" if kept["since"] else ""
        page = self._get(f"/fhir/{type_}/_history?_count={count}{since}")
        read_at = clock or page["meta"]["lastUpdated"]
        while True:
            for entry in page.get("entry", ()):
                self._take(kept["resources"], entry["resource"])
            following = [link["url"] for link in page["link"] if link["relation"] == "next"]
            if not following:
                break
            # Only pages that were read are kept; the instant, when all are.
            self._write()
            page = self._get(following[0].removeprefix(BASE_URL))
        kept["since"] = read_at
        self._write()

    def _take(self, resources: dict[str, Any], found: dict[str, Any]) -> None:
        known = resources.get(found["id"])
        if known is None or int(known["meta"]["versionId"]) <= int(found["meta"]["versionId"]):
            resources[found["id"]] = found

    def _write(self) -> None:
        aside = self._file.with_suffix(".new")
        aside.write_text(json.dumps(self.kept), encoding="utf-8")
        aside.replace(self._file)


@dataclass
class Line:
    """What the mirror calls through: it may break, and changes go on meanwhile."""

    fhir: Fhir
    editors: Editors
    chance: random.Random
    # How many calls until it breaks; never, where that is 0.
    life: int = 0
    quiet: bool = False

    def get(self, path: str) -> Any:
        self.life -= 1
        if self.life == 0:
            raise Killed
        answer = self.fhir.client.get(path)
        assert answer.status_code == 200, answer.text
        if not self.quiet and self.chance.random() < 0.3:
            self.editors.publish()
        return answer.json()


def test_a_mirror_is_the_directory(database: Database, tmp_path: Path) -> None:
    site, seed = furnished(database), 1 if database.is_sqlite else 2
    fhir, chance = Fhir.of(cast(Any, site)), random.Random(seed)
    fhir.follow()
    api = ApiClient(api_app_of(site), raise_server_exceptions=False)
    editors = Editors(Api(api), chance)
    line, kills = Line(fhir, editors, chance), 0
    mirror = Mirror(tmp_path / "mirror.json", line.get)
    while len(editors.published) < CHANGES:
        for _ in range(chance.randrange(1, 9)):
            editors.publish()
        _members(site, chance, editors.today)
        if chance.random() < 0.15:
            editors.today += timedelta(days=chance.randrange(1, 4))
            _set(site, editors.today)
        _tick(site)
        if chance.random() < 0.5:
            fhir.follow()
        clock = site.now().isoformat().replace("+00:00", "Z") if seed % 2 else None
        line.life = chance.choice([0, 0, chance.randrange(1, 9)])
        try:
            for type_ in PARAMETERS:
                mirror.follow(type_, count=chance.randrange(1, 9), clock=clock)
        except Killed:
            mirror, kills = Mirror(tmp_path / "mirror.json", line.get), kills + 1
    assert kills >= CHANGES // 60
    line.life, line.quiet = 0, True
    _same(mirror, fhir)
    # What was announced for later comes into force without another change.
    editors.today += timedelta(days=30)
    _set(site, editors.today)
    _same(mirror, fhir)
    _is_the_directory(mirror, api)


def _tick(site: FakeSite) -> None:
    at = site.now() + timedelta(seconds=1)
    site.now = lambda: at  # type: ignore[method-assign]


def _members(site: FakeSite, chance: random.Random, today: date) -> None:
    if chance.random() < 0.7:
        return
    with site.database.write() as connection:
        ids = all_ids(connection, "organisation")
        known = sorted(all_memberships(connection), key=str)
        start, end = today + timedelta(days=chance.randrange(-3, 4)), today + timedelta(days=chance.randrange(4, 8))
        made = OrganisationMembership(
            chance.choice(ids), chance.choice(ids), "group", start, chance.choice([None, end])
        )
        if known and chance.random() < 0.5:
            one = chance.choice(known)
            made = OrganisationMembership(one.member, one.of, one.kind, one.start, max(one.start, end))
        add_memberships(connection, [made], {each: each for each in ids})


def _same(mirror: Mirror, fhir: Fhir) -> None:
    fhir.follow()
    for type_ in PARAMETERS:
        mirror.follow(type_, count=7, clock=None)
        there = {each["resource"]["id"]: each["resource"] for each in _entries(fhir, f"/fhir/{type_}?_count=11")}
        assert sorted(mirror.kept[type_]["resources"]) == sorted(there)
        for key, body in there.items():
            assert mirror.kept[type_]["resources"][key] == body, f"{type_}/{key}"


def _entries(fhir: Fhir, path: str) -> Any:
    while path:
        page = fhir.client.get(path).json()
        yield from page.get("entry", ())
        path = next((each["url"].removeprefix(BASE_URL) for each in page["link"] if each["relation"] == "next"), "")


def _is_the_directory(mirror: Mirror, api: ApiClient) -> None:
    """What it holds is what the native API says, too."""
    kept = {type_: each["resources"] for type_, each in mirror.kept.items()}
    services = {each["id"]: each for each in _listed(api, "services")}
    for key, entry in services.items():
        service = kept["HealthcareService"][key]
        assert service["name"] == entry["name"]
        assert service["active"] is (entry["status"] == "active")
        assert service["providedBy"]["reference"] == f"Organization/{entry['owner']['organisation']['id']}"
        ends = [each for each in service["extension"] if each["url"].endswith("/succession")]
        assert len(ends) == len(entry["succeeded_by"]) + len(entry["replaces"])
    assert not any(each["active"] for key, each in kept["HealthcareService"].items() if key not in services)
    members = Counter(
        each["participatingOrganization"]["reference"]
        for each in kept["OrganizationAffiliation"].values()
        if each["active"]
    )
    owners = {each["id"]: each for each in _listed(api, "organisations")}
    for key, owner in owners.items():
        assert kept["Organization"][key]["name"] == owner["name"]
        assert members[f"Organization/{key}"] == len(owner["member_of"])
    teams = {f"team-{each['id']}": each for each in _listed(api, "teams")}
    for key, team in teams.items():
        assert kept["Organization"][key]["name"] == team["name"]
    assert {key for key, each in kept["Organization"].items() if each["active"]} <= owners.keys() | teams.keys()


def _listed(api: ApiClient, path: str) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        page = api.get(f"/api/v1/{path}?limit=200&after={after}").json()
        yield from page["items"]
        after = page["next"]
