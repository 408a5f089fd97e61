"""A change: what is published, what it does to versions, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, get_args

from directory.domain.service import Facts, differing_fields
from directory.domain.succession import Noun, Succession

Kind = Literal[
    "opened", "owner", "referral-route", "eligibility", "hours", "location", "contact", "capacity", "renamed",
    "merged", "split", "moved", "replaced", "paused", "resumed", "closed", "correction",
]  # fmt: skip
Weight = Literal["major", "minor"]
Stage = Literal["announced", "in-force"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Fields that no other kind names are corrections of what the entry says.
KIND_OF_FIELD: Mapping[str, Kind] = {
    "name": "renamed",
    "owner": "owner",
    "referral_routes": "referral-route",
    "eligibility": "eligibility",
    "needs": "eligibility",
    "areas": "eligibility",
    "hours": "hours",
    "locations": "location",
    "contacts": "contact",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change sets on one service, organisation or team: whole fields, already of the domain's types.

    `expected_version` is the version that the author read; 0 opens something new, None skips the check. `slug` and
    `ods_code` are given to what is new, and kept for ever.
    """

    id: str
    set: Mapping[str, object]
    expected_version: int | None = None
    slug: str | None = None
    ods_code: str | None = None


# A day outside of these is a slip of the hand, and the calendar of programs ends not far beyond.
YEARS = (1900, 2199)


def is_likely(day: date) -> bool:
    """Whether something of a directory can be dated so."""
    return YEARS[0] <= day.year <= YEARS[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A change before it is published. `why`, `what_to_do` and `in_flight` are Markdown.

    `supersedes` is the number of a change that this one takes the place of: that one is withdrawn, as if it had never
    been. Where this one sets nothing itself, it only withdraws; else it amends. `override` says why it is published
    without the agreement of those whom it needs; empty where everybody agreed, or nobody had to. `reverses` is the
    number of a change that this one sets back: that one held, and those who were told of it are told of this.
    """

    title: str
    effective_from: date
    kinds: tuple[Kind, ...] = ()
    services: tuple[Edit, ...] = ()
    organisations: tuple[Edit, ...] = ()
    teams: tuple[Edit, ...] = ()
    succession: tuple[Succession, ...] = ()
    organisation_succession: tuple[Succession, ...] = ()
    why: str = ""
    what_to_do: str = ""
    in_flight: str = ""
    weight: Weight = "major"
    urgent: bool = False
    supersedes: int | None = None
    reverses: int | None = None
    override: str = ""

    @property
    def sets_nothing(self) -> bool:
        """Whether it changes nothing by itself."""
        return not any((self.services, self.organisations, self.teams, self.succession, self.organisation_succession))

    def moved_to(self, day: date) -> Draft:
        """The same from another day, with the successions that begin on its own."""
        return replace(
            self,
            effective_from=day,
            succession=self._links_moved(self.succession, day),
            organisation_succession=self._links_moved(self.organisation_succession, day),
        )

    def _links_moved(self, links: tuple[Succession, ...], day: date) -> tuple[Succession, ...]:
        return tuple(
            replace(link, effective_from=day) if link.effective_from == self.effective_from else link for link in links
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that a change touched: its id, the version that the change made of it (if any), and what it set."""

    noun: Noun
    id: str
    version: int | None
    set: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A published change. `sha256` is that of its record, which names the one before as `previous`.

    A withdrawn one names the change that withdrew or amended it as `superseded_by`, and that one names it.
    """

    number: int
    title: str
    slug: str
    kinds: tuple[Kind, ...]
    effective_from: date
    recorded_at: datetime
    weight: Weight
    urgent: bool
    why: str
    what_to_do: str
    in_flight: str
    status: Literal["published", "withdrawn"]
    sha256: str
    previous: str
    subjects: tuple[Subject, ...] = ()
    succession: tuple[Succession, ...] = ()
    organisation_succession: tuple[Succession, ...] = ()
    supersedes: int | None = None
    superseded_by: int | None = None
    reverses: int | None = None
    override: str = ""

    @property
    def sets_nothing(self) -> bool:
        """Whether all it does is to withdraw another."""
        links = self.succession or self.organisation_succession
        return not links and not any(subject.set for subject in self.subjects)


def kinds_between(before: Facts | None, after: Facts) -> tuple[Kind, ...]:
    """The kinds of a change from one version to the next, in the order of `KINDS`; empty where nothing differs."""
    if before is None:
        return ("opened",)
    found: set[Kind] = set()
    for field in differing_fields(before, after):
        if field == "status":
            found.add(_kind_of_status(before, after))
        elif field != "former_names":
            found.add(KIND_OF_FIELD.get(field, "correction"))
    if not found and before.former_names != after.former_names:
        found.add("correction")
    return tuple(kind for kind in KINDS if kind in found)


def _kind_of_status(before: Facts, after: Facts) -> Kind:
    if after.status == "closed":
        return "closed"
    if after.status == "paused":
        return "paused"
    return "resumed" if before.status in ("paused", "closed") else "opened"


def stages(effective_from: date, published_on: date) -> tuple[Stage, ...]:
    """A change is announced when it is published, and told again on the day when that lies ahead."""
    return ("announced", "in-force") if effective_from > published_on else ("announced",)


def terms(kinds: Sequence[Kind], service_id: str | None, versions: Iterable[Facts]) -> frozenset[tuple[str, str]]:
    """What a subscription can match, as (facet, value): the service, what it was and what it becomes."""
    found: set[tuple[str, str]] = {("kind", kind) for kind in kinds}
    if service_id:
        found.add(("service", service_id))
    for facts in versions:
        found |= facts_terms(facts)
    return frozenset(found)


def facts_terms(facts: Facts) -> set[tuple[str, str]]:
    """The terms of one version: owner, team, areas, needs, setting and referral methods, folded for comparison."""
    found = {("owner", facts.owner.organisation), ("setting", facts.setting)}
    if facts.owner.team:
        found.add(("team", facts.owner.team))
    found |= {("area", fold(area.name)) for area in facts.areas}
    found |= {("need", fold(need)) for need in facts.needs}
    found |= {("route", route.method) for route in facts.referral_routes}
    return found


def fold(text: str) -> str:
    """A name as it is compared: case and runs of white space do not count."""
    return " ".join(text.casefold().split())
