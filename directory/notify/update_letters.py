"""Letters about updates themselves: a test that they arrive, and that somebody's do not any more."""

from __future__ import annotations

from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.written import Written
from directory.store.letters import Letter

_OFTEN = {"immediately": "at once", "daily": "in a daily email", "weekly": "in a weekly email"}


def test_update(letter: Letter, letterhead: Letterhead) -> Written:
    """To whoever asked for it: what they hear of arrives here."""
    shown = {
        "label": one_line(str(letter.facts["label"])),
        "often": _OFTEN[letter.facts["frequency"]],
        "link": letterhead.link("/my/updates"),
        "unsubscribe": letterhead.unsubscribe_link(int(letter.facts["person"])),
    }
    return Written(f"Test: your updates from {letterhead.organisation_name} arrive", "test_update", shown)


def mail_stopped(letter: Letter, letterhead: Letterhead) -> Written:
    """To who looks after somebody: their address is refused, so they hear of no change."""
    name, email = one_line(str(letter.facts["name"])), one_line(str(letter.facts["email"]))
    shown = {
        "who": f"{name} ({email})" if name else email,
        "status": one_line(str(letter.facts["status"])),
        "link": letterhead.link("/manage/bounces"),
    }
    return Written(f"{name or email} gets no updates any more: the address is refused", "mail_stopped", shown)
