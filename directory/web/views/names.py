"""What services, organisations and teams are called, and where their pages are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from directory.domain.service import Facts, Owner
from directory.domain.succession import Noun, Part, Succession
from directory.store.versions import find_ids, load_in_force
from directory.web import words
from directory.web.language import N_, Said


@dataclass(frozen=True, slots=True)
class Named:
    """A name and its page; `href` is empty where there is none."""

    name: str
    href: str = ""
    closed: bool = False


_FOLDERS: Mapping[Noun, str] = {"service": "services", "organisation": "organisations", "team": "teams"}


def team_names(connection: Connection, slugs: Iterable[str], *, on: date) -> dict[str, str]:
    """What some teams are called on a day, by their slugs; a slug that names none is its own name."""
    wanted = {slug for slug in slugs if slug}
    ids = find_ids(connection, "team", wanted)
    names = names_of(connection, "team", ids.values(), on=on)
    return {slug: names[ids[slug]].name if slug in ids else slug for slug in wanted}


def names_of(connection: Connection, noun: Noun, ids: Iterable[str], *, on: date) -> dict[str, Named]:
    """Names on a day by id; of what begins later, the name that it will have."""
    wanted = set(ids)
    rows = load_in_force(connection, noun, wanted, on=on)
    if missing := wanted - rows.keys():
        rows |= load_in_force(connection, noun, missing, on=date.max)
    named = {
        key: Named(row.facts.name, f"/{_FOLDERS[noun]}/{row.slug}", getattr(row.facts, "status", "") == "closed")
        for key, row in rows.items()
    }
    return {key: named.get(key, Named(key)) for key in wanted}


@dataclass(frozen=True, slots=True)
class OwnerNames:
    """The names of the owners of some versions, as they are called today."""

    organisations: Mapping[str, Named]
    teams: Mapping[str, Named]

    @classmethod
    def of(cls, connection: Connection, versions: Iterable[Facts], *, on: date) -> OwnerNames:
        """The names that some versions need."""
        owners = {facts.owner for facts in versions}
        ids = find_ids(connection, "team", {owner.team for owner in owners if owner.team})
        teams = names_of(connection, "team", ids.values(), on=on)
        return cls(
            names_of(connection, "organisation", {owner.organisation for owner in owners}, on=on),
            {slug: teams[team] for slug, team in ids.items()},
        )

    def in_words(self, owner: Owner) -> str:
        """Team and organisation, as a person would say it."""
        organisation = self.organisations[owner.organisation].name
        if not owner.team:
            return organisation
        team = self.teams.get(owner.team)
        return f"{team.name if team else owner.team}, {organisation}"


@dataclass(frozen=True, slots=True)
class SuccessionLine:
    """One link in words: what comes before the other's name, the other, the part that it takes, and from when."""

    words: str
    other: Named | None
    part: str
    effective_from: date
    coming: bool


_BECOMES = Said(
    {
        "renamed": N_("Renamed to"),
        "replaced": N_("Replaced by"),
        "merged": N_("Merged into"),
        "split": N_("Split: part of it went to"),
        "moved": N_("Moved to"),
        "closed": N_("Closed, with nothing in its place"),
    }
)
_WAS = Said(
    {
        "renamed": N_("Was called"),
        "replaced": N_("Replaces"),
        "merged": N_("Took in"),
        "split": N_("Took over part of"),
        "moved": N_("Moved from"),
        "closed": N_("Closed"),
    }
)


def succession_lines(
    links: Iterable[Succession], names: Mapping[str, Named], *, of: str, on: date
) -> tuple[SuccessionLine, ...]:
    """The links that leave or reach one subject, in words, oldest first."""
    lines = []
    for link in sorted(links, key=lambda link: link.effective_from):
        leaves = link.predecessor == of
        other = link.successor if leaves else link.predecessor
        lines.append(
            SuccessionLine(
                (_BECOMES if leaves else _WAS)[link.kind],
                names[other] if other else None,
                part_in_words(link.part),
                link.effective_from,
                link.effective_from > on,
            )
        )
    return tuple(lines)


def part_in_words(part: Part | None) -> str:
    """The share of a split service that one successor takes; empty where it is not limited."""
    if part is None:
        return ""
    if part.text:
        return part.text
    given = (words.listed(part.needs), words.listed(part.areas), words.ages_in_words(part.age_min, part.age_max))
    return "; ".join(filter(None, given))
