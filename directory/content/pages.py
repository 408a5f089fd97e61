"""Knowledge pages as files: what is said of a page in its front matter, and its body in sections.

A forum keeps its notes in its body, each under a heading of the second level that begins with its day:
`## 2026-11-12: Key safes that arrive late`. Everything else of the body is about the forum itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from directory.content.markdown import LONGEST, Document, parse
from directory.domain.lettering import legible
from directory.errors import Invalid, Problem
from directory.shapes import from_plain, tidy

PageKind = Literal["pathway", "forum", "guidance"]
PAGE_KINDS: tuple[PageKind, ...] = get_args(PageKind)
KEYS = ("title", "kind", "summary", "meets", "needs", "areas", "steps", "updated")
STEP_KEYS = ("title", "service", "note")
LONGEST_TITLE = 200
LONGEST_FORUM = 1_000_000

_HEADING = re.compile(r"##[ \t]+(.+?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})[ \t]*[:.–-]?[ \t]*(.*)")
_UPDATED = re.compile(r"^updated[ \t]*:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a pathway: what is done, the slug or id of the service that takes it, and a note."""

    title: str
    service: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A knowledge page: its whole text, and what its front matter says."""

    slug: str
    kind: str
    title: str
    updated: date
    text: str
    summary: str = ""
    meets: str = ""
    needs: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a body under its heading of the second level; before the first it is empty. `day` is that of a note."""

    heading: str
    text: str
    day: date | None = None
    anchor: str = ""


def read_page(text: str, *, slug: str) -> PageFile:
    """A page from people, line ends made alike; raises `Invalid` that names every mistake."""
    text = tidy(text.removeprefix("\ufeff")) + "\n"
    document = parse(text)
    problems = [*_problems_of_facts(document.facts), *_problems_of_body(document)]
    updated = _updated(document.facts)
    if updated is None:
        problems.append(Problem("updated", "give the day of the last review, as in 2026-12-01"))
    if problems or updated is None:
        raise Invalid(problems)
    return _page(slug, text, document, updated)


def page_of(text: str, *, slug: str, kind: str, title: str, updated: date) -> PageFile:
    """A page that was stored before, read as far as it can be: a rule that came later must not hide it."""
    return _page(slug, text, parse(text), updated, kind=kind, title=title)


def _updated(facts: Mapping[Any, Any]) -> date | None:
    given = facts.get("updated")
    # A bare number would be read as seconds since 1970.
    if not isinstance(given, str | date):
        return None
    try:
        day: date = from_plain(date, given, where="updated")
    except Invalid:
        return None
    return day


def _page(slug: str, text: str, document: Document, updated: date, **said: str) -> PageFile:
    facts = document.facts
    return PageFile(
        slug=slug,
        kind=said.get("kind") or str(facts["kind"]),
        title=said.get("title") or str(facts["title"]).strip(),
        updated=updated,
        text=text,
        summary=_text(facts, "summary"),
        meets=_text(facts, "meets"),
        needs=_list(facts, "needs"),
        areas=_list(facts, "areas"),
        steps=tuple(
            Step(_text(step, "title"), _text(step, "service"), _text(step, "note"))
            for step in facts.get("steps") or ()
            if isinstance(step, Mapping)
        ),
        body=document.body,
    )


def _text(facts: Mapping[Any, Any], key: str) -> str:
    return str(facts.get(key) or "").strip()


def _list(facts: Mapping[str, Any], key: str) -> tuple[str, ...]:
    given = facts.get(key)
    return tuple(map(str, given)) if isinstance(given, list) else (str(given),) if given else ()


def _problems_of_facts(facts: Mapping[Any, Any]) -> Iterator[Problem]:
    if unknown := [str(key) for key in facts if key not in KEYS]:
        yield Problem("", f"there is no {legible(', '.join(unknown))} on a page; it has {', '.join(KEYS)}")
    if not _text(facts, "title"):
        yield Problem("title", "a page needs a title")
    elif len(_text(facts, "title")) > LONGEST_TITLE:
        yield Problem("title", f"a title is at most {LONGEST_TITLE} characters")
    if facts.get("kind") not in PAGE_KINDS:
        yield Problem("kind", f"give one of {', '.join(PAGE_KINDS)}")
    for key in ("needs", "areas"):
        given = facts.get(key) or []
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            yield Problem(key, "give a list of words, as in [leg ulcer, wound care]")
    steps = facts.get("steps") or []
    if not isinstance(steps, list):
        yield Problem("steps", "give a list of {title, service, note}")
        return
    for place, step in enumerate(steps, start=1):
        if not isinstance(step, Mapping) or not _text(step, "title") or not _text(step, "service"):
            yield Problem(f"step {place}", "give a title and the slug of a service, as in {title: …, service: …}")
        elif unknown := [str(key) for key in step if key not in STEP_KEYS]:
            yield Problem(
                f"step {place}", f"there is no {legible(', '.join(unknown))} in a step; put quotes around its texts"
            )


