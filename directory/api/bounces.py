"""Mail that came back, reported by a relay's own service instead of by mail."""

from __future__ import annotations

from starlette.responses import Response

from directory.actions.bounces import take_in
from directory.api.answers import plain
from directory.api.bodies import read_bounce
from directory.api.calls import Call
from directory.domain.bounce import severity_of
from directory.errors import Invalid, Problem
from directory.outbound.return_path import return_path_of


def post_bounce(call: Call) -> Response:
    """POST /bounces: `taken` says whether that was news. An address that is no return path of this site is refused."""
    body, paths = read_bounce(call.body), return_path_of(call.site.settings)
    named = paths.read(body.return_path) if paths is not None else None
    if named is None:
        raise Invalid([Problem("return_path", "this is no return path of a message from here")])
    unit, key = named
    with call.site.database.write() as connection:
        taken = take_in(connection, unit, key, severity_of(body.status), body.status, at=call.site.now())
    return plain({"taken": taken, "severity": severity_of(body.status)})
