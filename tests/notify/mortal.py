"""A process that can be killed at any transaction, and a relay that does what it is told: for the model of telling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from sqlalchemy import Connection

from directory.errors import DeliveryFailed
from directory.outbound.mail import RelayAway
from directory.outbound.message import Mail
from directory.store.database import Database
from tests.notify.fakes import FakeMailer, Killed, opened

# What the relay, or the worker's process, does with a message.
FAILURES = ("fine", "later", "never", "lost answer", "away", "killed before", "killed after")


class Mortal(Database):
    """A database whose process dies at a transaction, before or after it is committed."""

    dies_in: int | None = None
    committed = False

    @contextmanager
    def write(self, *, patience: float = 30, synced: bool = True) -> Iterator[Connection]:
        self._count()
        with super().write(patience=patience, synced=synced) as connection:
            yield connection
            if self.dies_in == 0 and not self.committed:
                self.dies_in = None
                raise Killed
        if self.dies_in == 0:
            self.dies_in = None
            raise Killed

    def _count(self) -> None:
        if self.dies_in is not None:
            self.dies_in -= 1


class Post(FakeMailer):
    """A relay that does what it is told, message by message, and keeps what it took, as a reader reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: list[str] = []
        self.got: list[tuple[str, str, set[tuple[int, str]]]] = []
        self.tried: list[tuple[str, set[tuple[int, str]]]] = []
        self.refused: list[tuple[str, set[tuple[int, str]]]] = []

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        assert isinstance(message, Mail)
        if after is not None:
            after()
        what, shown = self.plan.pop(0) if self.plan else "fine", _shown(message)
        if what == "away":
            raise RelayAway("not there")
        self.tried.append((to, shown))
        if what == "never":
            self.refused.append((to, shown))
            raise DeliveryFailed("550 no such mailbox", permanent=True)
        if what == "later":
            raise DeliveryFailed("451 later", permanent=False)
        if what == "killed before":
            raise Killed
        self.got.append((to, message.message_id, shown))
        if what == "lost answer":
            raise DeliveryFailed("broke off", permanent=False)
        if what == "killed after":
            raise Killed


def _shown(message: Mail) -> set[tuple[int, str]]:
    """The changes that a message tells of, each with its stage, from its words."""
    body = opened(message).get_body(("plain",))
    assert body is not None
    found, since = set(), 0
    text = str(body.get_content())
    for link in re.finditer(r"The whole record: \S+/changes/([0-9]+)", text):
        said = text[since : link.start()]
        stage = "withdrawn" if "What we told you before" in said else "announced"
        found.add((int(link[1]), "in-force" if "This is now in force" in said else stage))
        since = link.end()
    return found
