"""From what people call things (slugs, ODS codes) to ids, before a change is worked out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from directory.domain.change import Draft, Edit
from directory.domain.service import Owner, slug_of
from directory.domain.succession import Noun, Succession
from directory.errors import Invalid, Problem
from directory.shapes import SHAPE_OF_NOUN, settled
from directory.store.versions import find_ids, load_in_force, taken_slugs

EDITS: Mapping[Noun, str] = {"organisation": "organisations", "team": "teams", "service": "services"}


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A subject that a draft opens: its id and slug, both for ever, and an organisation's ODS code."""

    noun: Noun
    id: str
    slug: str
    ods_code: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Drafts whose every reference is an id, and what they open, in the order of the drafts."""

    drafts: tuple[Draft, ...]
    newcomers: tuple[tuple[Newcomer, ...], ...]


# What can stand in an address as it is.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(slots=True)
class _Known:
    """What is there, and what the drafts before this one opened: ids by every name, and teams by id."""

    ids: dict[Noun, dict[str, str]]
    teams: dict[str, tuple[str, str]]
    codes: set[str]
    taken: dict[Noun, set[str]]


def name(connection: Connection, drafts: Sequence[Draft]) -> Named:
    """Resolve every reference of some drafts; raises `Invalid` naming each that leads nowhere."""
    known = {noun: find_ids(connection, noun, _mentioned(noun, drafts)) for noun in EDITS}
    rows = load_in_force(connection, "team", known["team"].values(), on=date.max)
    teams = {key: (row.slug, row.facts.organisation) for key, row in rows.items()}
    wanted_slugs = {
        noun: [_slug(noun, edit) for draft in drafts for edit in getattr(draft, field) if edit.id not in known[noun]]
        for noun, field in EDITS.items()
    }
    taken = {noun: taken_slugs(connection, noun, slugs) for noun, slugs in wanted_slugs.items()}
    codes = [edit.ods_code for draft in drafts for edit in draft.organisations if edit.ods_code]
    everything = _Known(known, teams, set(find_ids(connection, "organisation", codes)), taken)
    named, newcomers, problems = [], [], []
    for draft in drafts:
        found, opened, wrong = _name_one(draft, everything)
        named.append(found)
        newcomers.append(opened)
        problems.extend(wrong)
    if problems:
        raise Invalid(problems)
    return Named(tuple(named), tuple(newcomers))


def _mentioned(noun: Noun, drafts: Sequence[Draft]) -> set[str]:
    keys: set[str] = set()
    for draft in drafts:
        keys.update(edit.id for edit in getattr(draft, EDITS[noun]))
        links = {"service": draft.succession, "organisation": draft.organisation_succession}.get(noun, ())
        keys.update(key for link in links for key in (link.predecessor, link.successor) if key)
        if noun == "organisation":
            keys.update(_organisations_in(draft))
        elif noun == "team":
            owners = (edit.set.get("owner") for edit in draft.services)
            keys.update(owner.team for owner in owners if isinstance(owner, Owner) and owner.team)
    return keys


def _organisations_in(draft: Draft) -> Iterable[str]:
    for edit in draft.services:
        owner = edit.set.get("owner")
        if isinstance(owner, Owner) and owner.organisation:
            yield owner.organisation
    for edit in draft.teams:
        if "organisation" in edit.set:
            yield str(edit.set["organisation"])


def _name_one(draft: Draft, known: _Known) -> tuple[Draft, tuple[Newcomer, ...], list[Problem]]:
    problems: list[Problem] = []
    opened: list[Newcomer] = []
    values: dict[str, tuple[Edit, ...]] = {}
    for noun, field in EDITS.items():
        edits = []
        for edit in getattr(draft, field):
            new = edit.id not in known.ids[noun]
            if new and "opened" not in draft.kinds and edit.expected_version != 0:
                problems.append(Problem(field, f"there is no {noun} {edit.id!r}; to open it, add the kind opened"))
                continue
            if new:
                opened.append(_newcomer(noun, edit, known, problems))
            facts = _set(settled(SHAPE_OF_NOUN[noun], edit.set), known, problems)
            if new and noun == "team":
                known.teams[edit.id] = (opened[-1].slug, str(facts.get("organisation", "")))
            edits.append(replace(edit, id=known.ids[noun][edit.id], set=facts))
        values[field] = tuple(edits)
    named = replace(
        draft,
        **values,  # type: ignore[arg-type]
        succession=_links("service", draft.succession, known, problems),
        organisation_succession=_links("organisation", draft.organisation_succession, known, problems),
    )
    return named, tuple(opened), problems


def _newcomer(noun: Noun, edit: Edit, known: _Known, problems: list[Problem]) -> Newcomer:
    code = edit.ods_code.upper() if edit.ods_code else None
    if not ID.fullmatch(edit.id):
        problems.append(Problem(edit.id, "this cannot be an id: use up to 64 letters, digits, hyphens and dots"))
    if edit.slug and (len(edit.slug) > 100 or not SLUG.fullmatch(edit.slug)):
        problems.append(Problem(edit.id, f"{edit.slug!r} cannot be a slug: use small letters, digits and hyphens"))
    if code and (code in known.codes or edit.ods_code in known.codes):
        problems.append(Problem(edit.id, f"the ODS code {code} belongs to another organisation"))
    slug = free_slug(_slug(noun, edit), known.taken[noun])
    known.ids[noun] |= {slug: edit.id, edit.id: edit.id}
    if code:
        known.codes.add(code)
        known.ids[noun][code] = edit.id
    return Newcomer(noun, edit.id, slug, code)


def free_slug(wanted: str, taken: set[str]) -> str:
    """The wanted slug, or the first of wanted-2, wanted-3 … that is free; it is taken from then on."""
    slug, suffix = wanted, 2
    while slug in taken:
        slug, suffix = f"{wanted}-{suffix}", suffix + 1
    taken.add(slug)
    return slug


def _slug(noun: Noun, edit: Edit) -> str:
    return edit.slug or slug_of(str(edit.set.get("name") or edit.id) if noun != "team" else edit.id)


def _set(edit: Mapping[str, object], known: _Known, problems: list[Problem]) -> Mapping[str, object]:
    owner = edit.get("owner")
    if isinstance(owner, Owner):
        return {**edit, "owner": _owner(owner, known, problems)}
    if isinstance(edit.get("organisation"), str):
        return {**edit, "organisation": _id("organisation", str(edit["organisation"]), "organisation", known, problems)}
    return edit


def _owner(owner: Owner, known: _Known, problems: list[Problem]) -> Owner:
    """The owner by organisation id and team slug; a team alone brings its organisation."""
    organisation = owner.organisation
    if organisation:
        organisation = _id("organisation", organisation, "owner.organisation", known, problems)
    if not owner.team:
        return Owner(organisation)
    slug, of_team = known.teams.get(_id("team", owner.team, "owner.team", known, problems), (owner.team, organisation))
    return Owner(organisation or of_team or "?", slug)


def _links(noun: Noun, links: Sequence[Succession], known: _Known, problems: list[Problem]) -> tuple[Succession, ...]:
    return tuple(
        replace(
            link,
            predecessor=_id(noun, link.predecessor, "succession", known, problems),
            successor=_id(noun, link.successor, "succession", known, problems) if link.successor else None,
        )
        for link in links
    )


def _id(noun: Noun, key: str, where: str, known: _Known, problems: list[Problem]) -> str:
    if key not in known.ids[noun]:
        problems.append(Problem(where, f"there is no {noun} {key!r}"))
        return key
    return known.ids[noun][key]
