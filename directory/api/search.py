"""GET /search: who handles this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.gaps import record_gap
from directory.answer import answer
from directory.api import names as called
from directory.api.answers import page, plain
from directory.api.calls import Call
from directory.api.entries import Names, entry_json
from directory.domain.query import Answer, Query, Result
from directory.domain.service import SETTINGS
from directory.search.engine import Suggestion
from directory.store import services


def search(call: Call) -> Response:
    """GET /search: the answer, where one deserves confidence, and the nearest."""
    given = call.given
    query = Query(
        given.required("q"),
        given.text("area"),
        given.choice("setting", SETTINGS),
        given.day("as_of"),
        given.limit(20, most=100),
    )
    with call.site.database.read() as connection:
        found = answer(connection, query, call.site.search, today=call.site.today(), known_at=given.instant("known_at"))
        shown = answer_json(connection, found, base_url=call.base_url)
    record_gap(call.site.database, found, at=call.site.now())
    return plain(shown)


def answer_json(connection: Connection, found: Answer, *, base_url: str) -> dict[str, Any]:
    """A whole answer, with what the services of its successions are called."""
    names = called.names(connection, called.in_entries(result.entry for result in found.results), on=found.on)
    return {
        "query": found.query.text,
        "as_of": found.on.isoformat(),
        "answer": result_json(found.best, base_url=base_url, names=names) if found.best else None,
        "results": [result_json(result, base_url=base_url, names=names) for result in found.results],
        "total": found.total,
        "did_you_mean": found.did_you_mean,
        "ask": ask_json(found),
    }


def ask_json(found: Answer) -> dict[str, Any] | None:
    """The one question whose answer would decide, with each answer as a label and the `q` to ask instead."""
    if found.ask is None:
        return None
    return {"question": found.ask, "choices": [{"label": label, "q": text} for label, text in found.choices]}


def result_json(result: Result, *, base_url: str, names: Names) -> dict[str, Any]:
    """An entry with why it was found and, where it was asked for by a former service, that one's name."""
    plain = entry_json(result.entry, base_url=base_url, names=names)
    plain["matched"] = {"field": result.matched.field, "text": result.matched.text}
    return plain | ({"asked_for": result.asked_for} if result.asked_for else {})


# What a suggestion is, in the words of the interface.
TYPES = {"name": "service", "former_name": "former name", "need": "need", "owner": "owner"}


def suggest(call: Call) -> Response:
    """GET /suggest: at most 8 ways on from what was typed so far, from the third character."""
    found = call.site.suggest(call.given.required("q"))
    with call.site.database.read() as connection:
        slugs = services.slugs(connection, [each.service_id for each in found if each.service_id])
    return page([_suggestion(each, slugs, base_url=call.base_url) for each in found], None)


def _suggestion(found: Suggestion, slugs: Mapping[str, str], *, base_url: str) -> dict[str, str]:
    slug = slugs.get(found.service_id or "")
    href = f"{base_url}/services/{slug}" if slug else f"{base_url}/find?{urlencode({'q': found.text})}"
    return {"text": found.text, "type": TYPES[found.field], "href": href}
