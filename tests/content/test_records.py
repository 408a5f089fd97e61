"""A record says all of a change: the same bytes each time, and reading it gives the change again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.content import records
from directory.content.reading import read_change
from directory.domain.change import KINDS, Draft, Edit
from directory.domain.organisation import OrganisationFacts, TeamFacts
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
from directory.domain.succession import Part, Succession
from directory.shapes import tidy, to_plain
from tests.examples import examples

AT = datetime(2026, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
# What domain values hold: text as every door takes it in.
words = st.text(st.characters(codec="utf-8"), max_size=20).map(tidy)
some = words.filter(bool)
nasty = st.sampled_from(
    ["## Why", "## What to do", "---", "\\## Why", "\\\\## Why", "## Referrals already made", "# x", "a: b", ""]
)
prose = st.lists(nasty | words, max_size=5).map(lambda lines: tidy("\n".join(lines)))
days = st.dates(date(1948, 7, 5), date(2100, 1, 1))
ages = st.none() | st.integers(0, 60)
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "name": some,
    "owner": st.builds(Owner, some, st.none() | some),
    "status": st.sampled_from(["active", "closed"]),
    "description": words,
    "eligibility": st.builds(Eligibility, words, ages, st.none() | st.integers(60, 130)),
    "needs": st.lists(words, max_size=3).map(tuple),
    "areas": st.lists(st.builds(Area, some, words, st.sampled_from(["registered", "resident"])), max_size=2).map(tuple),
    "contacts": st.lists(st.builds(Contact, st.sampled_from(["phone", "email"]), some, words), max_size=2).map(tuple),
    "referral_routes": st.lists(st.builds(ReferralRoute, st.just("email"), words, words, notes=words), max_size=2).map(
        tuple
    ),
    "locations": st.lists(
        st.builds(Location, words, words, words, st.none() | st.floats(-90, 90), st.none() | st.floats(-180, 180)),
        max_size=2,
    ).map(tuple),
    "identifiers": st.lists(st.builds(Identifier, some, some), max_size=2).map(tuple),
}
service_edits = st.builds(Edit, some, st.fixed_dictionaries({}, optional=FIELDS), st.none(), st.none() | some)
organisation_edits = st.builds(
    Edit,
    some,
    st.fixed_dictionaries({}, optional={"name": some, "opened": st.none() | days, "ods_code": st.none() | some}),
    st.none(),
    st.none() | some,
    st.none() | some,
)
team_edits = st.builds(Edit, some, st.fixed_dictionaries({}, optional={"name": some, "email": words}))
parts = st.none() | st.builds(Part, words, st.lists(some, max_size=2).map(tuple), age_min=ages)
links = st.lists(
    st.builds(Succession, some, st.none() | some, st.sampled_from(["split", "moved", "closed"]), days, parts),
    max_size=2,
).map(tuple)
drafts = st.builds(
    Draft,
    title=some,
    effective_from=days,
    kinds=st.lists(st.sampled_from(KINDS), max_size=3).map(tuple),
    services=st.lists(service_edits, max_size=2).map(tuple),
    organisations=st.lists(organisation_edits, max_size=2).map(tuple),
    teams=st.lists(team_edits, max_size=1).map(tuple),
    succession=links,
    organisation_succession=links,
    why=prose,
    what_to_do=prose,
    in_flight=prose,
    weight=st.sampled_from(["major", "minor"]),
    urgent=st.booleans(),
)


def rendered(draft: Draft) -> str:
    return records.render(draft, number=7, slug="a-change", recorded_at=AT, previous=records.NO_RECORD)


@settings(max_examples=examples(25))
@given(drafts)
def test_a_record_reads_back_as_the_change_it_is_of(draft: Draft) -> None:
    text = rendered(draft)
    found = read_change(text)
    assert found.draft == draft
    assert found.published_at == AT
    assert rendered(found.draft) == text


@pytest.mark.parametrize(
    "why",
    [
        "## What to do\n\nThis heading is of the why.",
        "Before\n\n## Why\n\nafter",
        "\\## Why",
        "---\ntitle: Another\n---",
        "## A heading of its own\n\nText",
        "### Smaller\n\n- list\n\n    code",
        "```\n## Why\n```",
        '"quotes": and 😀\n\n---\n\nmore',
    ],
)
def test_text_that_looks_like_a_record_comes_back(why: str) -> None:
    draft = Draft(title="A change", effective_from=date(2026, 12, 1), why=why, what_to_do="Do.", in_flight=why)
    assert read_change(rendered(draft)).draft == draft


@pytest.mark.parametrize(
    "title", ['Say "no": yes', "- a", "---", "a\n---\nb", "😀 # x", "yes", "2026-12-01", "{x}", "| a"]
)
def test_titles_that_yaml_finds_hard(title: str) -> None:
    draft = Draft(title=title, effective_from=date(2026, 12, 1))
    assert read_change(rendered(draft)).draft == draft


def test_every_field_of_every_noun_comes_back() -> None:
    service = Facts(
        name="Leg ulcer clinic",
        owner=Owner("trust", "team"),
        status="planned",
        setting="acute",
        summary="S",
        description="# D\n\n---\n\nmore",
        eligibility=Eligibility("Adults", 18, 99),
        needs=("leg ulcer",),
        areas=(Area("East", "E1", "registered"),),
        referral_routes=(ReferralRoute("email", "a@b.example", "who", "urgent", "24/7", "what", "notes"),),
        contacts=(Contact("phone", "01632 960145", "label", "professionals"),),
        locations=(Location("L", "A", "NM1 1AA", 51.5, -0.1),),
        hours="24/7",
        former_names=("Old",),
        identifiers=(Identifier("ods", "X"),),
    )
    organisation = OrganisationFacts(
        name="Trust",
        kind="k",
        ods_code="ZZN01",
        status="closed",
        opened=date(1990, 1, 1),
        closed=date(2020, 1, 1),
        website="w",
        address="a",
        postcode="p",
        description="d",
    )
    team = TeamFacts(name="Team", organisation="trust", email="e", phone="p", description="d")
    edits: dict[str, Any] = {
        key: (Edit("x", {field.name: getattr(facts, field.name) for field in fields(facts)}),)
        for key, facts in (("services", service), ("organisations", organisation), ("teams", team))
    }
    draft = Draft(title="All", effective_from=date(2026, 12, 1), **edits)
    assert read_change(rendered(draft)).draft == draft
    # None of these fields is left at its default, so that none can be forgotten.
    for facts in (service, organisation, team):
        assert set(to_plain(facts)) == {field.name for field in fields(facts)}


@settings(max_examples=examples(20))
@given(drafts.filter(lambda draft: draft.services != ()))
def test_rendering_does_not_depend_on_the_order_of_a_mapping(draft: Draft) -> None:
    turned = tuple(replace(edit, set=dict(reversed(list(edit.set.items())))) for edit in draft.services)
    assert rendered(replace(draft, services=turned)) == rendered(draft)


def test_where_a_record_lives(tmp_path: Path) -> None:
    path = records.path_of(tmp_path, number=42, slug="a-change", recorded_at=AT)
    assert path == tmp_path / "changes" / "2026" / "000042-a-change.md"
    records.write(path, "é\r\n")
    assert path.read_bytes() == "é\r\n".encode()
    assert list(path.parent.iterdir()) == [path]
    assert records.stamp(AT) == "2026-12-31T23:59:59.123456Z"
