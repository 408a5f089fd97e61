"""Feeds of others as their page shows them: how the last reading went, and where they and the directory differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.clashes import Differing, differing
from directory.store import source_words as store
from directory.store.sources import Source
from directory.web import words
from directory.web.views.lines import field_in_words
from directory.web.views.names import Named, OwnerNames, names_of


@dataclass(frozen=True, slots=True)
class ClashView:
    """One field on which a feed and this directory differ: what each says, in words."""

    it: Differing
    service: Named
    label: str
    ours: str
    theirs: str

    @property
    def key(self) -> str:
        """What names it in addresses and forms of the page."""
        clash = self.it.clash
        return f"{clash.source}-{clash.service_id}-{clash.field}".replace("_", "-")


@dataclass(frozen=True, slots=True)
class SourceView:
    """A feed with the clashes that wait for somebody and those that were decided; instants are local."""

    it: Source
    read_at: datetime | None
    due_at: datetime
    every: str
    waiting: tuple[ClashView, ...]
    kept: tuple[ClashView, ...]


def source_view(source: Source, clashes: Iterable[ClashView], *, zone: ZoneInfo) -> SourceView:
    """A feed with its clashes."""
    found = [each for each in clashes if each.it.clash.source_id == source.id]
    return SourceView(
        source,
        source.read_at.astimezone(zone) if source.read_at else None,
        source.due_at.astimezone(zone),
        every_in_words(source.every_minutes),
        tuple(each for each in found if each.it.clash.kept_at is None),
        tuple(each for each in found if each.it.clash.kept_at is not None),
    )


def clash_views(connection: Connection, found: Iterable[Differing], *, on: date) -> list[ClashView]:
    """Clashes with what each side says."""
    found = list(found)
    services = names_of(connection, "service", {each.clash.service_id for each in found}, on=on)
    owners = OwnerNames.of(connection, [facts for each in found for facts in (each.ours, each.theirs)], on=on)
    return [
        ClashView(
            each,
            services[each.clash.service_id],
            words.FIELD_LABELS[each.clash.field],
            field_in_words(each.clash.field, each.ours, owner=owners.in_words(each.ours.owner)),
            field_in_words(each.clash.field, each.theirs, owner=owners.in_words(each.theirs.owner)),
        )
        for each in found
    ]


def clashes_on(connection: Connection, service_id: str, *, on: date) -> list[ClashView]:
    """The clashes of one service that wait for somebody."""
    return clash_views(connection, differing(connection, store.clashes_of(connection, service_id), on=on), on=on)


def every_in_words(minutes: int) -> str:
    """How often, as a person would say it."""
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes % size == 0:
            count = minutes // size
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {minutes} minutes"
