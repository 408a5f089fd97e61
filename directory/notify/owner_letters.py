"""Letters between readers and owners: what was reported, what became of it, and what is to be checked."""

from __future__ import annotations

from directory.domain.asking import Level
from directory.domain.report import BECAME
from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.written import Written
from directory.store.letters import Letter

_WAITS = {Level.ADMINISTRATORS: "Waits for 5 working days", Level.EDITORS: "Waits for 10 working days"}


def report_new(letter: Letter, letterhead: Letterhead) -> Written:
    """To the owner of a service: somebody says that something is wrong; or that it waits for an answer."""
    facts = letter.facts
    about = one_line(str(facts["service"]) or "the directory")
    kind = str(facts["kind"])
    waits = _WAITS.get(Level(facts["waits"]))
    subject = f"{waits}: a report about {about}" if waits else f"A report about {about}: {kind}"
    shown = {
        "about": about,
        "kind": kind,
        "text": str(facts["text"]),
        "count": int(facts["count"]),
        "waits": waits,
        "ref": str(facts["ref"]),
        "link": letterhead.link(f"/manage/reports/{facts['ref']}"),
    }
    return Written(subject, "report_new", shown)


def report_answered(letter: Letter, letterhead: Letterhead) -> Written:
    """To whoever reported something: what became of it. What they wrote is not sent to an address that they typed."""
    facts = letter.facts
    about = one_line(str(facts["service"]) or "the directory")
    shown = {
        "about": about,
        "kind": str(facts["kind"]),
        "became": BECAME[facts["outcome"]],
        "answer": str(facts["answer"]),
        "change": letterhead.link(f"/changes/{facts['change']}") if facts["change"] else "",
        "ref": str(facts["ref"]),
        "link": letterhead.link(f"/reports/{facts['ref']}"),
    }
    return Written(f"{shown['became']}: what you reported about {about}", "report_answered", shown)


def checks_due(letter: Letter, letterhead: Letterhead) -> Written:
    """To the owner of services: those that nobody has checked for too long, each with its own link."""
    facts = letter.facts
    person, asked_at = int(facts["person"]), letter.queued_at
    services = [
        {
            "name": one_line(str(it["name"])),
            "age": str(it["age"]),
            "link": letterhead.check_link(str(it["id"]), person, at=asked_at),
        }
        for it in facts["services"]
    ]
    count, whose = int(facts["count"]), one_line(str(facts["team"]))
    further = Level(facts["told"]) > Level.LEADS and bool(facts["again"])
    entries = "1 entry" if count == 1 else f"{count:,} entries"
    subject = f"{'Still not checked' if further else 'Please check'}: {entries} of {whose or 'services without a team'}"
    shown = {
        "services": services,
        "more": count - len(services),
        "whose": whose,
        "again": further,
        "months": int(facts["months"]),
        "link": letterhead.link("/manage/freshness"),
    }
    return Written(subject, "checks_due", shown)
