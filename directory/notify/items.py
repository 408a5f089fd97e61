"""What one recipient is told: notices of changes and of pages, each with the delivery that it settles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from directory.domain.subscription import because, is_champion_label
from directory.notify.handover import handover_text
from directory.notify.letterhead import Letterhead
from directory.notify.notice import Notice, notice_of
from directory.notify.page_notice import PageNotice, page_notice
from directory.store import told, told_pages
from directory.store.sending import Queued

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """A notice for one recipient: at which stage, why they get it, and the delivery that it settles."""

    notice: Notice | PageNotice
    stage: str
    reasons: tuple[str, ...]
    delivery_id: int

    @property
    def of_page(self) -> bool:
        """Whether it tells of a page rather than of a change."""
        return isinstance(self.notice, PageNotice)

    @property
    def because(self) -> str:
        """Why they are told, in words."""
        return because(self.reasons)

    @property
    def handover(self) -> str:
        """What to read out to the team, where this goes to its champion; otherwise empty."""
        if isinstance(self.notice, PageNotice) or not any(map(is_champion_label, self.reasons)):
            return ""
        return handover_text(self.notice, stage=self.stage)


def items_of(connection: Connection, found: Sequence[Queued], letterhead: Letterhead) -> list[Item]:
    """Deliveries as items; each change or page is read and put into words once, however many hear of it."""
    changes = told.told(connection, _each(each.change_number for each in found))
    pages = told_pages.told(connection, _each(each.page for each in found))
    of_changes = {number: notice_of(change, letterhead) for number, change in changes.items()}
    of_pages = {version: page_notice(page, letterhead) for version, page in pages.items()}
    return [
        Item(
            of_pages[each.page] if each.page else of_changes[each.change_number or 0],
            each.stage,
            each.reasons,
            each.id,
        )
        for each in found
    ]


def _each(given: Iterable[T | None]) -> set[T]:
    return {each for each in given if each is not None}
