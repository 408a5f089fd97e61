"""Changes, past and coming, and the record of each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.domain.change import KINDS
from directory.domain.policy import can
from directory.errors import ChangeNotFound
from directory.gate.sessions import actor_of
from directory.notify.handover import handover_text
from directory.notify.letterhead import letterhead_of
from directory.notify.notice import notice_of
from directory.store.told import told
from directory.web.awareness import read_by
from directory.web.parameters import changes_asked_of, number_of
from directory.web.rendering import page, site_of, with_scripts
from directory.web.views.awareness import own_view
from directory.web.views.changes import change_view, changes_view
from directory.web.views.updates import tell_view


def changes(request: Request) -> Response:
    """`/changes`: what is coming and what has come, by kind and area."""
    site, asked = site_of(request), changes_asked_of(request)
    with site.database.read() as connection:
        shown = changes_view(connection, asked, today=site.today(), zone=site.settings.zone)
        said = {"area": asked.area, "kind": asked.kind}
        tell = tell_view(connection, actor_of(request), said, site.settings.zone)
    return with_scripts(page(request, "changes.html", shown=shown, asked=asked, kinds=KINDS, tell=tell))


def change(request: Request) -> Response:
    """`/changes/{number}`: the record of one change."""
    site, typed = site_of(request), str(request.path_params["number"])
    number = number_of(typed)
    if number is None:
        raise ChangeNotFound(f"There is no change {typed[:20]}.")
    by, today, zone = actor_of(request), site.today(), site.settings.zone
    own, handover = None, ""
    with site.database.read() as connection:
        shown = change_view(connection, number, today=today, zone=zone)
        if by.signed_in:
            own = own_view(connection, number, by, due_on=read_by(shown, site), today=today, zone=zone)
            notice = notice_of(told(connection, [number])[number], letterhead_of(site.settings))
            handover = handover_text(notice)
    may_replace = shown.stands and can(by, "draft", shown.concerned.replacing)
    may_set_back = shown.stands and shown.sets_back and can(by, "draft", shown.concerned.setting_back)
    return page(
        request, "change.html", shown=shown, own=own, handover=handover,
        may_replace=may_replace, may_set_back=may_set_back,
    )  # fmt: skip
