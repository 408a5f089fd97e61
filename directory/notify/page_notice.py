"""A version of a knowledge page as a message shows it: the notes that are new, or the parts that changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from directory.content.pages import PageFile, Section, changed, page_of, sections, title_of
from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.notice import SHOWN, Prose, full_date, prose_of
from directory.store.told_pages import ToldPage


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNotice:
    """One version of a page, ready to be shown to anybody who follows it.

    `lead` is its subject and `news` what happened, each in a line; `gone` are the headings that it no longer has, and
    `more` how many further parts changed.
    """

    page: str
    number: int
    title: str
    lead: str
    news: str
    why: str
    prose: tuple[Prose, ...]
    gone: tuple[str, ...]
    more: int
    link: str
    # As a change's notice has it: pages wait for no day and are not taken back.
    withdrawn: bool = False
    urgent: bool = False


def page_notice(told: ToldPage, letterhead: Letterhead) -> PageNotice:
    """A version in words, with what differs from the one before it."""
    day = told.recorded_at.astimezone(letterhead.zone).date()
    now, was = _read(told, told.text, day), _read(told, told.before, day)
    new, gone = changed(was.body, now.body)
    known = {each.heading for each in sections(was.body)}
    added = [each for each in new if each.day and each.heading not in known]
    prose = [_part(each, each.heading in known, letterhead) for each in _notes_first(new)]
    if now.steps != was.steps:
        prose.insert(0, prose_of("Who to refer to", _steps(now), letterhead))
    title = one_line(told.title)
    anchor = f"#{added[0].anchor}" if len(added) == 1 else ""
    return PageNotice(
        page=told.slug,
        number=told.number,
        title=title,
        lead=f"{title}: {one_line(title_of(added[0]))}" if len(added) == 1 else f"{title}: {_what(len(added))}",
        news=f"{_what(len(added)).capitalize()}, {full_date(day)}.",
        why=one_line(told.why),
        prose=tuple(prose[:SHOWN]),
        gone=tuple(one_line(heading) for heading in gone),
        more=max(0, len(prose) - SHOWN),
        link=letterhead.link(f"/pages/{told.slug}{anchor}"),
    )


def _read(told: ToldPage, text: str, day: date) -> PageFile:
    return page_of(text, slug=told.slug, kind=told.kind, title=told.title, updated=day)


def _what(notes: int) -> str:
    if not notes:
        return "this page changed"
    return "a new note" if notes == 1 else f"{notes} new notes"


def _notes_first(parts: tuple[Section, ...]) -> list[Section]:
    """New and changed notes, newest first, above what else changed."""
    return sorted(parts, key=lambda part: str(part.day or ""), reverse=True)


def _part(part: Section, known: bool, letterhead: Letterhead) -> Prose:
    heading = f"{full_date(part.day)}: {title_of(part)}" if part.day else part.heading or "At the top of the page"
    return prose_of(one_line(f"{heading} (changed)" if known and part.day else heading), part.text, letterhead)


def _steps(page: PageFile) -> str:
    return "\n".join(
        f"{place}. [{one_line(step.title)}](service:{step.service})" + (f": {one_line(step.note)}" if step.note else "")
        for place, step in enumerate(page.steps, start=1)
    )
