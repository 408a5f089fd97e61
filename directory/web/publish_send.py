"""The end of publishing: who will be told, the message, checking it all, publishing once, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from directory.actions import merging, writing
from directory.actions.submit import Considered, consider
from directory.domain.writing import Task, Writing
from directory.errors import DraftNotFound, EditConflict, Invalid, Problem
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of, session_of
from directory.notify.compose import Recipient
from directory.notify.letterhead import letterhead_of
from directory.web.parameters import key_of
from directory.web.publish import SEE_OTHER, at_a_glance, keep, own
from directory.web.rendering import page, site_of
from directory.web.views.changes import touched
from directory.web.views.merge import merge_view
from directory.web.views.publish import path_of
from directory.web.views.publish_preview import mail_of, message_view, needs_in_words, said_of, told_view, when_told

# As of a kept mail: somebody's HTML, without scripts, forms or requests to anybody.
MESSAGE_HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# Where what is wrong with a draft as a whole is put right.
STEP_OF = {"what_to_do": "words", "why": "words", "title": "words", "succession": "after", "effective_from": "date"}

Look = Callable[[Connection, Considered], dict[str, Any]]


def told(request: Request) -> Response:
    """`/publish/{draft}/told`: who will be told, what it leaves pointing astray, and what is scheduled already."""
    site = site_of(request)

    def look(connection: Connection, seen: Considered) -> dict[str, Any]:
        return {"told": told_view(connection, seen, today=site.today())}

    return _looked(request, "publish_told.html", look)


def message(request: Request) -> Response:
    """`/publish/{draft}/message`: the mail, what differs by word, and the entry afterwards."""
    site, to = site_of(request), _reader(request)

    def look(connection: Connection, seen: Considered) -> dict[str, Any]:
        head = letterhead_of(site.settings)
        return {"message": message_view(connection, seen.published, to=to, letterhead=head, at=site.now())}

    return _looked(request, "publish_message.html", look)


def message_html(request: Request) -> Response:
    """`/publish/{draft}/message.html`: the mail itself, for the frame in which it is shown."""
    site, found = site_of(request), own(request)
    with site.database.read() as connection:
        published = _considered(request, connection, found).published
        said = said_of(connection, published)
    head = letterhead_of(site.settings)
    mail = mail_of(said, published, to=_reader(request), letterhead=head, at=site.now())
    body = mail.get_body(("html",))
    return HTMLResponse(body.get_content() if body else "", headers=MESSAGE_HEADERS)


def save_looked(request: Request) -> Response:
    """`POST /publish/{draft}/told` and `…/message`: it was looked at."""
    step = request.url.path.rpartition("/")[2]
    task = Task("told") if step == "told" else Task("message")
    return keep(request, lambda _, held: held.saved(task) if held.can_start(task) else held)


def check(request: Request) -> Response:
    """`/publish/{draft}/check`: everything once more, and the button."""
    return _check(request)


def _check(request: Request, problems: tuple[Problem, ...] = (), override: str = "") -> Response:
    site = site_of(request)

    def look(connection: Connection, seen: Considered) -> dict[str, Any]:
        said = said_of(connection, seen.published)
        return {
            "told": told_view(connection, seen, today=site.today()),
            "services": [touched(each) for each in said.services],
            "links": said.links,
            "needs": needs_in_words(connection, seen.needs, today=site.today()),
            "may_override": seen.may_override,
            "override": override,
            "corrects": seen.published.change.effective_from < site.today(),
            "today": site.today(),
        }

    return _looked(request, "publish_check.html", look, problems)


def publish(request: Request) -> Response:
    """`POST /publish/{draft}/check`: publish it, or ask those who have to agree; pressing twice does it once."""
    site, form = site_of(request), form_of(request)
    override = form.text("override", limit=2_000) if "without" in form else ""
    draft, zone = key_of(request, "draft"), site.settings.zone
    if "without" in form and not override.strip():
        return _check(request, (Problem("override", "Say why you do not wait for their agreement"),))
    try:
        done = writing.send(site.database, draft, override=override, by=actor_of(request), at=site.now(), zone=zone)
    except EditConflict:
        return RedirectResponse(f"/publish/{draft}/merge", SEE_OTHER)
    except Invalid as invalid:
        return _check(request, invalid.problems, override)
    if done.sent and done.sent.offer:
        return RedirectResponse(f"/offers/{done.sent.offer}?done=asked", SEE_OTHER)
    return RedirectResponse(f"/publish/{draft}/done", SEE_OTHER)


def done(request: Request) -> Response:
    """`/publish/{draft}/done`: its number, who is told and when, and where to go on."""
    site, found = site_of(request), own(request)
    if found.sent is None:
        return RedirectResponse(f"/publish/{found.id}", SEE_OTHER)
    if found.sent.offer:
        return RedirectResponse(f"/offers/{found.sent.offer}", SEE_OTHER)
    settings, draft = site.settings, found.draft
    ahead = draft.effective_from > site.today()
    said = when_told(
        draft.urgent, ahead=ahead, digest_at=f"{settings.digest_at:%H:%M}", weekday=settings.digest_weekday
    )
    return page(
        request, "publish_done.html", shown=at_a_glance(request, found), sent=found.sent, when=said,
        minor=draft.weight == "minor", ahead=ahead,
    )  # fmt: skip


def merge(request: Request) -> Response:
    """`/publish/{draft}/merge`: what somebody else published meanwhile, beside what is written here."""
    found, site = own(request), site_of(request)
    with site.database.read() as connection:
        shown = [merge_view(connection, each, today=site.today()) for each in merging.conflicts(connection, found)]
    if not shown:
        return RedirectResponse(path_of(found, found.next_task()), SEE_OTHER)
    return page(request, "publish_merge.html", 409, shown=at_a_glance(request, found), conflicts=shown)


def save_merge(request: Request) -> Response:
    """`POST /publish/{draft}/merge`: of each field theirs or mine; what is kept rests on what holds by now."""
    form = form_of(request)

    def edit(connection: Connection, held: Writing) -> Writing:
        found = merging.conflicts(connection, held)
        # What is new since the page was read is asked in its turn.
        read = [each for each in found if form.line(f"version-{each.edit.id}") == str(each.version)]
        theirs = {
            each.edit.id: [name for name in each.fields if form.line(f"{each.edit.id}-{name}") == "theirs"]
            for each in read
        }
        return merging.merged(held, read, theirs)

    return keep(request, edit)


def _looked(request: Request, template: str, look: Look, problems: tuple[Problem, ...] = ()) -> Response:
    """A page that shows what publishing would do; where it cannot be published so, what is wrong with it."""
    found = own(request)
    if found.sent is not None:
        return RedirectResponse(f"/publish/{found.id}/done", SEE_OTHER)
    step = request.url.path.rpartition("/")[2]
    task = Task("told") if step == "told" else Task("message")
    if not found.can_start(task) or (step == "check" and found.next_task()):
        return RedirectResponse(path_of(found, found.next_task()), SEE_OTHER)
    try:
        with site_of(request).database.read() as connection:
            given = look(connection, _considered(request, connection, found))
    except EditConflict:
        return RedirectResponse(f"/publish/{found.id}/merge", SEE_OTHER)
    except Invalid as invalid:
        return _cannot(request, found, invalid.problems)
    status = 422 if problems else 200
    return page(
        request,
        template,
        status,
        shown=at_a_glance(request, found),
        draft=found.draft,
        passed=found.has_passed(site_of(request).today()),
        problems_found=problems,
        **given,
    )


def _cannot(request: Request, found: Writing, problems: tuple[Problem, ...]) -> Response:
    placed = [(each, f"/publish/{found.id}/{STEP_OF.get(each.where, '')}".rstrip("/")) for each in problems]
    return page(request, "publish_cannot.html", 422, shown=at_a_glance(request, found), placed=placed)


def _considered(request: Request, connection: Connection, found: Writing) -> Considered:
    site = site_of(request)
    draft = writing.ready(connection, found, today=site.today())
    return consider(connection, draft, by=actor_of(request), at=site.now(), zone=site.settings.zone)


def _reader(request: Request) -> Recipient:
    session = session_of(request)
    if session is None:
        raise DraftNotFound("There is no such draft.")
    return Recipient(session.person.id, session.person.email, session.person.name)
