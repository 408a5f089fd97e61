"""Imports: send a file, look through what it would do, import it as one batch, and undo a batch."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import undo_import as undoing
from directory.actions import uploads as actions
from directory.actions.uploads import LARGEST_FILE, MOST_ROWS, SentIn
from directory.errors import ImportNotFound, Invalid, Problem, UndoRefused
from directory.exchange.cells import guarded
from directory.exchange.reading import FORMATS
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.store import changes as change_store
from directory.store import imports as import_store
from directory.store import uploads as store
from directory.web.parameters import day_of, key_of, number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views import imports as views
from directory.web.views.changes import change_line

__all__ = ["LARGEST_FILE"]
BATCHES, CHANGES, MOST_SINCE = 20, 50, 100
LONGEST_WHY = 5_000


def imports(request: Request) -> Response:
    """`/manage/import?before=`: a form to send a file, the files that wait, and what was imported."""
    return _imports(request)


def send(request: Request) -> Response:
    """`POST /manage/import`: look a file through; the next page shows what it would do."""
    site, form, by = site_of(request), form_of(request), require(request, "import")
    try:
        if form.file is None:
            raise Invalid([Problem("file", "Choose a file")])
        given = form.line("effective_from")
        day = day_of(given, where="effective_from") if given else None
        sent = SentIn(form.file.name, form.file.data, form.line("format") or "auto", day, "complete" in form)
        upload = actions.keep(site.database, sent, by=by, at=site.now(), zone=site.settings.zone)
    except Invalid as invalid:
        return _imports(request, 422, problems=invalid.problems)
    return RedirectResponse(f"/manage/import/file/{upload.id}", 303)


def _imports(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site, form, by = site_of(request), form_of(request), require(request, "import")
    zone = site.settings.zone
    with site.database.read() as connection:
        batches = import_store.newest(connection, before=number_of(text_of(request, "before")), limit=BATCHES + 1)
        waiting = store.waiting(connection, person_id=by.person_id or 0, limit=actions.LISTED)
    # What is wrong with the file as a whole is said where it is chosen.
    known = ("file", "effective_from", "format")
    shown = tuple(each if each.where in known else Problem("file", str(each)) for each in problems)
    return page(
        request,
        "imports.html",
        status,
        batches=[views.batch_view(batch, zone=zone) for batch in batches[:BATCHES]],
        older=batches[BATCHES - 1].id if len(batches) > BATCHES else None,
        waiting=[(each, each.uploaded_at.astimezone(zone)) for each in waiting],
        formats=[("auto", "Tell it from the file"), *((name, views.FORMATS[name]) for name in FORMATS)],
        typed={name: form.line(name) for name in ("format", "effective_from")} | {"complete": "complete" in form},
        problems_found=shown,
        largest=LARGEST_FILE // 1_000_000,
        most_rows=MOST_ROWS,
        done=text_of(request, "done"),
    )


def preview(request: Request) -> Response:
    """`/manage/import/file/{upload}?show=&page=`: what importing a file would do, or which of its rows are bad."""
    return _preview(request, key_of(request, "upload"))


def _preview(request: Request, upload_id: str, status: int = 200, *, again: bool = False) -> Response:
    site, by = site_of(request), require(request, "import")
    with site.database.read() as connection:
        upload = actions.own(connection, upload_id, by=by)
        if upload.import_id is not None:
            return RedirectResponse(f"/manage/import/{upload.import_id}", 303)
        counts = store.count_lines(connection, upload_id)
        kind = views.kind_of(text_of(request, "show"), counts)
        pages = max(1, -(-counts.get(kind or "", 0) // views.PAGE))
        number = max(1, min(number_of(text_of(request, "page")) or 1, pages))
        offset = views.PAGE * (number - 1)
        lines = store.lines_of(connection, upload_id, kind, offset=offset, limit=views.PAGE) if kind else []
        bad = store.count_rows(connection, upload_id, "problem")
    shown = views.PreviewView(
        upload, views.FORMATS[upload.format], counts, bad, kind, tuple(map(views.line_view, lines)), number, pages
    )
    return page(request, "import_preview.html", status, shown=shown, kinds=views.SHOWN, again=again)


def problems(request: Request) -> Response:
    """`/manage/import/file/{upload}/problems.csv`: every bad row with its column and what to do, as a spreadsheet."""
    by = require(request, "import")
    with site_of(request).database.read() as connection:
        upload = actions.own(connection, key_of(request, "upload"), by=by)
        lines = store.lines_of(connection, upload.id, "problem")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("row", "column", "what to do"))
    writer.writerows((line.row, guarded(line.title), guarded(line.body["reason"])) for line in lines)
    # The mark at the start tells spreadsheet programs that this is UTF-8.
    headers = {"Content-Disposition": 'attachment; filename="bad-rows.csv"', "X-Content-Type-Options": "nosniff"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def confirm(request: Request) -> Response:
    """`POST /manage/import/file/{upload}`: import it as it was shown, or let go of it."""
    site, form, by = site_of(request), form_of(request), require(request, "import")
    upload_id, at = key_of(request, "upload"), site.now()
    if "discard" in form:
        actions.discard(site.database, upload_id, by=by)
        return RedirectResponse("/manage/import?done=discarded", 303)
    seen = form.line("seen")
    batch = actions.confirm(site.database, upload_id, seen=seen, by=by, at=at, zone=site.settings.zone)
    if batch is None:
        return _preview(request, upload_id, 409, again=True)
    return RedirectResponse(f"/manage/import/{batch}", 303)


def batch(request: Request) -> Response:
    """`/manage/import/{number}?after=`: one import, with its changes."""
    site = site_of(request)
    zone, after = site.settings.zone, number_of(text_of(request, "after")) or 0
    with site.database.read() as connection:
        found = import_store.load(connection, _number(request))
        first, last = found.first_change or 0, found.last_change or -1
        made = change_store.list_after(connection, max(after, first - 1), limit=CHANGES + 1) if found.size else []
    made = [change for change in made if change.number <= last]
    return page(
        request,
        "import_batch.html",
        shown=views.batch_view(found, zone=zone),
        changes=[change_line(change, zone=zone) for change in made[:CHANGES]],
        after=made[CHANGES - 1].number if len(made) > CHANGES else None,
        further=after >= first > 0,
    )


def ask_undo(request: Request) -> Response:
    """`/manage/import/{number}/undo`: what undoing would do, or what stands in the way."""
    return _undo(request)


def undo(request: Request) -> Response:
    """`POST /manage/import/{number}/undo`: undo it; the second press finds it done."""
    site, by = site_of(request), require(request, "import")
    number, why = _number(request), form_of(request).text("why", limit=LONGEST_WHY)
    given = undoing.Undo(number, why, by, site.now(), site.settings.zone)
    try:
        undoing.undo_import(site.database, given)
    except UndoRefused:
        return _undo(request, 409)
    except Invalid as invalid:
        return _undo(request, 422, problems=invalid.problems)
    return RedirectResponse(f"/manage/import/{number}", 303)


def _undo(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site, form = site_of(request), form_of(request)
    with site.database.read() as connection:
        seen = undoing.look(connection, _number(request))
        since = views.since_views(connection, seen, on=site.today())
    if seen.batch.undone is not None:
        return RedirectResponse(f"/manage/import/{seen.batch.id}", 303)
    return page(
        request,
        "import_undo.html",
        status,
        shown=views.batch_view(seen.batch, zone=site.settings.zone),
        seen=seen,
        since=since[:MOST_SINCE],
        more=max(0, len(since) - MOST_SINCE),
        why=form.text("why", limit=LONGEST_WHY) if "why" in form else undoing.why_undone(seen.batch),
        problems_found=tuple(each if each.where == "why" else Problem("why", str(each)) for each in problems),
    )


def _number(request: Request) -> int:
    found = number_of(str(request.path_params["number"]))
    if found is None:
        raise ImportNotFound("There is no such import.")
    return found
