"""A notice as a card for a room: from the same record as a message, without its mark-up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from directory.notify.compose import subject_of
from directory.notify.items import Item
from directory.notify.lines import one_line
from directory.notify.notice import Notice, Prose, ServiceLine, full_date
from directory.notify.page_notice import PageNotice
from directory.notify.plain import plain_text
from directory.outbound.card import Card, Part

# Services on one card; the page has them all.
SHOWN = 5
_TOLD = frozenset({"What to do", "Referrals already made"})


def card_of(item: Item, *, today: date, organisation_name: str) -> Card:
    """What a room is told: who handles what now and who did before, from when, what to do, and where to read it all."""
    notice = item.notice
    parts = _of_page(notice) if isinstance(notice, PageNotice) else _of_change(notice)
    because = one_line(f"{organisation_name}. Why this comes here: {'; '.join(item.reasons)}")
    text = "Read the page" if item.of_page else "Read the whole record"
    return Card(one_line(subject_of(item, today)), tuple(parts), notice.link, text, because)


def _of_change(notice: Notice) -> Iterator[Part]:
    yield Part("", (("From", full_date(notice.effective_from)),))
    for service in notice.services[:SHOWN]:
        yield Part(_named(service), tuple((row.label, row.text) for row in service.rows))
    more = len(notice.services) - SHOWN + notice.services_more
    lines = list(notice.also[:SHOWN])
    if more > 0:
        lines.append(f"And {more} more {'service' if more == 1 else 'services'}.")
    if notice.reached:
        others = f" and {notice.reached_more} more" if notice.reached_more > 0 else ""
        lines.append(f"Services concerned: {'; '.join(notice.reached)}{others}")
    if lines:
        yield Part("", text="\n".join(lines))
    yield from (_prose(each) for each in notice.prose if each.heading in _TOLD)


def _of_page(notice: PageNotice) -> Iterator[Part]:
    yield Part("", text=f"{notice.news} {notice.why}".strip())
    yield from (_prose(each) for each in notice.prose[:SHOWN])


def _named(service: ServiceLine) -> str:
    if service.new:
        return f"New: {service.name}"
    return f"{service.name} (was {service.was_name})" if service.was_name else service.name


def _prose(prose: Prose) -> Part:
    return Part(prose.heading, text=plain_text(prose.html))
