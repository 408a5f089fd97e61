"""A worker that tells people, in a process of its own that can be killed at any moment of what it says it does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from email.message import EmailMessage
from multiprocessing.connection import Connection

from directory.notify.deliver import deliver_due
from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced, match_in_force
from directory.notify.recover import recover
from directory.outbound.mail import SmtpMailer
from directory.outbound.message import Mail
from directory.store.database import Database
from tests.notify.build import LETTERHEAD, LONDON, SCHEDULE

PHASES = ("match", "digest", "deliver")


class Mortal(SmtpMailer):
    """Kills its own process when the relay has taken so many messages."""

    left: int | None = None

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        super().send(message, to, after=after)
        if self.left is not None:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


def work(url: str, relay: str, at: datetime, said: Connection, dies_after: int | None) -> None:
    """Do all that is due at an instant, saying each phase before it begins."""
    mailer = Mortal(relay)
    mailer.left = dies_after
    with closing(Database(url)) as database:
        # Its connection is open before the first phase begins, as a worker's is.
        recover(database, at=at)
        said.send("match")
        match_announced(database, at=at, zone=LONDON)
        match_in_force(database, at=at, zone=LONDON)
        said.send("digest")
        run_due_slots(database, SCHEDULE, at=at)
        said.send("deliver")
        deliver_due(database, mailer, letterhead=LETTERHEAD, clock=lambda: at, limit=7)
        said.send("done")
