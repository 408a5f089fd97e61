"""The background loop: what follows a change, step by step, in the order below.

Each step asks the database whether there is anything to do, keeps its state in the domain's own rows, and can be killed
anywhere and run again. A step that fails is logged and tried again; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from directory.actions.agreeing import expire
from directory.actions.apart import Tidier, rebuild_index_apart
from directory.actions.audit_trail import seal_trail
from directory.actions.bounces import take_refusals, take_returned
from directory.actions.follow import follow_index, write_entries, write_records
from directory.actions.follow_fhir import follow_fhir
from directory.actions.inspecting import inspect_nightly
from directory.actions.open_referral import note_seen
from directory.actions.page_index import follow_page_index
from directory.actions.polling import Polling, poll_due
from directory.actions.retention import keep_no_longer
from directory.errors import StoreFailing
from directory.exchange.bank_holidays import BankHolidays
from directory.notify.check_requests import ask_to_check
from directory.notify.deliver import deliver_due
from directory.notify.digest import run_due_slots
from directory.notify.letterhead import Letterhead, letterhead_of
from directory.notify.match import match_announced, match_in_force
from directory.notify.match_fhir import match_fhir
from directory.notify.match_pages import match_pages
from directory.notify.post import forget_what_is_over, send_letters
from directory.notify.post_events import post_due
from directory.notify.recover import recover
from directory.notify.reminders import remind
from directory.notify.report_news import tell_of_reports
from directory.notify.serving import Sender
from directory.outbound.http import Outgoing, outgoing_for
from directory.outbound.mail import mailer_for
from directory.outbound.mailbox import read_mailbox
from directory.outbound.return_path import return_path_of
from directory.settings import Settings
from directory.site import Site
from directory.store.database import reachable
from directory.store.disk import REFUSALS
from directory.store.sealing import Seal

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
AFTER_FAILURE_SECONDS = 5.0
TIDY_EVERY = timedelta(minutes=1)
BOUNCES_EVERY = timedelta(minutes=5)
RETENTION_EVERY = timedelta(hours=6)


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
    _tidied_at: datetime | None = None
    _bounces_at: datetime | None = None
    _retained_at: datetime | None = None
    _tidier: Tidier = field(init=False)
    _outgoing: Outgoing = field(init=False)

    def __post_init__(self) -> None:
        self._tidier = Tidier(self.site.engine)
        settings = self.site.settings
        self._outgoing = outgoing_for(settings.reach, base_url=settings.base_url)

    def steps(self) -> Sequence[Step]:
        """The steps, in the order in which they run."""
        site, settings = self.site, self.site.settings
        database, zone = site.database, settings.zone
        return (
            Step("letters", self._send_letters),
            Step("index", self._follow_index),
            Step("page index", lambda: follow_page_index(database, site.page_engine, today=site.today())),
            Step("FHIR", self._follow_fhir),
            Step("match FHIR", lambda: match_fhir(database, at=site.now())),
            Step("seen", lambda: note_seen(database, clock=site.now)),
            Step("offers", lambda: expire(database, at=site.now())),
            Step("records", lambda: write_records(database, settings.content, at=site.now())),
            Step("entries", lambda: write_entries(database, settings.content, today=site.today())),
            Step("audit trail", lambda: seal_trail(database, at=site.now())),
            Step("recover", lambda: recover(database, at=site.now()).leases),
            Step("match announced", lambda: match_announced(database, at=site.now(), zone=zone)),
            Step("match in force", lambda: match_in_force(database, at=site.now(), zone=zone)),
            Step("match pages", lambda: match_pages(database, at=site.now())),
            Step("digest", lambda: run_due_slots(database, settings.digest_schedule, at=site.now())),
            Step("reports", self._tell_of_reports),
            Step("checks", self._ask_to_check),
            Step("reminders", self._remind),
            Step("self-audit", lambda: inspect_nightly(database, zone=zone, at=site.now())),
            Step("deliver", self._deliver),
            Step("bounces", self._take_bounces),
            Step("forget", self._forget),
            Step("retention", self._keep_no_longer),
            Step("tidy the index", self._tidier.run),
        )

    def _follow_index(self) -> int:
        database, engine, today = self.site.database, self.site.engine, self.site.today()

        def rebuild() -> None:
            rebuild_index_apart(database, engine.folder, today=today)

        return follow_index(database, engine, today=today, rebuild=rebuild)

    def _follow_fhir(self) -> int:
        site = self.site
        return follow_fhir(site.database, today=site.today(), clock=site.now, stop=self.stopping.is_set)

    def _send_letters(self) -> int:
        settings = self.site.settings
        return send_letters(
            self.site.database,
            mailer_for(settings.smtp_url, settings.mail_folder, return_path_of(settings)),
            letterhead=letterhead(settings),
            clock=self.site.now,
            stop=self.stopping.is_set,
        )

    def _tell_of_reports(self) -> int:
        settings = self.site.settings
        holidays = BankHolidays(settings.bank_holidays)
        return tell_of_reports(self.site.database, at=self.site.now(), zone=settings.zone, holidays=holidays)

    def _ask_to_check(self) -> int:
        settings = self.site.settings
        return ask_to_check(
            self.site.database, settings.digest_schedule, months=settings.check_every, at=self.site.now()
        )

    def _remind(self) -> int:
        settings = self.site.settings
        holidays = BankHolidays(settings.bank_holidays)
        return remind(self.site.database, settings.digest_schedule, holidays=holidays, at=self.site.now())

    def _deliver(self) -> int:
        settings = self.site.settings
        return deliver_due(
            self.site.database,
            mailer_for(settings.smtp_url, settings.mail_folder, return_path_of(settings)),
            letterhead=letterhead(settings),
            clock=self.site.now,
            a_minute=settings.smtp_rate,
            stop=self.stopping.is_set,
        )

    def _post_events(self) -> int:
        settings = self.site.settings
        sender = Sender(
            self.site.database,
            self._outgoing,
            letterhead(settings),
            Seal(settings.secret.get_secret_value()),
            clock=self.site.now,
            stop=self.stopping.is_set,
        )
        return post_due(sender)

    def _poll_sources(self) -> int:
        site = self.site
        return poll_due(
            Polling(
                database=site.database,
                outgoing=self._outgoing,
                clock=site.now,
                zone=site.settings.zone,
                base_url=site.settings.base_url,
                stop=self.stopping.is_set,
            )
        )

    def _take_bounces(self) -> int:
        site, settings, at = self.site, self.site.settings, self.site.now()
        if self._bounces_at is not None and at - self._bounces_at < BOUNCES_EVERY:
            return 0
        self._bounces_at = at
        taken = take_refusals(site.database, at=at)
        paths = return_path_of(settings)
        if paths is not None and settings.bounce_mailbox:
            taken += take_returned(site.database, read_mailbox(settings.bounce_mailbox), paths, clock=site.now)
        return taken

    def _forget(self) -> int:
        at = self.site.now()
        if self._tidied_at is not None and at - self._tidied_at < TIDY_EVERY:
            return 0
        self._tidied_at = at
        return forget_what_is_over(self.site.database, at=at)

    def _keep_no_longer(self) -> int:
        site, at = self.site, self.site.now()
        if self._retained_at is not None and at - self._retained_at < RETENTION_EVERY:
            return 0
        self._retained_at = at
        months = site.settings.keep_months
        return keep_no_longer(site.database, site.settings.mail_folder, months=months, at=at)

    def once(self) -> int:
        """Do all that is due now; returns how many steps failed."""
        # First, so that what feeds bring is on its way as what people publish is.
        failed = not self._do(Step("sources", self._poll_sources))
        return failed + self._walk() + (not self._do(Step("channels", self._post_events)))

    def _walk(self) -> int:
        if not reachable(self.site.database):
            # Each step would say the same.
            log.error("the database does not answer: work waits for it")
            return 1
        return sum(not self._do(step) for step in self.steps())

    def _do(self, step: Step) -> bool:
        try:
            done = step.run()
        except StoreFailing as error:
            log.error("step %s: %s", step.name, error)
            return False
        except OSError as error:
            if error.errno not in REFUSALS:
                log.exception("step %s failed; it is tried again", step.name)
            else:
                # The disk is no fault of ours, and the same every five seconds.
                log.error("step %s: %s; it is tried again", step.name, error.strerror)
            return False
        except Exception:
            # Whatever it is, the next steps must not wait for it; a nurse's mail does not hang on a full index disk.
            log.exception("step %s failed; it is tried again", step.name)
            return False
        if done:
            log.info("step %s: %d", step.name, done)
        return True

    def run(self) -> None:
        """Work until told to stop."""
        # Somebody waits for a letter at this moment: it must not stand behind the morning's digests.
        # And nobody's mail behind a webhook, or a feed, that does not answer.
        beside = [self._beside(Step("letters", self._send_letters)), self._beside(Step("channels", self._post_events))]
        feeds = self._beside(Step("sources", self._poll_sources))
        for thread in (*beside, feeds):
            thread.start()
        while not self.stopping.is_set():
            failed = self._walk()
            self.stopping.wait(AFTER_FAILURE_SECONDS if failed else IDLE_SECONDS)
        for thread in beside:
            thread.join()
        # What it reads at this moment is read again: nothing of it was written yet.
        feeds.join(IDLE_SECONDS)

    def _beside(self, step: Step) -> Thread:
        return Thread(target=self._repeat, args=(step,), name=f"signpost-{step.name}", daemon=True)

    def _repeat(self, step: Step) -> None:
        while not self.stopping.is_set():
            self.stopping.wait(IDLE_SECONDS if self._do(step) else AFTER_FAILURE_SECONDS)

    def start(self) -> Thread:
        """Work in a thread of this process."""
        thread = Thread(target=self.run, name="signpost-work", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Finish the message at hand, then end."""
        if not self.stopping.is_set():
            log.info("work ends when the message at hand is sent")
        self.stopping.set()


def letterhead(settings: Settings) -> Letterhead:
    """What every message of this site carries."""
    return letterhead_of(settings)
