"""What a version says: former names are kept, differences are named by kind, slugs are plain."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from directory.domain.change import KINDS, facts_terms, kinds_between, stages
from directory.domain.service import Area, Contact, Eligibility, Facts, Owner, differing_fields, slug_of
from directory.domain.subscription import FACETS, describe

NAMES = st.sampled_from(["Alder", "Beech", "Cedar", "Damson"])
edits = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "owner": st.sampled_from([Owner("o1"), Owner("o1", "t1")]),
        "status": st.sampled_from(["active", "paused", "closed", "planned"]),
        "contacts": st.sampled_from([(), (Contact("phone", "01632 960145"),)]),
        "eligibility": st.sampled_from([Eligibility(), Eligibility("Adults", 18)]),
        "hours": st.sampled_from(["", "24/7"]),
        "summary": st.sampled_from(["", "x"]),
        "former_names": st.sampled_from([(), ("Elder",)]),
    },
)


@given(st.lists(NAMES, min_size=1))
def test_every_former_name_is_kept_once_and_never_the_present_one(names: list[str]) -> None:
    facts = Facts(name="Alder", owner=Owner("o"))
    for name in names:
        facts = facts.with_({"name": name})
    assert set(facts.former_names) == {"Alder", *names} - {facts.name}
    assert len(set(facts.former_names)) == len(facts.former_names)


@given(edits, edits)
def test_kinds_are_empty_exactly_where_nothing_differs(first: dict[str, object], second: dict[str, object]) -> None:
    before = Facts(name="Alder", owner=Owner("o1")).with_(first)
    after = before.with_(second)
    found = kinds_between(before, after)
    assert bool(found) == (before != after) == bool(differing_fields(before, after))
    assert found == tuple(kind for kind in KINDS if kind in found)
    assert kinds_between(before, before) == ()


def test_kinds_of_fields() -> None:
    before = Facts(name="Alder", owner=Owner("o1"))
    for edit, kinds in (
        ({"name": "Beech"}, ("renamed",)),
        ({"owner": Owner("o1", "t")}, ("owner",)),
        ({"contacts": (Contact("phone", "1"),), "hours": "24/7"}, ("hours", "contact")),
        ({"needs": ("x",)}, ("eligibility",)),
        ({"summary": "x"}, ("correction",)),
        ({"former_names": ("Elder",)}, ("correction",)),
        ({"status": "paused"}, ("paused",)),
        ({"status": "closed"}, ("closed",)),
    ):
        assert kinds_between(before, before.with_(edit)) == kinds
    for status in ("paused", "closed"):
        assert kinds_between(before.with_({"status": status}), before) == ("resumed",)
    assert kinds_between(before.with_({"status": "planned"}), before) == ("opened",)
    assert kinds_between(None, before) == ("opened",)


def test_terms_are_folded() -> None:
    facts = Facts(name="A", owner=Owner("o", "t"), needs=("Leg  ULCER",), areas=(Area("East Marsh"),))
    assert {("need", "leg ulcer"), ("area", "east marsh"), ("owner", "o"), ("team", "t")} <= facts_terms(facts)


def test_a_future_change_is_told_again_on_its_day() -> None:
    day = date(2026, 12, 1)
    assert stages(day, date(2026, 11, 22)) == ("announced", "in-force")
    assert stages(day, day) == stages(date(2026, 1, 1), day) == ("announced",)


@given(st.text(), st.integers(1, 100))
def test_a_slug_is_plain_and_stays_what_it_is(name: str, limit: int) -> None:
    slug = slug_of(name, limit=limit)
    assert slug == "service" or (re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) and len(slug) <= limit)
    assert slug == "service" or slug_of(slug, limit=limit) == slug


def test_slugs_that_people_would_give() -> None:
    assert slug_of("Children's & Young People’s Café — North/East") == "childrens-young-peoples-cafe-north-east"
    assert slug_of("診療") == slug_of("") == "service"


def test_a_subscription_says_in_words_what_it_is_of() -> None:
    criteria = {"area": ("eastmarsh",), "need": ("continence", "stoma"), "service": ("abc",), "route": ("email",)}
    names = {("service", "abc"): "Leg ulcer clinic", ("area", "eastmarsh"): "Eastmarsh"}
    said = "service Leg ulcer clinic, area Eastmarsh, need continence or stoma, referral route email"
    assert describe(criteria, names) == said  # type: ignore[arg-type]
    assert describe({}, {}) == "every change"
    assert describe(dict.fromkeys(FACETS, ()), {}) == "every change"
