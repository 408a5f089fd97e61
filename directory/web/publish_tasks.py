"""The tasks in which a change is said: what changes, its details, from which day, and in what words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from directory.actions import beginning
from directory.actions.screening import personal, personal_fields
from directory.domain.change import Draft, Edit, Kind
from directory.domain.service import Facts, Owner
from directory.domain.writing import CHOICES, ENDINGS, Dated, Task, Writing, fields_of
from directory.errors import DraftNotFound, Invalid, Problem
from directory.gate.forms import form_of
from directory.web.choosing import owners
from directory.web.field_forms import ELIGIBILITY, GROUPS, SINGLE, Typed, read, typed_of_facts, typed_of_form
from directory.web.parameters import day_of, text_of
from directory.web.publish import at_a_glance, keep, own, task_of
from directory.web.rendering import page, site_of
from directory.web.views.names import team_names
from directory.web.views.publish import CHOICES as CHOICE_WORDS
from directory.web.views.publish import title_for

LONGEST = 20_000
WRITTEN = ("why", "what_to_do", "in_flight")


def what(request: Request) -> Response:
    """`/publish/{draft}/what`: which kinds of change."""
    return _what_page(request, own(request).asked)


def save_what(request: Request) -> Response:
    """`POST /publish/{draft}/what`."""
    found, given = own(request), form_of(request).every("kinds")
    asked = tuple(kind for kind in CHOICES if kind in given)
    if problem := _odd(asked):
        return _what_page(request, asked, problem)
    name = next(iter(at_a_glance(request, found).names.values()), "")

    def edit(_: Connection, held: Writing) -> Writing:
        again = beginning.chosen(held, asked)
        return again if _own_title(held, name) else _titled(again, title_for(again, name))

    return keep(request, edit)


def _own_title(held: Writing, name: str, team: str = "") -> bool:
    """Whether its author wrote the title: then it stays."""
    return held.draft.title not in (title_for(held, name, team), title_for(held, name), f"A change to {name}")


def _titled(writing: Writing, title: str) -> Writing:
    return replace(writing, draft=replace(writing.draft, title=title))


def _odd(asked: tuple[Kind, ...]) -> str:
    if not asked:
        return "Choose what changes"
    if len([kind for kind in asked if kind in ENDINGS]) > 1:
        return "A service ends in one way: choose one of the last five"
    if "paused" in asked and "resumed" in asked:
        return "It either takes referrals or it does not: choose one"
    return ""


def _what_page(request: Request, asked: tuple[Kind, ...], problem: str = "") -> Response:
    found = own(request)
    if task_of(found, "what") is None:
        raise DraftNotFound("This is not part of this draft.")
    problems = (Problem("kinds", problem),) if problem else ()
    return page(
        request, "publish_what.html", 422 if problem else 200, shown=at_a_glance(request, found), asked=asked,
        choices=CHOICE_WORDS, problems_found=problems,
    )  # fmt: skip


def details(request: Request) -> Response:
    """`/publish/{draft}/details?service=`: what the entry says in the fields that change, to be written over."""
    found = own(request)
    edit = _edit(request, found)
    with site_of(request).database.read() as connection:
        facts = _facts(connection, found, edit)
    return _details_page(request, found, edit, typed_of_facts(facts, found.fields(edit)))


def save_details(request: Request) -> Response:
    """`POST /publish/{draft}/details?service=`: keep them; `more` names a structured field that needs one more row."""
    found, form = own(request), form_of(request)
    edit = _edit(request, found)
    fields, today = found.fields(edit), site_of(request).today()
    name = at_a_glance(request, found).names.get(edit.id, "")
    typed = typed_of_form(form, fields)
    if more := form.line("more"):
        return _details_page(request, found, edit, typed.with_row(more) if more in fields else typed)
    try:
        # By the input in which it stands; the change as a whole is looked at once more when it is kept.
        if problems := personal_fields(form.fields):
            raise Invalid(problems)
        said = read(typed, fields)

        def keep_it(connection: Connection, held: Writing) -> Writing:
            now = held.edit_of(edit.id) or edit
            made = _edited(connection, held, now, said)
            kept = held.saved(Task("details", edit.id), held.with_edit(made))
            before, after = (_team(connection, each.set.get("owner"), today) for each in (now, made))
            own_words = not name or before == after or _own_title(held, name, before)
            return kept if own_words else _titled(kept, title_for(kept, name, after))

        return keep(request, keep_it)
    except Invalid as invalid:
        return _details_page(request, found, edit, typed, invalid.problems)


def _team(connection: Connection, owner: object, today: date) -> str:
    slug = owner.team or "" if isinstance(owner, Owner) else ""
    return team_names(connection, [slug], on=today).get(slug, "")


def _edit(request: Request, found: Writing) -> Edit:
    service = text_of(request, "service")
    edit = found.edit_of(service) if service else found.subject
    if edit is None or not found.fields(edit):
        raise DraftNotFound("This is not part of this draft.")
    return edit


def _facts(connection: Connection, found: Writing, edit: Edit) -> Facts:
    """What holds on the day, with what the draft sets."""
    held = beginning.held(connection, found, edit)
    return replace(held, **edit.set) if held else Facts(**edit.set)  # type: ignore[arg-type]


def _edited(connection: Connection, found: Writing, edit: Edit, said: dict[str, object]) -> Edit:
    """The edit that sets what differs; raises `Invalid` where a chosen kind changes nothing, or the facts cannot be."""
    held = beginning.held(connection, found, edit)
    try:
        after = replace(held, **said) if held else Facts(**{**edit.set, **said})  # type: ignore[arg-type]
    except ValueError as error:
        raise Invalid([Problem("name", str(error))]) from None
    if held is None:
        return replace(edit, set={**edit.set, **said})
    kept = {name: value for name, value in edit.set.items() if name not in said}
    differs = {name: value for name, value in said.items() if getattr(after, name) != getattr(held, name)}
    for kind in found.asked:
        wanted = fields_of([kind])
        if wanted and not differs.keys() & set(wanted):
            where = {"eligibility": "eligibility-text"}.get(wanted[0], wanted[0])
            reason = (
                f"You chose “{CHOICE_WORDS[kind]}”, and it says the same as before. Change it, or choose otherwise."
            )
            raise Invalid([Problem(where, reason)])
    return replace(edit, set=kept | differs)


def _details_page(
    request: Request, found: Writing, edit: Edit, typed: Typed, problems: tuple[Problem, ...] = ()
) -> Response:
    with site_of(request).database.read() as connection:
        held = beginning.held(connection, found, edit)
        owner = held.owner if held else edit.set.get("owner")
        today, beside = site_of(request).today(), owner if isinstance(owner, Owner) else None
        choices = owners(connection, today=today, beside=beside) if "owner" in found.fields(edit) else ()
    return page(
        request, "publish_details.html", 422 if problems else 200, shown=at_a_glance(request, found), edit=edit,
        fields=found.fields(edit), typed=typed, groups=GROUPS, single=SINGLE, eligibility=ELIGIBILITY, owners=choices,
        problems_found=problems,
    )  # fmt: skip


def day(request: Request) -> Response:
    """`/publish/{draft}/date`: from which day it holds."""
    found = own(request)
    said = found.draft.effective_from
    at_once = found.dated == "at-once"
    typed = "" if at_once else f"{said.day}/{said.month}/{said.year}"
    chosen = ("today" if at_once else "day") if "date" in found.done or not at_once else ""
    return _day_page(request, found, typed, chosen)


def save_day(request: Request) -> Response:
    """`POST /publish/{draft}/date`: a day gone by is asked once more, for it corrects what was known."""
    found, form, today = own(request), form_of(request), site_of(request).today()
    typed, chosen = form.line("day", limit=40), form.line("when")
    try:
        if chosen not in ("today", "day"):
            raise Invalid([Problem("when-today", "Choose today, or another day")])
        on = today if chosen == "today" else day_of(typed, where="day")
    except Invalid as invalid:
        return _day_page(request, found, typed, chosen, invalid.problems)
    if on < today and "corrects" not in form:
        return _day_page(request, found, typed, chosen, past=on)
    dated: Dated = "at-once" if chosen == "today" else "correction" if on < today else "day"
    return keep(request, lambda _, held: replace(held.saved(Task("date"), held.draft.moved_to(on)), dated=dated))


def _day_page(
    request: Request,
    found: Writing,
    typed: str,
    chosen: str,
    problems: tuple[Problem, ...] = (),
    past: date | None = None,
) -> Response:
    if task_of(found, "date") is None:
        raise DraftNotFound("This is not part of this draft.")
    return page(
        request, "publish_date.html", 422 if problems else 200, shown=at_a_glance(request, found), typed=typed,
        chosen=chosen, past=past, today=site_of(request).today(), problems_found=problems,
    )  # fmt: skip


def words(request: Request) -> Response:
    """`/publish/{draft}/words`: the title, why, what to do, referrals already made, and how much it weighs."""
    found = own(request)
    return _words_page(request, found, found.draft)


def save_words(request: Request) -> Response:
    """`POST /publish/{draft}/words`: refused where it looks like patient data, with all that was typed kept."""
    found, form = own(request), form_of(request)
    texts = {name: form.text(name, limit=LONGEST) for name in WRITTEN}
    title = form.line("title", limit=200)
    said = replace(
        found.draft,
        title=title,
        weight="minor" if form.line("weight") == "minor" else "major",
        urgent="urgent" in form,
        **texts,  # type: ignore[arg-type]
    )
    problems = personal(said) + ([] if title else [Problem("title", "Say in one line what changes")])
    if found.withdraws and not said.why.strip():
        problems.append(Problem("why", "Say why it is withdrawn: those who were told of it will read it"))
    if problems:
        return _words_page(request, found, said, tuple(problems))

    def edit(_: Connection, held: Writing) -> Writing:
        written = {name: getattr(said, name) for name in ("title", "weight", "urgent", *WRITTEN)}
        return held.saved(Task("words"), replace(held.draft, **written))

    return keep(request, edit)


def _words_page(request: Request, found: Writing, said: Draft, problems: tuple[Problem, ...] = ()) -> Response:
    return page(
        request, "publish_words.html", 422 if problems else 200, shown=at_a_glance(request, found), said=said,
        ending=found.ending, problems_found=problems,
    )  # fmt: skip
