"""The task that says what takes a service's place: by which service, and which part of it each one takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import beginning
from directory.actions.screening import personal_fields
from directory.domain.change import Draft, Edit
from directory.domain.service import Owner
from directory.domain.succession import Part, Succession, SuccessionKind, cardinality_problems
from directory.domain.writing import Task, Writing
from directory.errors import DraftNotFound, Invalid, Problem
from directory.gate.forms import Form, form_of
from directory.shapes import from_plain
from directory.web.choosing import services_like
from directory.web.publish import SEE_OTHER, at_a_glance, keep, own, save, task_of
from directory.web.rendering import page, site_of
from directory.web.views.names import names_of

LONGEST_PART = 500
# How the inputs of a part are named, before the service.
PARTS = ("text-", "age_min-", "age_max-", "areas-", "needs-")


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One service beside: its id and name, whether it merges too (rather than takes over), and the part it takes."""

    service: str
    name: str
    joins: bool
    part: Part


def after(request: Request) -> Response:
    """`/publish/{draft}/after`: what takes its place, and a search for more."""
    return _page(request, own(request))


def save_after(request: Request) -> Response:
    """`POST /publish/{draft}/after`: `look` searches, `add` takes a service in, `open` a new one; else it is kept."""
    found, form = own(request), form_of(request)
    _require_task(found)
    if problems := personal_fields(form.fields):
        return _page(request, found, form=form, problems=tuple(problems))
    try:
        if form.line("do") == "look":
            kept = save(request, lambda _, held: _with_parts(held, form))
            return _page(request, kept, form=form)
        if form.line("do") in ("add", "open"):
            save(request, lambda connection, held: _with_one_more(connection, _with_parts(held, form), form))
            return RedirectResponse(f"/publish/{found.id}/after", SEE_OTHER)
        # Kept even where it is not whole yet: nothing that is typed is lost.
        save(request, lambda _, held: _with_parts(held, form))
        return keep(request, lambda _, held: _whole(held))
    except Invalid as invalid:
        return _page(request, own(request), form=form, problems=invalid.problems)


def _require_task(found: Writing) -> None:
    if task_of(found, "after") is None or found.subject is None:
        raise DraftNotFound("This is not part of this draft.")


def _main(held: Writing) -> str:
    return held.subject.id if held.subject else ""


def _with_one_more(connection: Connection, held: Writing, form: Form) -> Writing:
    draft, joins = held.draft, "joins" in form
    if form.line("do") == "open":
        subject = held.subject
        life = beginning.life_of(connection, _main(held)).before(draft.effective_from)
        owner = subject.set.get("owner", life.owner if life else None) if subject else None
        edit = beginning.newcomer(
            connection,
            form.line("look"),
            owner if isinstance(owner, Owner) else Owner("?"),
            beside=draft.services,
        )
        draft, service, joins = held.with_edit(edit), edit.id, False
    else:
        service = form.line("service")
    if not service or service == _main(held):
        raise Invalid([Problem("look", "Choose another service")])
    return replace(held, draft=_linked(held, draft, service, joins=joins))


def _linked(held: Writing, draft: Draft, service: str, *, joins: bool) -> Draft:
    """The draft with one more link; of a merger every link leads to the one that takes over."""
    kind: SuccessionKind = held.ending  # type: ignore[assignment]
    main, day = _main(held), draft.effective_from
    if kind == "split":
        kept = [link for link in draft.succession if link.successor != service]
        return replace(draft, succession=(*kept, Succession(main, service, "split", day, Part())))
    if kind != "merged":
        return replace(draft, succession=(Succession(main, service, kind, day),))
    into = _into(draft) if joins else service
    joining = [link.predecessor for link in draft.succession if link.predecessor not in (main, into)]
    joining += [service] if joins and service not in joining else []
    ends = [main, *(each for each in joining if each != into)]
    return replace(draft, succession=tuple(Succession(each, into, "merged", day) for each in ends))


