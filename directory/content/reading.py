"""A change from people, as a Markdown file or as plain data, to a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from directory.content.markdown import parse
from directory.content.sections import HEADINGS, read_sections
from directory.domain.change import KINDS, YEARS, Draft, Edit, is_likely
from directory.domain.lettering import legible
from directory.domain.succession import Noun, Succession
from directory.errors import Invalid, Problem
from directory.shapes import SHAPE_OF_NOUN, from_plain, set_from_plain, tidy

CHANGE_KEYS = frozenset(
    {
        "title", "kinds", "services", "organisations", "teams", "succession", "organisation_succession",
        "effective_from", "weight", "urgent", "why", "what_to_do", "in_flight", "supersedes",
        "reverses", "override",
    }
)  # fmt: skip
TEXTS = ("title", "why", "what_to_do", "in_flight", "override")
# A published record says these too; `published` dates a change of the past in starter content.
RECORD_KEYS = frozenset({"number", "slug", "recorded_at", "previous", "published"})
NOUN_OF_KEY: Mapping[str, Noun] = {"services": "service", "organisations": "organisation", "teams": "team"}


@dataclass(frozen=True, slots=True)
class ChangeFile:
    """A change as a file gives it; `published_at` where it says when it was published."""

    draft: Draft
    published_at: datetime | None
    facts: Mapping[str, Any]


def read_change(text: str, *, where: str = "") -> ChangeFile:
    """A change written as Markdown; raises `Invalid` naming every mistake."""
    document = parse(text, where=where)
    unknown = sorted(map(str, set(document.facts) - CHANGE_KEYS - RECORD_KEYS))
    if unknown:
        known = ", ".join(sorted(CHANGE_KEYS))
        raise Invalid([Problem(where, f"there is no {legible(', '.join(unknown))} in a change; it has {known}")])
    texts = read_sections(document.body, where=where)
    facts = {key: value for key, value in document.facts.items() if key in CHANGE_KEYS}
    if twice := sorted(texts.keys() & facts.keys()):
        said = ", ".join(f"{key} and ## {HEADINGS[key]}" for key in twice)
        raise Invalid([Problem(where, f"{said}: say it once")])
    draft = draft_from_plain(texts | facts, where=where)
    return ChangeFile(draft, _instant(document.facts, where), document.facts)


def draft_from_plain(data: Mapping[str, Any], *, where: str = "") -> Draft:
    """A change from plain data, as files and the API give it; raises `Invalid` naming every mistake."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for key, shape in (*((name, str) for name in TEXTS), ("urgent", bool)):
        if key in data:
            _collect(values, problems, key, shape, data[key])
    for key, does in (("supersedes", "takes the place of"), ("reverses", "sets back")):
        number = data.get(key)
        if number is not None:
            values[key] = number
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                problems.append(Problem(key, f"give the number of the change that this one {does}"))
    day = data.get("effective_from")
    # A bare number would be read as seconds since 1970.
    _collect(values, problems, "effective_from", date, None if isinstance(day, int | float) else day)
    if not str(data.get("title") or "").strip():
        problems.append(Problem("title", "say in one line what changes"))
    kinds = data.get("kinds") or ()
    if not isinstance(kinds, list | tuple):
        problems.append(Problem("kinds", "give a list, as in [owner, referral-route]"))
        kinds = ()
    values["kinds"] = tuple(kinds)
    problems += [
        Problem("kinds", f"{kind!r} is not a kind; the kinds are {', '.join(KINDS)}")
        for kind in values["kinds"]
        if kind not in KINDS
    ]
    if "weight" in data:
        values["weight"] = data["weight"]
        if data["weight"] not in ("major", "minor"):
            problems.append(Problem("weight", "give major (tells people) or minor (a typo)"))
    day = values.get("effective_from")
    if isinstance(day, date) and not is_likely(day):
        problems.append(Problem("effective_from", f"give a day from {YEARS[0]} to {YEARS[1]}"))
    for key, noun in NOUN_OF_KEY.items():
        values[key] = _edits(key, noun, data.get(key), problems)
    for key in ("succession", "organisation_succession"):
        values[key] = _links(key, data.get(key), day, problems)
        problems += [
            Problem(key, f"give days from {YEARS[0]} to {YEARS[1]}")
            for link in values[key]
            if not is_likely(link.effective_from)
        ]
    if problems:
        raise Invalid([Problem(f"{where} {problem.where}".strip(), problem.reason) for problem in problems])
    return Draft(**values)


def _collect(values: dict[str, Any], problems: list[Problem], key: str, shape: Any, given: object) -> None:
    try:
        value = from_plain(shape, given, where=key)
        values[key] = tidy(value) if isinstance(value, str) else value
    except Invalid as invalid:
        if key == "effective_from":
            problems.append(Problem(key, "give the day from which it holds, as in 2026-12-01"))
        else:
            problems.extend(invalid.problems)


def _edits(key: str, noun: Noun, given: object, problems: list[Problem]) -> tuple[Edit, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        problems.append(Problem(key, "give a list"))
        return ()
    edits = []
    for place, item in enumerate(given):
        where = f"{key}.{place}"
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str) or not item["id"]:
            problems.append(Problem(where, "give an id and what to set"))
            continue
        if unknown := sorted(set(item) - {"id", "slug", "ods_code", "expected_version", "set"}):
            problems.append(Problem(where, f"there is no {legible(', '.join(map(str, unknown)))} here"))
        if not all(isinstance(item.get(key), str | None) for key in ("slug", "ods_code")):
            problems.append(Problem(where, "a slug and an ods_code are text"))
            continue
        try:
            edit = set_from_plain(SHAPE_OF_NOUN[noun], item.get("set") or {}, where=f"{where}.set")
            expected = from_plain(int | None, item.get("expected_version"), where=f"{where}.expected_version")  # type: ignore[arg-type]
            edits.append(Edit(item["id"], edit, expected, slug=item.get("slug"), ods_code=item.get("ods_code")))
        except Invalid as invalid:
            problems.extend(invalid.problems)
    return tuple(edits)


def _links(key: str, given: object, day: date | None, problems: list[Problem]) -> tuple[Succession, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        problems.append(Problem(key, "give a list"))
        return ()
    links = []
    for place, item in enumerate(given):
        where = f"{key}.{place}"
        if not isinstance(item, Mapping) or not item.get("from"):
            problems.append(Problem(where, "give kind, from and, unless it closes, to"))
            continue
        plain = {
            "kind": item.get("kind"),
            "predecessor": item["from"],
            "successor": item.get("to"),
            "effective_from": item.get("effective_from") or day,
            "part": item.get("part"),
        }
        try:
            links.append(from_plain(Succession, plain, where=where))
        except Invalid as invalid:
            problems.extend(invalid.problems)
    return tuple(links)


def _instant(facts: Mapping[str, Any], where: str) -> datetime | None:
    given = facts.get("published", facts.get("recorded_at"))
    if given is None:
        return None
    at: datetime = from_plain(datetime, given, where=f"{where} published".strip())
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
