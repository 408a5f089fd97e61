"""A folder of Markdown (organisations, teams, services, changes, pages), and its lists in YAML, to domain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml

from directory.content.markdown import Document, parse
from directory.content.pages import PageFile, read_page
from directory.content.reading import ChangeFile, read_change
from directory.domain.area import Area
from directory.domain.change import fold
from directory.domain.organisation import OrganisationMembership
from directory.domain.service import Facts, Owner
from directory.domain.source import SourceOrganisation, SourceService
from directory.errors import Invalid, Problem
from directory.shapes import SHAPE_OF_NOUN, from_plain, required_fields, set_from_plain

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """An organisation or a team as a file gives it."""

    slug: str
    set: Mapping[str, object]
    effective_from: date


@dataclass(frozen=True, slots=True)
class _Line:
    term: str
    means: tuple[str, ...]
    kind: str


@dataclass(slots=True)
class Folder:
    """Everything that a folder says."""

    organisations: list[SubjectFile] = field(default_factory=list)
    teams: list[SubjectFile] = field(default_factory=list)
    services: list[SourceService] = field(default_factory=list)
    changes: list[ChangeFile] = field(default_factory=list)
    pages: list[PageFile] = field(default_factory=list)
    vocabulary: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    memberships: list[OrganisationMembership] = field(default_factory=list)


def read_folder(folder: Path) -> Folder:
    """Read a whole folder; raises `Invalid` naming every mistake by its file."""
    found = Folder()
    problems: list[Problem] = []
    found.organisations = _each(folder / "organisations", _organisation, problems)
    found.teams = _each(folder / "teams", _team, problems)
    found.services = _each(folder / "services", read_service, problems)
    found.changes = _each(folder / "changes", lambda path, text: read_change(text, where=path.name), problems)
    found.pages = _each(folder / "pages", _page, problems)
    vocabulary = folder / "vocabulary.yaml"
    if vocabulary.exists():
        found.vocabulary = _vocabulary(vocabulary, problems)
    found.areas = _areas(folder / "areas.yaml", problems)
    found.memberships = _listed(folder / "memberships.yaml", OrganisationMembership, problems)
    if problems:
        raise Invalid(problems)
    if not any(getattr(found, said) for said in found.__slots__):
        raise Invalid([Problem(str(folder), "there are no services, changes or pages in this folder")])
    return found


def _each(folder: Path, read: Callable[[Path, str], T], problems: list[Problem]) -> list[T]:
    values = []
    for path in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        try:
            values.append(read(path, path.read_text(encoding="utf-8")))
        except Invalid as invalid:
            problems += [_named(path, problem) for problem in invalid.problems]
        except UnicodeDecodeError:
            problems.append(Problem(path.name, "this is not UTF-8 text; save it as UTF-8"))
    return values


def _named(path: Path, problem: Problem) -> Problem:
    within = problem.where.removeprefix(path.name).strip(" .")
    return Problem(f"{path.name} {within}".strip(), problem.reason)


def _subject(path: Path, text: str, noun: Any) -> SubjectFile:
    document = parse(text, where=path.name)
    day = _day(document)
    facts = {key: value for key, value in document.facts.items() if key != "effective_from"}
    if document.body.strip():
        facts["description"] = document.body.strip()
    shape = SHAPE_OF_NOUN[noun]
    return SubjectFile(path.stem, _whole(shape, set_from_plain(shape, facts, where=path.name)), day)


def _whole(shape: type[Any], said: dict[str, object], **beside: object) -> dict[str, object]:
    """What a file says, which must be enough for an entry of its own."""
    if missing := sorted(required_fields(shape) - said.keys() - beside.keys()):
        raise Invalid([Problem(field, "say what it is; every file has it") for field in missing])
    try:
        shape(**said, **beside)
    except ValueError as error:
        raise Invalid([Problem("", str(error))]) from None
    return said


def _organisation(path: Path, text: str) -> SubjectFile:
    return _subject(path, text, "organisation")


def _team(path: Path, text: str) -> SubjectFile:
    return _subject(path, text, "team")


def read_service(path: Path, text: str) -> SourceService:
    """A service as a file gives it; its slug is the file's name unless it says another."""
    document = parse(text, where=path.name)
    facts = dict(document.facts)
    slug = str(facts.pop("slug", path.stem))
    day = _day(document)
    for key in ("effective_from", "id", "version", "recorded_at", "change"):
        facts.pop(key, None)
    owner = facts.pop("owner", None)
    if not isinstance(owner, Mapping) or not owner.get("organisation"):
        raise Invalid([Problem("owner", "say who runs it, as in {organisation: slug, team: slug}")])
    if document.body.strip():
        facts["description"] = document.body.strip()
    organisation, team = str(owner["organisation"]), str(owner["team"]) if owner.get("team") else None
    said = set_from_plain(Facts, facts, where=path.name)
    return SourceService(
        identifier=None,
        set=_whole(Facts, said, owner=Owner(organisation, team)),
        organisation=SourceOrganisation({"name": organisation}),
        team=team,
        slug=slug,
        effective_from=day,
    )


def _day(document: Document) -> date:
    given: date = from_plain(date, document.facts.get("effective_from"), where="effective_from")
    return given


def _page(path: Path, text: str) -> PageFile:
    return read_page(text, slug=path.stem)


def _vocabulary(path: Path, problems: list[Problem]) -> list[tuple[str, tuple[str, ...], str]]:
    try:
        lines = from_plain(list[_Line], yaml.safe_load(path.read_text(encoding="utf-8")), where=path.name)
    except UnicodeDecodeError:
        problems.append(Problem(path.name, "this is not UTF-8 text; save it as UTF-8"))
        return []
    except (yaml.YAMLError, Invalid) as error:
        reason = str(error).splitlines()[0]
        problems.append(Problem(path.name, f"each line needs term, means and kind, of which means is a list: {reason}"))
        return []
    counted = Counter(line.term for line in lines)
    problems += [Problem(path.name, f"{term} is there twice") for term, times in counted.items() if times > 1]
    return [(line.term, line.means, line.kind) for line in lines]


def _areas(path: Path, problems: list[Problem]) -> list[Area]:
    areas = _listed(path, Area, problems)
    names = Counter(fold(area.name) for area in areas)
    problems += [Problem(path.name, f"{name} is there twice") for name, times in names.items() if times > 1]
    problems += [
        Problem(path.name, f"{area.name} lies within {wider}, which is not an area of this list")
        for area in areas
        for wider in area.within
        if fold(wider) not in names
    ]
    return areas


def _listed(path: Path, shape: type[T], problems: list[Problem]) -> list[T]:
    """A list of one shape in a YAML file; empty where there is no such file."""
    if not path.exists():
        return []
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        return from_plain(list[shape], given or [], where=path.name)  # type: ignore[valid-type]
    except UnicodeDecodeError:
        problems.append(Problem(path.name, "this is not UTF-8 text; save it as UTF-8"))
    except yaml.YAMLError as error:
        problems.append(Problem(path.name, f"this is not YAML: {str(error).splitlines()[0]}"))
    except Invalid as invalid:
        problems += [_named(path, problem) for problem in invalid.problems]
    return []
