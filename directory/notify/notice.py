"""A change as a message shows it: the answer itself, in words. Text and HTML are made from this one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from directory.notify.letterhead import Letterhead
from directory.notify.lines import Row, Value, one_line, part_in_words, rows_of
from directory.store.told import ToldBody, ToldChange, ToldLink, ToldService

# Beyond this, a message points to the page.
SHOWN = 10
SERVICE_LINK = re.compile(r"\[([^\]]*)\]\(service:([a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service in a message; `was_owner` and `was_name` are None where they did not change."""

    slug: str
    name: str
    was_name: str | None
    owner: str
    was_owner: str | None
    new: bool
    rows: tuple[Row, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Prose:
    """What people wrote, as text and as safe HTML."""

    heading: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One change, ready to be shown to anybody.

    `corrects` says that it puts right what was known of days gone by. `also` are lines that belong to no service;
    `reached` names services that it concerns through their owner.
    """

    number: int
    title: str
    kinds: tuple[str, ...]
    effective_from: date
    corrects: bool
    urgent: bool
    withdrawn: bool
    prose: tuple[Prose, ...]
    services: tuple[ServiceLine, ...]
    also: tuple[str, ...]
    reached: tuple[str, ...]
    reached_more: int
    services_more: int
    link: str


def notice_of(change: ToldChange, letterhead: Letterhead) -> Notice:
    """A change in words."""
    links = [link for link in change.links if link.noun == "service"]
    parts = (
        ("What to do", change.what_to_do),
        ("Referrals already made", change.in_flight),
        ("Why", change.why),
    )
    return Notice(
        number=change.number,
        title=one_line(change.title),
        kinds=change.kinds,
        effective_from=change.effective_from,
        corrects="correction" in change.kinds
        and change.effective_from < change.recorded_at.astimezone(letterhead.zone).date(),
        urgent=change.urgent,
        withdrawn=change.status == "withdrawn",
        prose=tuple(prose_of(heading, text, letterhead) for heading, text in parts if text.strip()),
        services=tuple(
            _service(each, [link for link in links if link.predecessor == each.id], letterhead)
            for each in change.services[:SHOWN]
        ),
        also=(*map(_body, change.bodies), *(_link(link) for link in change.links if link.noun != "service")),
        reached=change.reached,
        reached_more=change.reached_count - len(change.reached),
        services_more=max(0, len(change.services) - SHOWN),
        link=letterhead.link(f"/changes/{change.number}"),
    )


def full_date(day: date) -> str:
    """A date in full, as the NHS writes it: "1 December 2026"."""
    return f"{day.day} {day:%B %Y}"


def prose_of(heading: str, text: str, letterhead: Letterhead) -> Prose:
    """Markdown as a message shows it, in text and in HTML; its links lead to the directory."""
    plain = SERVICE_LINK.sub(lambda found: f"{found[1]} ({letterhead.link('/services/' + found[2])})", text.strip())
    return Prose(heading, plain, letterhead.render_markdown(text))


def _service(told: ToldService, links: Sequence[ToldLink], letterhead: Letterhead) -> ServiceLine:
    before, after = told.before, told.after
    return ServiceLine(
        slug=told.slug,
        name=one_line(after.name),
        was_name=one_line(before.name) if before and before.name != after.name else None,
        owner=told.owner,
        was_owner=told.was_owner if told.was_owner != told.owner else None,
        new=before is None,
        rows=tuple(_followed(links, letterhead)) + tuple(rows_of(told)),
        link=letterhead.link(f"/services/{told.slug}"),
    )


def _followed(links: Sequence[ToldLink], letterhead: Letterhead) -> Iterable[Row]:
    """Who handles it instead: the service, who runs it and, where it is split, for which part."""
    values = []
    for link in links:
        if link.successor_name:
            words = f"{link.successor_name}, {link.owner}" if link.owner else link.successor_name
            share = part_in_words(link.part)
            text = one_line(f"{words}: {share}" if share else words)
            values.append(Value(text, letterhead.link(f"/services/{link.successor_slug}")))
    if values:
        yield Row("Now handled by", tuple(values))


def _body(body: ToldBody) -> str:
    if body.was_name and body.was_name != body.name:
        return f"{one_line(body.was_name)} is now called {one_line(body.name)}."
    return f"{one_line(body.name)} is new." if body.was_name is None else f"{one_line(body.name)}: its entry changed."


def _link(link: ToldLink) -> str:
    if link.successor_name is None:
        return f"{one_line(link.name)} closes."
    taken = part_in_words(link.part)
    share = f" ({taken})" if taken else ""
    return one_line(f"{link.name} is followed by {link.successor_name}{share}") + "."
