"""Begin to be told: by one press on a page, or from what was looked at before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.criteria import WORDS, Criteria, of_question, resolve
from directory.actions.subscribe import Wanted, subscribe
from directory.domain.policy import Thing, can
from directory.domain.query import Query
from directory.domain.subscription import FACETS, Facet
from directory.errors import Invalid, Problem
from directory.gate.forms import Form, form_of
from directory.gate.sessions import actor_of
from directory.store import heard
from directory.web import words
from directory.web.channels import LONGEST_URL, begin, channel_of, shown_once
from directory.web.parameters import LONGEST_QUESTION
from directory.web.rendering import page, site_of
from directory.web.updates import SEE_OTHER, SENT_FOR, UPDATES, frequency_of
from directory.web.views.names import team_names
from directory.web.views.updates import CHANNEL, OFTEN

# Facets that a page's own button gives; the others can be chosen or narrowed in the form.
CHOSEN: tuple[Facet, ...] = ("kind", "route")
# The field beside which a problem is shown; all others are of what is to be followed.
_SHOWN_AT = {"frequency": "channel", "channel": "channel", "url": "url"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be followed, as it was given: values by facet, or a question with an area and a setting."""

    given: Mapping[Facet, tuple[str, ...]]
    question: str
    area: str
    setting: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        return not (self.given or self.question or self.area)


def new(request: Request) -> Response:
    """`/my/updates/new?service=&team=&owner=&area=&need=&kind=&route=&page=&q=`: look before you are told."""
    asked = _asked_of(Form(tuple(request.query_params.multi_items())))
    return _page(request, asked)


def make(request: Request) -> Response:
    """`POST /my/updates`: from now on; `for` is the slug of a team, empty for oneself."""
    site, form, by = site_of(request), form_of(request), actor_of(request)
    asked, at = _asked_of(form), site.now()
    try:
        frequency, channel = frequency_of(request), channel_of(request)
        with site.database.write() as connection:
            wanted = Wanted(
                _keys(request, connection, asked),
                frequency,
                team=form.line("for") or None,
                mandatory="mandatory" in form and bool(form.line("for")),
            )
            if channel != "mail":
                if "every" not in form:
                    wanted = replace(wanted, frequency="immediately")
                added = begin(request, connection, wanted, channel)
                key, secret = added.subscription_id, added.secret
            else:
                key, secret = subscribe(connection, wanted, by=by, at=at, today=site.today()).id, None
    except Invalid as invalid:
        return _page(request, asked, status=422, problems=invalid.problems)
    return shown_once(request, key, secret) if secret else RedirectResponse(f"{UPDATES}/{key}?made=1", SEE_OTHER)


def _page(request: Request, asked: Asked, *, status: int = 200, problems: tuple[Problem, ...] = ()) -> Response:
    site, by = site_of(request), actor_of(request)
    criteria, past = None, []
    with site.database.read() as connection:
        if not asked.is_empty:
            try:
                criteria = resolve(connection, _keys(request, connection, asked), today=site.today())
                past = _past(request, connection, criteria)
            except Invalid as invalid:
                status, problems = 422, problems or invalid.problems
        teams = team_names(connection, by.leads, on=site.today())
    return page(
        request,
        "update_new.html",
        status,
        asked=asked,
        rows=_rows(criteria) if criteria else [],
        label=criteria.label if criteria else "",
        past=past,
        every=list(OFTEN.items()),
        channels=list(CHANNEL.items()),
        teams=sorted(teams.items(), key=lambda each: each[1]),
        may_oblige=any(can(by, "oblige-team", Thing(frozenset({team}))) for team in teams),
        choices={facet: WORDS[facet] for facet in CHOSEN},
        areas=[area.name for area in site.gazetteer().areas()],
        chosen=_chosen(form_of(request)),
        problems_found=tuple(Problem(_SHOWN_AT.get(each.where, "q-field"), each.reason) for each in problems),
    )


def _chosen(form: Form) -> dict[str, str]:
    """What was chosen besides; of a room or a program, how often is the only thing that it can be."""
    chosen = {name: form.line(name, limit=LONGEST_URL) for name in ("channel", "url", "for")}
    elsewhere = chosen["channel"] not in ("", "mail")
    return chosen | {"every": "immediately" if elsewhere else form.line("every") or "daily"}


def _asked_of(form: Form) -> Asked:
    """What was said: of a question the area and the setting are part, not criteria by themselves."""
    question = form.line("q", limit=LONGEST_QUESTION)
    given = {facet: tuple(dict.fromkeys(filter(None, map(_line, form.every(facet, limit=400))))) for facet in FACETS}
    area = setting = ""
    if question:
        (area, *_), (setting, *_) = given.pop("area") or ("",), given.pop("setting") or ("",)
    return Asked({facet: values for facet, values in given.items() if values}, question, area, setting)


def _keys(request: Request, connection: Connection, asked: Asked) -> dict[Facet, tuple[str, ...]]:
    """The criteria as keys; those that a question means beside those that were chosen."""
    if not asked.question:
        return dict(asked.given)
    site = site_of(request)
    query = Query(asked.question, asked.area or None, asked.setting or None)
    found = of_question(connection, query, site.search(query).plan, site.gazetteer())
    return found | dict(asked.given)


def _past(request: Request, connection: Connection, criteria: Criteria) -> list[heard.Heard]:
    site = site_of(request)
    since = site.now() - SENT_FOR
    first = since.astimezone(site.settings.zone).date()
    return heard.would_have_told(connection, criteria.facets, since=since, first=first, today=site.today())


def _rows(criteria: Criteria) -> list[tuple[Facet, list[tuple[str, str]]]]:
    """By facet, each value with what it is called: a box that can be unticked."""
    return [
        (
            facet,
            [(value, criteria.names.get((facet, value)) or _called(facet, value)) for value in criteria.facets[facet]],
        )
        for facet in FACETS
        if facet in criteria.facets and facet not in CHOSEN
    ]


def _called(facet: Facet, value: str) -> str:
    return words.SETTINGS.get(value, value) if facet == "setting" else value


def _line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
