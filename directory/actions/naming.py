"""From what people call things (slugs, ODS codes) to ids, before a change is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from directory.domain.change import Draft, Edit
from directory.domain.service import Owner, slug_of
from directory.domain.succession import Noun, Succession
from directory.errors import Invalid, Problem
from directory.store.versions import find_ids, taken_slugs

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


def name(connection: Connection, drafts: Sequence[Draft]) -> Named:
    """Resolve every reference of some drafts; raises `Invalid` naming each that leads nowhere."""
    known = {noun: find_ids(connection, noun, _mentioned(noun, drafts)) for noun in EDITS}
    wanted_slugs = {
        noun: [_slug(noun, edit) for draft in drafts for edit in getattr(draft, field) if edit.id not in known[noun]]
        for noun, field in EDITS.items()
    }
    taken = {noun: taken_slugs(connection, noun, slugs) for noun, slugs in wanted_slugs.items()}
    named, newcomers, problems = [], [], []
    for draft in drafts:
        found, opened, wrong = _name_one(draft, known, taken)
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
        if isinstance(owner, Owner):
            yield owner.organisation
    for edit in draft.teams:
        if "organisation" in edit.set:
            yield str(edit.set["organisation"])


def _name_one(
    draft: Draft, known: dict[Noun, dict[str, str]], taken: dict[Noun, set[str]]
) -> tuple[Draft, tuple[Newcomer, ...], list[Problem]]:
    problems: list[Problem] = []
    opened: list[Newcomer] = []
    values: dict[str, tuple[Edit, ...]] = {}
    for noun, field in EDITS.items():
        edits = []
        for edit in getattr(draft, field):
            if edit.id not in known[noun]:
                if "opened" not in draft.kinds and edit.expected_version != 0:
                    problems.append(Problem(field, f"there is no {noun} {edit.id!r}; to open it, add the kind opened"))
                    continue
                newcomer = _newcomer(noun, edit, taken[noun])
                opened.append(newcomer)
                known[noun] |= {newcomer.id: newcomer.id, newcomer.slug: newcomer.id}
                if newcomer.ods_code:
                    known[noun][newcomer.ods_code] = newcomer.id
            edits.append(replace(edit, id=known[noun][edit.id], set=_set(edit.set, known, problems)))
        values[field] = tuple(edits)
    named = replace(
        draft,
        **values,  # type: ignore[arg-type]
        succession=_links("service", draft.succession, known, problems),
        organisation_succession=_links("organisation", draft.organisation_succession, known, problems),
    )
    return named, tuple(opened), problems


def _newcomer(noun: Noun, edit: Edit, taken: set[str]) -> Newcomer:
    return Newcomer(
        noun, edit.id, free_slug(_slug(noun, edit), taken), edit.ods_code.upper() if edit.ods_code else None
    )


def free_slug(wanted: str, taken: set[str]) -> str:
    """The wanted slug, or the first of wanted-2, wanted-3 … that is free; it is taken from then on."""
    slug, suffix = wanted, 2
    while slug in taken:
        slug, suffix = f"{wanted}-{suffix}", suffix + 1
    taken.add(slug)
    return slug


def _slug(noun: Noun, edit: Edit) -> str:
    return edit.slug or slug_of(str(edit.set.get("name") or edit.id) if noun != "team" else edit.id)


def _set(
    edit: Mapping[str, object], known: dict[Noun, dict[str, str]], problems: list[Problem]
) -> Mapping[str, object]:
    owner = edit.get("owner")
    if isinstance(owner, Owner):
        organisation = _known(known, "organisation", owner.organisation, "owner.organisation", problems)
        if owner.team:
            _known(known, "team", owner.team, "owner.team", problems)
        return {**edit, "owner": Owner(organisation, owner.team)}
    if isinstance(edit.get("organisation"), str):
        organisation = _known(known, "organisation", str(edit["organisation"]), "organisation", problems)
        return {**edit, "organisation": organisation}
    return edit


def _links(
    noun: Noun, links: Sequence[Succession], known: dict[Noun, dict[str, str]], problems: list[Problem]
) -> tuple[Succession, ...]:
    return tuple(
        replace(
            link,
            predecessor=_known(known, noun, link.predecessor, "succession", problems),
            successor=_known(known, noun, link.successor, "succession", problems) if link.successor else None,
        )
        for link in links
    )


def _known(known: dict[Noun, dict[str, str]], noun: Noun, key: str, where: str, problems: list[Problem]) -> str:
    if key not in known[noun]:
        problems.append(Problem(where, f"there is no {noun} {key!r}"))
        return key
    return known[noun][key]
