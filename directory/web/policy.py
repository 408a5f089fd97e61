"""The policy as a table that anybody who is signed in can read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.domain.policy import RULES
from directory.domain.policy_table import COLUMNS, table_of
from directory.web.rendering import page


def table(request: Request) -> Response:
    """`/manage/policy`: who may do what, worked out by asking the policy itself."""
    rows = [(action, RULES[action].words, marks) for action, marks in table_of().items()]
    return page(request, "policy.html", columns=COLUMNS, rows=rows)
