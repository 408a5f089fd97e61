"""Reports: tell the owner of a service what is wrong, see what became of it, and answer."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.reports import LONGEST_TEXT, Given, Verdict, answer_report, owner_of, report
from directory.domain.policy import Actor, Thing, can
from directory.domain.report import SAID, ref_of
from directory.errors import AlreadyAnswered, ChangeNotFound, Invalid, Problem
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.gate.sessions import actor_of
from directory.gate.visitors import network_of
from directory.store import reports as report_store
from directory.store import services as service_store
from directory.web import words
from directory.web.account import own_session
from directory.web.parameters import key_of, number_of, text_of
from directory.web.rendering import page, reader_of, site_of
from directory.web.views.entries import entry_view
from directory.web.views.reports import Answering, ReportView, answering, own_reports, report_view, to_answer

OUTCOMES = {"fixed": "It is fixed", "not-changed": "Nothing changes", "answered": "The question is answered"}
# Cut a little above what is allowed, so that what is too long is said to be, and not cut in silence.
LONGEST = LONGEST_TEXT + 1000


def form(request: Request) -> Response:
    """`/services/{slug}/report`: what is wrong?"""
    kind = text_of(request, "kind")
    return _form(request, Given(kind if kind in SAID else "", ""))


def send(request: Request) -> Response:
    """`POST /services/{slug}/report`: it is on its way, under a reference."""
    site, sent, by = site_of(request), form_of(request), require(request, "report")
    given = Given(sent.line("kind"), sent.text("text", limit=LONGEST), sent.line("email"))
    try:
        with site.database.write() as connection:
            kept = report(
                connection,
                key_of(request),
                given,
                by=by,
                network=network_of(request),
                secret=site.settings.secret.get_secret_value(),
                at=site.now(),
                today=site.today(),
            )
    except Invalid as invalid:
        return _form(request, given, 422, problems=invalid.problems)
    return RedirectResponse(f"/reports/{kept.ref}?sent=1", 303)


def _form(request: Request, given: Given, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site = site_of(request)
    with site.database.read() as connection:
        entry = service_store.entry(connection, key_of(request), on=site.today())
    view = entry_view(entry, zone=site.settings.zone, reader=reader_of(request))
    return page(
        request,
        "report.html",
        status,
        entry=view,
        typed=given,
        kinds={kind: words.REPORTS[kind] for kind in SAID},
        problems_found=problems,
        signed_in=actor_of(request).signed_in,
    )


def shown(request: Request) -> Response:
    """`/reports/{ref}`: what became of it, for whoever holds the reference."""
    view, may_answer = _view(request), _may_answer(request)
    return page(
        request,
        "report_shown.html",
        it=view,
        sent=text_of(request, "sent"),
        may_answer=may_answer,
        # What waits is between those who are asked: not for whoever holds the reference.
        answering=_answering(request) if may_answer else None,
    )


def _answering(request: Request) -> Answering | None:
    site, ref = site_of(request), ref_of(key_of(request, "ref"))
    with site.database.read() as connection:
        return answering(connection, ref, at=site.now(), zone=site.settings.zone)


def _view(request: Request, *, with_others: bool = False) -> ReportView:
    site, ref = site_of(request), ref_of(key_of(request, "ref"))
    with site.database.read() as connection:
        return report_view(connection, ref, today=site.today(), zone=site.settings.zone, with_others=with_others)


def _may_answer(request: Request) -> bool:
    return can(actor_of(request), "manage-reports", _thing(request))


def _thing(request: Request) -> Thing:
    """Whose a report is: that of the team that runs its service now."""
    site, ref = site_of(request), ref_of(key_of(request, "ref"))
    with site.database.read() as connection:
        service = report_store.by_ref(connection, ref).service_id
        team = owner_of(connection, service, on=site.today()) if service else None
    return Thing(frozenset({team} if team else ()))


def own(request: Request) -> Response:
    """`/my/reports`: what became of what I reported."""
    site, session = site_of(request), own_session(request)
    with site.database.read() as connection:
        found = own_reports(connection, session.person.id, today=site.today(), zone=site.settings.zone)
    return page(request, "my_reports.html", reports=found)


def waiting(request: Request) -> Response:
    """`/manage/reports?answered=&start=`: what waits for an answer by my teams or, for an editor, by any."""
    site, by = site_of(request), actor_of(request)
    start = number_of(text_of(request, "start")) or 0
    with site.database.read() as connection:
        found = to_answer(
            connection,
            teams=teams_of(by),
            answered=bool(text_of(request, "answered")),
            start=start,
            today=site.today(),
            zone=site.settings.zone,
        )
    return page(request, "manage_reports.html", shown=found, done=text_of(request, "done"), editor=by.editor)


def teams_of(by: Actor) -> frozenset[str] | None:
    """For which teams somebody answers; None for all of them."""
    return None if by.editor else by.leads


def one(request: Request) -> Response:
    """`/manage/reports/{ref}`: a report, what others said of the same, and its answer."""
    require(request, "manage-reports", _thing(request))
    return _answer_page(request, Verdict(""))


def answer(request: Request) -> Response:
    """`POST /manage/reports/{ref}`: fixed, not changed and why, or the answer to a question."""
    site, sent = site_of(request), form_of(request)
    by = require(request, "manage-reports", _thing(request))
    typed = sent.line("change", limit=20).removeprefix("#")
    verdict = Verdict(sent.line("outcome"), sent.text("text", limit=LONGEST), number_of(typed))
    if typed and verdict.change is None:
        return _answer_page(request, verdict, 422, problems=(Problem("change", f"“{typed}” is no number of a change"),))
    try:
        with site.database.write() as connection:
            ref = ref_of(key_of(request, "ref"))
            answer_report(connection, ref, verdict, by=by, at=site.now(), today=site.today())
    except Invalid as invalid:
        return _answer_page(request, verdict, 422, problems=invalid.problems)
    except ChangeNotFound as missing:
        return _answer_page(request, verdict, 422, problems=(Problem("change", str(missing)),))
    except AlreadyAnswered:
        return _answer_page(request, verdict, 409)
    return RedirectResponse("/manage/reports?done=1", 303)


def _answer_page(
    request: Request, typed: Verdict, status: int = 200, *, problems: tuple[Problem, ...] = ()
) -> Response:
    view = _view(request, with_others=True)
    by = actor_of(request)
    # Whether a passkey is still to be shown, the page of publishing asks.
    may_publish = can(replace(by, unconfirmed=False), "publish", _thing(request))
    return page(
        request,
        "manage_report.html",
        status,
        it=view,
        typed=typed,
        outcomes=OUTCOMES,
        problems_found=problems,
        meanwhile=status == 409,
        may_publish=may_publish,
        answering=_answering(request),
    )
