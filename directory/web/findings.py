"""What the nightly look found wrong, for editors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.actions.inspecting import KINDS
from directory.store import findings as finding_store
from directory.web.rendering import page, site_of


def findings(request: Request) -> Response:
    """`/manage/findings`: by kind, what it is about, and what to do."""
    with site_of(request).database.read() as connection:
        found = finding_store.every(connection)
    groups = [(kind, [it for it in found if it.kind == name]) for name, kind in KINDS.items()]
    return page(request, "findings.html", groups=[group for group in groups if group[1]])
