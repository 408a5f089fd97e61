"""Knowledge pages: the text with its links brought up to date, and the steps of a pathway with who handles each now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.content.markdown import SERVICE_LINK, parse
from directory.domain.succession import handlers
from directory.store import pages as page_store
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store.versions import find_ids
from directory.web import words
from directory.web.views.entries import EntryView, entry_view

_LINK = re.compile(r"\[([^\[\]]*)\]\(service:([a-z0-9-]+)\)")
_DATED_HEADING = re.compile(r"^(#{1,6} +)(\d{4}-\d{2}-\d{2})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Linked:
    """A service that a page names: its entry (None where there is no such service), and who handles it now."""

    entry: EntryView | None
    now: tuple[EntryView, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a pathway with the service that takes it today."""

    title: str
    note: str
    service: Linked


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A knowledge page; `body` is Markdown."""

    title: str
    kind: str
    summary: str
    meets: str
    updated: date
    needs: str
    areas: str
    steps: tuple[StepView, ...]
    body: str


def page_view(connection: Connection, slug: str, *, today: date, zone: ZoneInfo) -> PageView:
    """A page by its slug, with every service as it is today; raises PageNotFound."""
    stored = page_store.load(connection, slug)
    document = parse(stored.text, where=slug)
    steps = [step for step in document.facts.get("steps") or () if isinstance(step, dict)]
    named = [str(step.get("service") or "") for step in steps]
    linked = linked_services(connection, [*named, *SERVICE_LINK.findall(document.body)], today=today, zone=zone)
    return PageView(
        title=stored.title,
        kind=words.PAGE_KINDS[stored.kind],
        summary=_text(document.facts, "summary"),
        meets=_text(document.facts, "meets"),
        updated=stored.updated,
        needs=_list(document.facts, "needs"),
        areas=_list(document.facts, "areas"),
        steps=tuple(
            StepView(_text(step, "title"), _text(step, "note"), linked.get(service, Linked(None)))
            for step, service in zip(steps, named, strict=True)
        ),
        body=_brought_up_to_date(document.body, linked),
    )


def _text(facts: Mapping[str, Any], key: str) -> str:
    return str(facts.get(key) or "")


def _list(facts: Mapping[str, Any], key: str) -> str:
    given = facts.get(key)
    return ", ".join(map(str, given)) if isinstance(given, list) else str(given or "")


def linked_services(connection: Connection, keys: Iterable[str], *, today: date, zone: ZoneInfo) -> dict[str, Linked]:
    """Services by id or slug as they stand today, each with what took its place where it has closed."""
    ids = find_ids(connection, "service", keys)
    links = succession_store.following(connection, "service", ids.values())
    present = {service: handlers(service, today, links).ids for service in ids.values()}
    wanted = dict.fromkeys([*ids.values(), *(key for found in present.values() for key in found)])
    views = {each.id: entry_view(each, zone=zone) for each in service_store.entries(connection, list(wanted), on=today)}
    return {
        key: Linked(
            views.get(service),
            tuple(views[other] for other in present[service] if other in views and other != service),
        )
        for key, service in ids.items()
    }


def _brought_up_to_date(body: str, linked: Mapping[str, Linked]) -> str:
    dated = _DATED_HEADING.sub(lambda found: found[1] + _day(found[2]), body)
    return _LINK.sub(lambda found: _link(found[1], found[2], linked), dated)


def _day(text: str) -> str:
    try:
        return words.full_date(date.fromisoformat(text))
    except ValueError:
        return text


def _link(text: str, slug: str, linked: Mapping[str, Linked]) -> str:
    """A link as its author wrote it, with the present name where that says more, and what has become of it."""
    service = linked.get(slug, Linked(None)).entry
    if service is None:
        return f"{text} (not in the directory)"
    link = f"[{text}](service:{slug})"
    if service.closed:
        now = words.listed(f"[{_as_markdown(each.name)}](service:{each.slug})" for each in linked[slug].now)
        return f"{link} (closed{': now ' + now if now else ''})"
    said, name = text.casefold(), service.name.casefold()
    if said in name or name in said:
        return link
    words_before = "now called " if said in service.former_names.casefold() else ""
    return f"{link} ({words_before}{_as_markdown(service.name)})"


def _as_markdown(text: str) -> str:
    """A name inside Markdown: shown as it is, whatever marks it holds."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|])", r"\\\1", escaped)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A page in the list."""

    title: str
    href: str
    summary: str
    updated: date


def page_list(connection: Connection) -> dict[str, list[PageLine]]:
    """Every page by kind, pathways first."""
    found: dict[str, list[PageLine]] = {kind: [] for kind in words.PAGE_KINDS.values()}
    for each in page_store.every(connection):
        summary = _text(parse(each.text, where=each.slug).facts, "summary")
        found[words.PAGE_KINDS[each.kind]].append(PageLine(each.title, f"/pages/{each.slug}", summary, each.updated))
    return {kind: lines for kind, lines in found.items() if lines}
