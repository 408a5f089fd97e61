"""What a subscription is matched by: criteria by id with the names that people read, from keys or from a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from sqlalchemy import Connection

from directory.domain.area import Gazetteer
from directory.domain.change import KINDS, fold
from directory.domain.query import Query
from directory.domain.service import SETTINGS, ReferralMethod
from directory.domain.subscription import Facet, describe
from directory.errors import Invalid, Problem
from directory.search.facets import meant
from directory.search.plan import Plan
from directory.store import areas as area_store
from directory.store import pages as page_store
from directory.store.heard import known_values
from directory.store.organisations import organisations_by_id
from directory.store.versions import find_ids, load_in_force

WORDS: Mapping[Facet, tuple[str, ...]] = {
    "kind": KINDS, "setting": tuple(SETTINGS), "route": get_args(ReferralMethod),
}  # fmt: skip
# More would be a list to keep by hand: an area, a need or an organisation says the same and stays true.
MOST = 100


@dataclass(frozen=True, slots=True)
class Criteria:
    """Values by facet as they are matched, and what each is called."""

    facets: Mapping[Facet, tuple[str, ...]]
    names: Mapping[tuple[str, str], str]

    @property
    def label(self) -> str:
        """What they mean, in words."""
        return describe(self.facets, self.names)


def resolve(connection: Connection, given: Mapping[Facet, Sequence[str]], *, today: date) -> Criteria:
    """Criteria by id; raises `Invalid` for what does not exist. Needs and areas are those that some entry has had."""
    found: dict[Facet, tuple[str, ...]] = {}
    names: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for facet, values in given.items():
        if len(values) > MOST:
            problems.append(Problem(facet, f"at most {MOST}: choose an area, a need or an organisation instead"))
            continue
        ids, called = _named(connection, facet, values, today)
        noun = facet.replace("route", "referral route")
        problems += [Problem(facet, f"there is no {noun} {value!r}") for value in values if value not in ids]
        found[facet] = tuple(dict.fromkeys(ids[value] for value in values if value in ids))
        names |= {(facet, key): name for key, name in called.items()}
    if "page" in found and len(found) > 1:
        problems.append(Problem("page", "a page is followed by itself: subscribe to the services in another step"))
    if problems:
        raise Invalid(problems)
    return Criteria({facet: values for facet, values in found.items() if values}, names)


def _named(
    connection: Connection, facet: Facet, values: Sequence[str], today: date
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What is stored for each value that there is, and what each of those is called."""
    if facet == "service":
        ids = find_ids(connection, "service", values)
        rows = load_in_force(connection, "service", ids.values(), on=date.max)
        return ids, {key: row.facts.name for key, row in rows.items()}
    if facet == "owner":
        ids = find_ids(connection, "organisation", values)
        bodies = organisations_by_id(connection, list(ids.values()), on=today)
        return ids, {each.id: each.facts.name for each in bodies}
    if facet == "team":
        ids = find_ids(connection, "team", values)
        rows = load_in_force(connection, "team", ids.values(), on=date.max)
        slugs = {key: rows[team].slug for key, team in ids.items() if team in rows}
        return slugs, {row.slug: row.facts.name for row in rows.values()}
    if facet == "page":
        pages = page_store.some(connection, values)
        return {slug: slug for slug in pages}, {slug: page.title for slug, page in pages.items()}
    if facet in WORDS:
        return {value: value for value in values if value in WORDS[facet]}, {}
    return _folded(connection, facet, values)


def _folded(connection: Connection, facet: Facet, values: Sequence[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    known = known_values(connection, facet)
    called = {fold(area.name): area.name for area in area_store.load(connection)} if facet == "area" else {}
    ids = {value: fold(value) for value in values if fold(value) in known or fold(value) in called}
    return ids, {folded: called.get(folded, " ".join(value.split())) for value, folded in ids.items()}


def of_question(connection: Connection, query: Query, plan: Plan, gazetteer: Gazetteer) -> dict[Facet, tuple[str, ...]]:
    """The criteria that a question means: needs and areas that entries have, and the setting that was chosen.

    What a subscriber is shown is exactly this, and so is what changes are matched against. Raises `Invalid`, which says
    what to do, where the question means neither a need nor an area: then nothing could be matched by it.
    """
    found = meant(
        query, plan, gazetteer, needs=known_values(connection, "need"), areas=known_values(connection, "area")
    )
    if not (found.needs or found.areas) or (not found.needs and any(each.required for each in plan.tokens)):
        said = f"No entry has a need that “{query.text[:60]}” names. Use the words of a need as entries have them"
        raise Invalid([Problem("q", f"{said}, or open the service, team or organisation that you mean: follow that")])
    criteria: dict[Facet, tuple[str, ...]] = {}
    if found.needs:
        criteria["need"] = found.needs
    if found.areas:
        criteria["area"] = found.areas
    if query.setting:
        criteria["setting"] = (query.setting,)
    return criteria