def _problems_of_body(document: Document) -> Iterator[Problem]:
    parts = sections(document.body)
    # A forum grows for years: it is shown note by note.
    shown = [about(document.body), *(each.text for each in parts if each.day)]
    longest = max(map(len, shown)) if document.facts.get("kind") == "forum" else len(document.body)
    if longest > LONGEST or len(document.body) > LONGEST_FORUM:
        yield Problem("", f"a page, or a note of a forum, is at most {LONGEST:,} characters; this has {longest:,}")
    for section in parts:
        dated = _DATED.fullmatch(section.heading)
        if dated and section.day is None:
            yield Problem(f"## {section.heading[:60]}", f"{dated[1]} is not a day of the calendar")


def sections(body: str) -> tuple[Section, ...]:
    """The body in sections, in order. The oldest note of a day is `note-DAY`, the next ones `note-DAY-2` and so on."""
    parts = list(_parts(body))
    seen: Counter[date] = Counter()
    found = []
    # From below: a note that is added at the top leaves the anchors of the others as they are.
    for heading, text in reversed(parts):
        day = _day_of(heading)
        anchor = ""
        if day is not None:
            seen[day] += 1
            anchor = f"note-{day}" + (f"-{seen[day]}" if seen[day] > 1 else "")
        found.append(Section(heading, text, day, anchor))
    return tuple(reversed(found))


def _parts(body: str) -> Iterator[tuple[str, str]]:
    heading, lines, fence = "", list[str](), ""
    for line in body.splitlines():
        if opened := _FENCE.match(line):
            # A heading inside a block of code is none.
            fence = "" if fence and opened[1].startswith(fence) else fence or opened[1]
        if not fence and (mark := _HEADING.fullmatch(line)):
            if heading or any(lines):
                yield heading, "\n".join(lines).strip()
            heading, lines = mark[1], []
        else:
            lines.append(line)
    if heading or any(lines):
        yield heading, "\n".join(lines).strip()


def _day_of(heading: str) -> date | None:
    found = _DATED.fullmatch(heading)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def title_of(section: Section) -> str:
    """The heading of a note without its day."""
    found = _DATED.fullmatch(section.heading) if section.day else None
    return (found[2] or "Note") if found else section.heading


def notes(body: str) -> tuple[Section, ...]:
    """The notes of a forum, newest first."""
    return tuple(sorted((each for each in sections(body) if each.day), key=lambda each: str(each.day), reverse=True))


def about(body: str) -> str:
    """The body without its notes."""
    return "\n\n".join(_written(each) for each in sections(body) if each.day is None)


def with_note(text: str, *, day: date, title: str, note: str) -> str:
    """A forum's file with one more note, above those of its day and before, and `updated` no earlier than the note.

    Raises `Invalid` where the note would swallow or break another one.
    """
    head, body = _in_two(text)
    parts = list(sections(body))
    place = next((at for at, each in enumerate(parts) if each.day and each.day <= day), len(parts))
    added = Section(f"{day}: {' '.join(title.split())}", tidy(note), day)
    written = "\n\n".join(map(_written, [*parts[:place], added, *parts[place:]]))
    said = [(each.heading, each.text) for each in sections(written)]
    if said != [(each.heading, each.text) for each in (*parts[:place], added, *parts[place:])]:
        raise Invalid([Problem("note", "use ### for headings inside a note, and close every block of code")])
    whole = f"{head}{written}\n"
    updated = _updated(parse(text).facts)
    return whole if updated and updated >= day else with_updated(whole, day)


def with_updated(text: str, day: date) -> str:
    """A page's file whose front matter says that it was updated on a day; all else stays as it is written."""
    head, body = _in_two(text)
    return f"{_UPDATED.sub(f'updated: {day}', head, count=1)}{body}\n"


def _in_two(text: str) -> tuple[str, str]:
    """A file as its front matter with what is around it, and its body; together they are the file."""
    text = tidy(text.removeprefix("\ufeff"))
    body = parse(text).body
    return (text.removesuffix(body), body) if body else (f"{text}\n", "")


def _written(section: Section) -> str:
    return f"## {section.heading}\n\n{section.text}".strip() if section.heading else section.text


def changed(before: str, after: str) -> tuple[tuple[Section, ...], Sequence[str]]:
    """The sections of a body that are new or say something else, and the headings of those that went."""
    was, now = sections(before), sections(after)
    texts, headings = {(each.heading, each.text) for each in was}, {each.heading for each in now}
    new = tuple(each for each in now if (each.heading, each.text) not in texts)
    return new, [each.heading for each in was if each.heading and each.heading not in headings]
