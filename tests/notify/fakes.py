"""A mailer that fails on demand, and the steps of a delivery in few words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from directory.notify.deliver import deliver_due
from directory.notify.match import match_announced
from directory.outbound.mail import Mailer
from directory.outbound.message import Mail
from tests.notify.build import LETTERHEAD, LONDON, NOW, Town


class Killed(BaseException):
    """The process ends here."""


class FakeMailer:
    """Keeps what it is given, and raises what it is told to, before or after taking it; mypy holds it to `Mailer`."""

    name = "fake"

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.before: list[BaseException | None] = []
        self.after: list[BaseException | None] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        if after is not None:
            after()
        if self.before and (failure := self.before.pop(0)):
            raise failure
        assert isinstance(message, Mail)
        self.taken.append((to, message.message_id))
        if self.after and (failure := self.after.pop(0)):
            raise failure


def opened(message: Mail | EmailMessage) -> EmailMessage:
    """A message as whoever gets it reads it."""
    assert isinstance(message, Mail)
    found = message_from_bytes(message.data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def publish(town: Town, **more: Any) -> int:
    number = town.move_clinic(**more)
    match_announced(town.database, at=NOW, zone=LONDON)
    return number


def deliver(town: Town, mailer: Mailer, at: datetime = NOW, **more: Any) -> int:
    return deliver_due(town.database, mailer, letterhead=LETTERHEAD, clock=lambda: at, **more)


def states(town: Town) -> list[str]:
    return [row.state for row in town.deliveries()]


def followers(town: Town, *names: str, **more: Any) -> list[int]:
    people = [town.person(f"{name}@example.nhs.uk") for name in names]
    for person in people:
        town.subscribe("immediately", person=person, **more)
    return people
