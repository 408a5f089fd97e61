"""Mail that came back, reported by a relay's own service instead of by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.bounces import take_in
from directory.api import replies_telling as replies
from directory.api.bodies import BounceBody, read_bounce
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.once import once
from directory.domain.bounce import severity_of
from directory.errors import Invalid, Problem
from directory.outbound.return_path import return_path_of


@says("A message came back, from a relay that says so by HTTP.", replies.BounceReply, takes=BounceBody)
def post_bounce(call: Call) -> Response:
    """POST /bounces: `taken` says whether that was news. An address that is no return path of this site is refused."""
    body, paths = read_bounce(call.body), return_path_of(call.site.settings)
    named = paths.read(body.return_path) if paths is not None else None
    if named is None:
        raise Invalid([Problem("return_path", "this is no return path of a message from here")])
    unit, key = named
    severity = severity_of(body.status)

    def take(connection: Connection, at: datetime) -> dict[str, Any]:
        return {"taken": take_in(connection, unit, key, severity, body.status, at=at), "severity": severity}

    return once(call, "POST /bounces", take, status_of=lambda _body: 200)
