"""Mail that was kept in a folder, for a directory without a relay; nothing of this exists with one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from directory.errors import NotFound
from directory.outbound.folder import StoredMail, read_folder
from directory.web.rendering import page, site_of

# A message is somebody's HTML: it is shown without scripts, forms, links into this page or requests to anybody.
MESSAGE_HEADERS = {
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def mail(request: Request) -> Response:
    """`/mail`: the latest messages, newest first."""
    return page(request, "mail.html", messages=[_shown(request, each) for each in _kept(request)])


def message(request: Request) -> Response:
    """`/mail/{name}`: one message."""
    return page(request, "message.html", message=_shown(request, _one(request)))


def message_html(request: Request) -> Response:
    """`/mail/{name}/html`: a message as its reader sees it, for the frame in which it is shown."""
    # Links open beside the frame: these pages do not let themselves be shown in one.
    html = _one(request).html.replace("<head>", '<head><base target="_blank">', 1)
    return HTMLResponse(html, headers=MESSAGE_HEADERS)


def _kept(request: Request) -> list[StoredMail]:
    settings = site_of(request).settings
    if settings.smtp_url is not None:
        raise NotFound("Mail is sent through a relay, so none is kept here.")
    return read_folder(settings.mail_folder)


def _one(request: Request) -> StoredMail:
    name = request.path_params["name"]
    for each in _kept(request):
        if each.name == name:
            return each
    raise NotFound("There is no such message, or it is older than those that are shown.")


def _shown(request: Request, each: StoredMail) -> dict[str, object]:
    zone = site_of(request).settings.zone
    sent_at = each.sent_at.astimezone(zone) if each.sent_at else None
    return {
        "name": each.name, "subject": each.subject, "to": each.to, "sent_at": sent_at, "text": each.text,
        "html": bool(each.html),
    }  # fmt: skip
