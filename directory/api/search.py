"""GET /search: who handles this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.gaps import record_gap
from directory.answer import answer, answer_by_distance
from directory.api import names as called
from directory.api import replies
from directory.api.answers import page, plain
from directory.api.asking import SearchAsked, SuggestAsked
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.entries import Names, entry_json
from directory.api.problems import NamesNothing
from directory.domain.area import Gazetteer
from directory.domain.freshness import CheckDue
from directory.domain.opening import Opening
from directory.domain.place import Point
from directory.domain.query import Answer, Query, Result
from directory.domain.service import Entry, Facts
from directory.guidance import Guidance, guidance
from directory.search.engine import Suggestion
from directory.store import services
from directory.store.places import locate


@says("Who handles this: the answer where one deserves confidence, and the nearest.", replies.SearchAnswer)
def search(call: Call, asked: SearchAsked) -> Response:
    """GET /search: the answer, where one deserves confidence, and the nearest."""
    query = Query(asked.q, asked.area, asked.setting, asked.as_of, asked.limit)
    site, known_at, gazetteer = call.site, asked.known_at, call.site.gazetteer()
    by_distance = asked.sort == "distance"
    with site.database.read() as connection:
        near = _near(connection, asked.near, gazetteer)
        given: Any = {"today": site.today(), "known_at": known_at, "gazetteer": gazetteer}
        if by_distance and near:
            found = answer_by_distance(connection, query, site.search, near, **given)
        else:
            found = answer(connection, query, site.search, **given)
        now = found.on == site.today() and known_at is None
        asker = Asker(site.opening if now else None, near, by_distance, site.check_due if now else None)
        pages = guidance(connection, found, site.search_pages)
        shown = answer_json(connection, found, pages, base_url=call.base_url, asker=asker)
    record_gap(site.database, found, at=site.now())
    return plain(shown)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: what tells them whether a service is open now, from where they count miles, and whether by them.

    `due_of` tells when an entry is to be checked.
    """

    opening_of: Callable[[Facts], Opening | None] | None = None
    near: Point | None = None
    by_distance: bool = False
    due_of: Callable[[Entry], CheckDue | None] | None = None


NOBODY_NEAR = Asker()


def _near(connection: Connection, text: str | None, gazetteer: Gazetteer) -> Point | None:
    if text is None:
        return None
    if point := locate(connection, text, gazetteer):
        return point
    raise NamesNothing("near", "give coordinates, an area, or a postcode near a service of this directory")


def answer_json(
    connection: Connection,
    found: Answer,
    pages: Sequence[Guidance] = (),
    *,
    base_url: str,
    asker: Asker = NOBODY_NEAR,
) -> dict[str, Any]:
    """A whole answer, with what the services of its successions are called, and the pages that go with it."""
    results = [(_miles(result, asker), result) for result in found.results]
    if asker.by_distance:
        results.sort(key=lambda each: (each[0] is None, each[0] or 0.0))
    names = called.names(connection, called.in_entries(result.entry for result in found.results), on=found.on)
    return {
        "query": found.query.text,
        "as_of": found.on.isoformat(),
        "answer": result_json(found.best, base_url=base_url, names=names, asker=asker) if found.best else None,
        "results": [result_json(result, base_url=base_url, names=names, asker=asker) for _, result in results],
        "total": found.total,
        "did_you_mean": found.did_you_mean,
        "ask": ask_json(found),
        "understood": [{"kind": each.kind, "label": each.label, "q": each.q} for each in found.understood],
        "nearest": [result.entry.slug for result in found.nearest],
        "pages": [guidance_json(each, base_url=base_url) for each in pages],
    }


def guidance_json(found: Guidance, *, base_url: str) -> dict[str, Any]:
    """A knowledge page that goes with a question, and why."""
    return {
        "title": found.title,
        "kind": found.kind,
        "href": f"{base_url}/pages/{found.slug}",
        "summary": found.summary,
        "matched": {"field": found.matched.field, "text": found.matched.text},
    }


def ask_json(found: Answer) -> dict[str, Any] | None:
    """The one question whose answer would decide, with each answer as a label and the `q` to ask instead."""
    if found.ask is None:
        return None
    return {"question": found.ask, "choices": [{"label": label, "q": text} for label, text in found.choices]}


def result_json(result: Result, *, base_url: str, names: Names, asker: Asker = NOBODY_NEAR) -> dict[str, Any]:
    """An entry with why it was found; by which former service, for whose patients and how far, where that was asked."""
    opening = asker.opening_of(result.entry.facts) if asker.opening_of else None
    due = asker.due_of(result.entry) if asker.due_of else None
    plain = entry_json(result.entry, base_url=base_url, names=names, opening=opening, due=due)
    plain["matched"] = {"field": result.matched.field, "text": result.matched.text}
    plain["why"] = list(result.why)
    if result.against:
        plain["against"] = result.against
    if result.asked_for:
        plain["asked_for"] = result.asked_for
    if result.registered:
        plain["registered"] = {"area": result.registered.area, "practice": result.registered.practice}
    if asker.near:
        miles = _miles(result, asker)
        plain["miles"] = round(miles, 2) if miles is not None else None
    return plain


def _miles(result: Result, asker: Asker) -> float | None:
    return result.entry.facts.miles_from(asker.near) if asker.near else None


# What a suggestion is, in the words of the interface.
MOST_SUGGESTED = 8
TYPES = {"name": "service", "former_name": "former name", "need": "need", "owner": "owner"}


@says("Ways on from what was typed so far, from the third character.", replies.SuggestedPage)
def suggest(call: Call, asked: SuggestAsked) -> Response:
    """GET /suggest: at most 8 ways on from what was typed so far, from the third character."""
    typed = asked.q
    pages = call.site.suggest_pages(typed)
    found = call.site.suggest(typed)[: MOST_SUGGESTED - len(pages)]
    with call.site.database.read() as connection:
        slugs = services.slugs(connection, [each.service_id for each in found if each.service_id])
    ways = [_suggestion(each, slugs, base_url=call.base_url) for each in found]
    ways += [{"text": each.text, "type": "page", "href": f"{call.base_url}/pages/{each.service_id}"} for each in pages]
    return page(ways, None)


def _suggestion(found: Suggestion, slugs: Mapping[str, str], *, base_url: str) -> dict[str, str]:
    slug = slugs.get(found.service_id or "")
    href = f"{base_url}/services/{slug}" if slug else f"{base_url}/find?{urlencode({'q': found.text})}"
    return {"text": found.text, "type": TYPES[found.field], "href": href}