def _into(draft: Draft) -> str | None:
    return next((link.successor for link in draft.succession if link.successor), None)


def _with_parts(held: Writing, form: Form) -> Writing:
    """The draft with the parts that were typed, and without what was crossed out."""
    removed, links, main = set(form.every("remove")), [], _main(held)
    for link in held.draft.succession:
        other = link.successor if link.predecessor == main else link.predecessor
        if other is not None and other in removed:
            if held.ending != "merged" or link.predecessor != main:
                continue
            link = replace(link, successor=None)
        if held.ending == "split" and link.successor:
            link = replace(link, part=_part(form, link.successor) if f"text-{link.successor}" in form else link.part)
        links.append(link)
    if held.ending == "merged" and not any(link.successor for link in links if link.predecessor == main):
        links = [replace(link, successor=None) for link in links]
    used = {link.successor for link in links}
    # What was to open only to take this place is not opened any more.
    services = [
        edit for edit in held.draft.services if edit.expected_version != 0 or edit.id in used or edit.id == main
    ]
    return replace(held, draft=replace(held.draft, succession=tuple(links), services=tuple(services)))


def _part(form: Form, service: str) -> Part:
    def many(name: str) -> list[str]:
        return [each.strip() for each in form.line(f"{name}-{service}", limit=LONGEST_PART).split(",") if each.strip()]

    ages = {name: form.line(f"{name}-{service}", limit=10) for name in ("age_min", "age_max")}
    plain = {"text": form.line(f"text-{service}", limit=LONGEST_PART), "needs": many("needs"), "areas": many("areas")}
    try:
        return from_plain(Part, plain | {name: age for name, age in ages.items() if age})
    except Invalid:
        raise Invalid([Problem(f"age_min-{service}", "Give ages in whole years")]) from None


def _whole(held: Writing) -> Writing:
    links = held.draft.succession
    problems = [Problem("look", text) for text in cardinality_problems(links)]
    if not any(link.successor for link in links):
        problems = [Problem("look", "Say which service takes its place")]
    elif held.ending == "split" and any(link.part is None or link.part == Part() for link in links):
        problems.append(Problem("look", "Say of each which part it takes"))
    elif held.ending == "merged" and len(links) < 2:
        problems = [Problem("look", "Add the other service that merges")]
    if problems:
        raise Invalid(problems)
    return held.saved(Task("after"), held.draft)


def _page(
    request: Request, found: Writing, *, form: Form | None = None, problems: tuple[Problem, ...] = ()
) -> Response:
    _require_task(found)
    form = form or Form()
    look, joins = form.line("look"), "joins" in form
    # Ages that are none are not kept, and stand in the form as they were typed.
    typed = {name: value for name, value in form.fields if name.startswith(PARTS)} if problems else {}
    site, main = site_of(request), _main(found)
    with site.database.read() as connection:
        rows = _rows(connection, found, today=site.today())
        known = [main, *(row.service for row in rows)]
        results = services_like(site, connection, look, besides=known) if look else []
    return page(
        request, "publish_after.html", 422 if problems else 200, shown=at_a_glance(request, found), rows=rows,
        ending=found.ending, look=look, joins=joins, results=results, typed=typed, problems_found=problems,
    )  # fmt: skip


def _rows(connection: Connection, found: Writing, *, today: date) -> list[LinkRow]:
    main, links = _main(found), found.draft.succession
    others = [(link.successor, False, link.part) for link in links if link.predecessor == main]
    others += [(link.predecessor, True, None) for link in links if link.predecessor != main]
    names = names_of(connection, "service", {key for key, _, _ in others if key}, on=today)
    new: dict[str, Edit] = {edit.id: edit for edit in found.draft.services if edit.expected_version == 0}
    return [
        LinkRow(key, str(new[key].set["name"]) if key in new else names[key].name, joins, part or Part())
        for key, joins, part in others
        if key
    ]
