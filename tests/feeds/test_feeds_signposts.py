"""One Signpost reads another: what the one says, the other says; and two that read each other come to rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from directory.actions.follow_fhir import follow_fhir
from directory.app import build as build_app
from directory.domain.change import Edit
from directory.domain.service import (
    Area,
    Contact,
    Eligibility,
    Facts,
    Identifier,
    Location,
    Owner,
    ReferralRoute,
)
from directory.domain.source import names_record
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.shapes import to_plain
from directory.site import Site
from directory.web.views.names import OwnerNames
from tests import build
from tests.browser.serving import listening, served
from tests.feeds.serving import Reader


@dataclass(slots=True)
class Instance(Reader):
    """A directory that reads feeds, and is one."""

    @property
    def hsds(self) -> str:
        return f"{self.base_url}/hsds"

    @property
    def fhir(self) -> str:
        return f"{self.base_url}/fhir"

    def follow(self) -> None:
        """What the worker does after a change."""
        follow_fhir(self.database, today=self.at.astimezone(build.LONDON).date(), clock=self.clock)

    def change(self, *edits: Edit, **given: Any) -> None:
        day = self.at.astimezone(build.LONDON).date()
        build.change(self.database, build.draft(*edits, effective_from=day, **given), at=self.at)


@contextmanager
def instance(template: Path, folder: Path) -> Iterator[Instance]:
    with ExitStack() as stack:
        reader = stack.enter_context(Reader.over(template, folder))
        at = stack.enter_context(listening())
        found = Instance(reader.database, base_url=f"http://127.0.0.1:{at.getsockname()[1]}")
        settings = load({"SIGNPOST_HOME": str(folder), "SIGNPOST_BASE_URL": found.base_url})
        site = Site(settings, found.database, WhooshEngine(settings.index_folder), clock=found.clock)
        stack.enter_context(served(build_app(site), at))
        yield found


@pytest.fixture
def pair(_sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Instance, Instance]]:
    with instance(_sqlite_template, tmp_path / "a") as a, instance(_sqlite_template, tmp_path / "b") as b:
        build.directory(a.database)
        yield a, b


def said(found: Instance) -> dict[str, Any]:
    """What every service says but for ids, which are each directory's own."""
    day = found.at.astimezone(build.LONDON).date()
    facts = found.facts()
    with found.database.read() as connection:
        owners = OwnerNames.of(connection, facts.values(), on=day)
    return {
        name: {
            **to_plain(replace(each, identifiers=own(each))),
            "owner": owners.in_words(each.owner),
        }
        for name, each in facts.items()
    }


def own(facts: Facts) -> tuple[Identifier, ...]:
    return tuple(each for each in facts.identifiers if not names_record(each.system))


def turn(*pairs: tuple[Instance, str], hours: int = 1) -> None:
    for found, name in pairs:
        found.at += timedelta(hours=hours - 1)
        done = found.poll(name)
        assert not done.failed, done.result


def test_another_signpost_is_followed(pair: tuple[Instance, Instance]) -> None:
    a, b = pair
    b.add("a", a.hsds, at_most=100)
    a.change(build.opening("falls-clinic"), build.opening("foot-clinic"))
    turn((b, "a"))
    assert said(b) == said(a)
    a.change(Edit("leg-ulcer-clinic", {"name": "Wound clinic", "contacts": (Contact("email", "w@n.example"),)}))
    a.change(Edit("falls-clinic", {"status": "closed"}), what_to_do="Ask the owner.")
    a.change(build.opening("hand-clinic"))
    turn((b, "a"))
    assert said(b) == said(a)
    assert b.facts()["Wound clinic"].former_names == ("Leg ulcer clinic",)
    assert b.facts()["Falls clinic"].status == "closed"
    turn((b, "a"))
    assert b.source("a").result.endswith("0 new, 0 changed, 0 closed, 4 as before.")


def test_two_that_read_each_other_come_to_rest(pair: tuple[Instance, Instance]) -> None:
    a, b = pair
    build.change(b.database, build.draft(title="B", organisations=(build.organisation("b-trust", "B Trust"),)))
    opening = build.opening("only-in-b", team=None)
    b.change(replace(opening, set={**opening.set, "owner": Owner("b-trust")}))
    a.add("b", b.hsds, at_most=100)
    b.add("a", a.hsds, at_most=100)
    for _ in range(3):
        turn((b, "a"), (a, "b"))
    assert sorted(a.facts()) == sorted(b.facts()) == ["Leg ulcer clinic", "Only in b"]
    # Each goes on speaking for its own.
    a.change(Edit("leg-ulcer-clinic", {"name": "Wound clinic"}))
    b.change(Edit("only-in-b", {"summary": "Said by B."}))
    for _ in range(2):
        turn((b, "a"), (a, "b"))
    assert sorted(a.facts()) == sorted(b.facts()) == ["Only in b", "Wound clinic"]
    assert a.facts()["Only in b"].summary == b.facts()["Only in b"].summary == "Said by B."
    assert "0 new, 0 changed, 0 closed, 2 as before." in a.poll("b").result
    assert "0 new, 0 changed, 0 closed, 2 as before." in b.poll("a").result


WHOLE = {
    "summary": "Wounds of the leg.",
    "description": "## What we do\n\nWe bandage.",
    "eligibility": Eligibility("With a GP in Eastmarsh", 16, 65),
    "hours": "Mo-Th 09:00-17:00; Fr 09:00-13:00; PH off",
    "locations": (Location("Health centre", "2 Quay Road", "NM1 2AB", 54.605, 1.56), Location("", "Hall", "NM2 1AA")),
    "contacts": (
        Contact("phone", "01632 960145", "desk", "professionals"),
        Contact("website", "https://legs.example"),
        Contact("address", "PO Box 1, Northmoor"),
    ),
    "areas": (Area("Eastmarsh", "E09000002", "registered"), Area("Southfen")),
    "referral_routes": (
        ReferralRoute("email", "legs@n.example", "Any nurse", "urgent", what_to_send="A photograph", notes="Say when"),
        ReferralRoute("self"),
    ),
}


def test_another_signpost_is_followed_by_fhir(pair: tuple[Instance, Instance]) -> None:
    a, b = pair
    b.add("a", a.fhir, kind="mcsd", at_most=100)
    a.change(Edit("leg-ulcer-clinic", WHOLE), build.opening("falls-clinic"), build.opening("hand-clinic"))
    a.follow()
    turn((b, "a"))
    assert bare(b) == bare(a)
    assert said(b)["Leg ulcer clinic"]["locations"] == said(a)["Leg ulcer clinic"]["locations"]
    a.change(Edit("leg-ulcer-clinic", {"name": "Wound clinic", "locations": WHOLE["locations"][:1]}))  # type: ignore[index]
    a.change(Edit("falls-clinic", {"status": "closed"}), what_to_do="Ask the owner.")
    a.change(Edit("hand-clinic", {"status": "paused", "owner": Owner("hospital-trust", "vascular")}))
    a.change(build.opening("foot-clinic"))
    a.follow()
    turn((b, "a"))
    assert bare(b) == bare(a)
    assert b.facts()["Hand clinic"].status == "paused"
    turn((b, "a"))
    assert b.source("a").result == "Read 4 services: 0 new, 0 changed, 0 closed, 4 as before."
    # What A gets back from B is its own.
    b.follow()
    a.add("b", b.fhir, kind="mcsd")
    turn((a, "b"))
    assert len(a.facts()) == 4


def bare(found: Instance) -> dict[str, Any]:
    """The same without identifiers, of which FHIR has its own."""
    return {name: {**facts, "identifiers": []} for name, facts in said(found).items()}
