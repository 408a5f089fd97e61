"""Letters about what waits for somebody's agreement, what became of it, and what one person published alone."""

from __future__ import annotations

from datetime import date, datetime

from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.notice import full_date
from directory.notify.written import Written
from directory.store.letters import Letter

_BECAME = {
    "published": ("Agreed and published", "Everybody whom it needed has agreed. It is published."),
    "declined": ("Declined", "It was declined, and is not published. The reason given:"),
    "withdrawn": ("Withdrawn", "It was withdrawn before it was published. There is nothing left to do."),
    "expired": ("Expired", "Nobody agreed within 14 days. It is not published; it can be offered again."),
}


def offer(letter: Letter, letterhead: Letterhead) -> Written:
    """To those who can agree to a change: what it is, and until when they can."""
    title = one_line(str(letter.facts["title"]))
    until = datetime.fromisoformat(str(letter.facts["until"])).astimezone(letterhead.zone)
    asks = one_line(str(letter.facts.get("by") or "")) or "An editor"
    shown = {
        "lines": [
            f"{asks} asks for your agreement to this change{_day(letter)}. Nothing is published, and nobody is told, "
            "before you agree.",
            f"Until {until.day} {until:%B %Y} you can accept it, or decline it and say why. Then it expires.",
        ],
        "title": title,
        "reason": "",
        "press": "See what would change",
        "link": letterhead.link(f"/offers/{letter.facts['ref']}"),
        "because": "You get this because you can agree to it, for a team that you lead or as an editor.",
    }
    return Written(f"Please agree: {title}", "offer", shown)


def _day(letter: Letter) -> str:
    """From when; a letter that an earlier version queued does not say."""
    day = letter.facts.get("day")
    return f", from {full_date(date.fromisoformat(str(day)))}" if day else ""


def offer_over(letter: Letter, letterhead: Letterhead) -> Written:
    """To both sides: what became of it."""
    title, state, reason = one_line(str(letter.facts["title"])), str(letter.facts["state"]), str(letter.facts["reason"])
    became, said = _BECAME[state]
    if state == "published" and reason:
        became = "Published without agreement"
        said = "An editor published it without everybody's agreement. The reason given:"
    shown = {
        "lines": [said],
        "title": title,
        "reason": reason,
        "press": "See it",
        "link": letterhead.link(f"/offers/{letter.facts['ref']}"),
        "because": "You get this because you offered it, or could agree to it.",
    }
    return Written(f"{became}: {title}", "offer", shown)


def emergency(letter: Letter, letterhead: Letterhead) -> Written:
    """To the editors: a change that needs two people, published by one."""
    title = one_line(str(letter.facts["title"]))
    shown = {
        "lines": [
            "This changes a service that is marked critical. One person published it alone, and it holds.",
            "Please look at it within 24 hours: say that it is right, or withdraw it. The reason given:",
        ],
        "title": title,
        "reason": str(letter.facts["reason"]),
        "press": "Review it",
        "link": letterhead.link("/manage/reviews"),
        "because": "You get this because you are an editor.",
    }
    return Written(f"Published by one person: {title}", "offer", shown)


def reviews_due(letter: Letter, letterhead: Letterhead) -> Written:
    """To the editors: what one person published alone, and nobody else has looked at within 24 hours."""
    titles = [one_line(str(title)) for title in letter.facts["titles"]]
    count = "1 change" if len(titles) == 1 else f"{len(titles)} changes"
    shown = {
        "lines": ["One person published this alone more than 24 hours ago, and nobody else has looked at it yet:"],
        "title": "; ".join(titles),
        "reason": "",
        "press": "Review it",
        "link": letterhead.link("/manage/reviews"),
        "because": "You get this each working day, because you are an editor, until somebody has reviewed it.",
    }
    return Written(f"Still to be reviewed: {count}", "offer", shown)
