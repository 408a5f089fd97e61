"""The letter to whoever looks after a feed of another directory, when it cannot be read, or is not what it was."""

from __future__ import annotations

from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.written import Written
from directory.store.letters import Letter


def source(letter: Letter, letterhead: Letterhead) -> Written:
    """The letter in words."""
    facts = letter.facts
    name = one_line(str(facts["name"]))
    shown = {
        "lines": [
            "This feed of another directory needs you. What came of it before stays as it is.",
            "It is tried again by itself. You are not written to again before it was read without trouble.",
        ],
        "title": one_line(f"{name}: {facts['url']}"),
        "reason": one_line(str(facts["result"])),
        "press": "See the feeds",
        "link": letterhead.link("/manage/sources"),
        "because": "You get this because you look after this feed or, where nobody does, because you are an editor.",
    }
    return Written(f"A feed needs you: {name}", "offer", shown)
