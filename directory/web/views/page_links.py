"""The services that a page names, as they stand today, and what became of each since the page was written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.succession import handlers
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store.since import Since, changes_since
from directory.store.versions import find_ids
from directory.web import words
from directory.web.language import gettext
from directory.web.views.entries import EntryView, entry_view

_LINK = re.compile(r"\[([^\[\]]*)\]\(service:([a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class Linked:
    """A service that a page names: its entry (None where there is no such service), and who handles it now.

    `changes` took effect since the oldest day that was asked about, newest first.
    """

    entry: EntryView | None
    now: tuple[EntryView, ...] = ()
    changes: tuple[Since, ...] = ()

    def since(self, day: date) -> Since | None:
        """The latest change after a day."""
        return next((change for change in self.changes if change.effective_from > day), None)

    def moved(self, day: date) -> bool:
        """Whether somebody else runs it since after a day."""
        return self.entry is not None and bool(self.entry.previous) and self.entry.since > day


NOWHERE = Linked(None)


def linked_services(
    connection: Connection, keys: Iterable[str], *, after: date, today: date, zone: ZoneInfo
) -> dict[str, Linked]:
    """Services by id or slug as they stand today, each with what took its place where it has closed.

    A fixed number of statements, however many services.
    """
    ids = find_ids(connection, "service", keys)
    links = succession_store.following(connection, "service", ids.values())
    present = {service: handlers(service, today, links).ids for service in ids.values()}
    wanted = dict.fromkeys([*ids.values(), *(key for found in present.values() for key in found)])
    views = {each.id: entry_view(each, zone=zone) for each in service_store.entries(connection, list(wanted), on=today)}
    changes = changes_since(connection, ids.values(), after=after, until=today)
    return {
        key: Linked(
            views.get(service),
            tuple(views[other] for other in present[service] if other in views and other != service),
            tuple(changes.get(service, ())),
        )
        for key, service in ids.items()
    }


def brought_up_to_date(text: str, linked: Mapping[str, Linked], *, written: date) -> str:
    """Markdown in which each link to a service says what became of it since a day."""
    return _LINK.sub(lambda found: _link(found[1], found[2], linked.get(found[2], NOWHERE), written), text)


def without_dead_ends(text: str, known: Collection[str]) -> str:
    """Markdown as it was written, but that links to services that are not in the directory are none."""
    return _LINK.sub(lambda found: found[0] if found[2] in known else _nowhere(found[1]), text)


def _nowhere(text: str) -> str:
    return gettext("{name} (not in the directory)").format(name=text)


def _link(text: str, slug: str, linked: Linked, written: date) -> str:
    service = linked.entry
    if service is None:
        return _nowhere(text)
    said = _news(text, linked, service, written)
    return f"[{text}](service:{slug})" + (f" ({said})" if said else "")


def _news(text: str, linked: Linked, service: EntryView, written: date) -> str:
    if service.closed:
        now = words.listed(f"[{as_markdown(each.name)}](service:{each.slug})" for each in linked.now)
        said = gettext("closed {day}: now {services}") if now else gettext("closed {day}")
        return said.format(day=words.full_date(service.effective_from), services=now)
    name = _other_name(text, service)
    if linked.moved(written):
        runs = service.team.name if service.team else service.organisation.name
        said = gettext("**now {name}**, since {day}")
        moved = said.format(name=as_markdown(runs), day=words.full_date(service.since))
        return "; ".join(filter(None, (name, moved)))
    if change := linked.since(written):
        title = f"[{as_markdown(change.title)}](/changes/{change.number})"
        changed = gettext("changed {day}: {title}").format(day=words.full_date(change.effective_from), title=title)
        return "; ".join(filter(None, (name, changed)))
    return name


def _other_name(text: str, service: EntryView) -> str:
    """The present name, where it says more than the words of the link."""
    said, name = text.casefold(), service.name.casefold()
    if said in name or name in said:
        return ""
    shown = as_markdown(service.name)
    return gettext("now called {name}").format(name=shown) if said in service.former_names.casefold() else shown


def as_markdown(text: str) -> str:
    """A name inside Markdown: shown as it is, whatever marks it holds."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|])", r"\\\1", escaped)
