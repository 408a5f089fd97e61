"""The background loop: what follows a change, step by step, in the order below.

Each step asks the database whether there is anything to do, keeps its state in the domain's own rows, and can be killed
anywhere and run again. A step that fails is logged and tried again; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from directory.actions.follow import follow_index, write_entries, write_records
from directory.content.markdown import render
from directory.notify.deliver import deliver_due
from directory.notify.digest import run_due_slots
from directory.notify.letterhead import Letterhead
from directory.notify.match import match_announced, match_in_force
from directory.notify.recover import recover
from directory.outbound.mail import mailer_for
from directory.settings import Settings
from directory.site import Site

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
AFTER_FAILURE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk: its name in the log, and what it does; it returns how much it did."""

    name: str
    run: Callable[[], int]


@dataclass(slots=True)
class Worker:
    """Runs the steps for one site until it is told to stop."""

    site: Site
    stopping: Event = field(default_factory=Event)

    def steps(self) -> Sequence[Step]:
        """The steps, in the order in which they run."""
        site, settings = self.site, self.site.settings
        database, zone = site.database, settings.zone
        return (
            Step("index", lambda: follow_index(database, site.engine, today=site.today())),
            Step("records", lambda: write_records(database, settings.content, at=site.now())),
            Step("entries", lambda: write_entries(database, settings.content, today=site.today())),
            Step("recover", lambda: recover(database, at=site.now()).leases),
            Step("match announced", lambda: match_announced(database, at=site.now(), zone=zone)),
            Step("match in force", lambda: match_in_force(database, at=site.now(), zone=zone)),
            Step("digest", lambda: run_due_slots(database, settings.digest_schedule, at=site.now())),
            Step("deliver", self._deliver),
        )

    def _deliver(self) -> int:
        settings = self.site.settings
        return deliver_due(
            self.site.database,
            mailer_for(settings.smtp_url, settings.mail_folder),
            letterhead=letterhead(settings),
            clock=self.site.now,
            stop=self.stopping.is_set,
        )

    def once(self) -> int:
        """Do all that is due now; returns how many steps failed."""
        return sum(not self._do(step) for step in self.steps())

    def _do(self, step: Step) -> bool:
        try:
            done = step.run()
        except Exception:
            # Whatever it is, the next steps must not wait for it; a nurse's mail does not hang on a full index disk.
            log.exception("step %s failed; it is tried again", step.name)
            return False
        if done:
            log.info("step %s: %d", step.name, done)
        return True

    def run(self) -> None:
        """Work until told to stop."""
        while not self.stopping.is_set():
            failed = self.once()
            self.stopping.wait(AFTER_FAILURE_SECONDS if failed else IDLE_SECONDS)

    def start(self) -> Thread:
        """Work in a thread of this process."""
        thread = Thread(target=self.run, name="signpost-work", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Finish the message at hand, then end."""
        self.stopping.set()


def letterhead(settings: Settings) -> Letterhead:
    """What every message of this site carries."""
    return Letterhead(
        base_url=settings.base_url,
        mail_from=settings.mail_from,
        organisation_name=settings.organisation_name,
        secret=settings.secret.get_secret_value(),
        zone=settings.zone,
        render_markdown=lambda text: render(text, service_link=lambda slug: f"{settings.base_url}/services/{slug}"),
    )
