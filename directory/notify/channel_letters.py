"""Letters to the owner of a channel that Signpost gave up on, or that its receiver has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from directory.domain.asking import Level, those_to_ask
from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.written import Written
from directory.store import channels, letters
from directory.store.asking import those_of
from directory.store.channels import Turn
from directory.store.letters import Letter

GOOD_FOR = timedelta(days=7)
_NAMES = {"webhook": "webhook", "teams": "Teams channel", "slack": "Slack channel", "fhir": "FHIR subscription"}
_SAID = {
    "stopped": (
        "Updates to your {channel} have stopped",
        [
            "Three days of trying failed. Nothing is lost: what comes is kept, in order, until you start it again.",
            "See to the receiver, then start it again. It goes on where it stopped.",
        ],
    ),
    "ended": (
        "Your {channel} has ended its subscription",
        ["Its receiver answered that it is gone (410), so that nothing more is sent. Subscribe again if it moved."],
    ),
}


def tell_owner(connection: Connection, turn: Turn, *, what: str, reason: str, at: datetime) -> int:
    """Write to the person whose subscription it is, or to the leads of the team; returns to how many."""
    email, team = channels.owner(connection, turn.subscription_id)
    told = [email] if email else []
    if team is not None:
        _, people = those_to_ask(Level.LEADS, those_of(connection, [team])[team])
        told = [each.email for each in people]
    facts = {
        "what": what,
        "channel": turn.channel,
        "address": turn.address,
        "label": turn.label,
        "reason": reason,
        "id": turn.subscription_id,
    }
    new = [("channel", email, facts) for email in told]
    return letters.queue_all(connection, new, at=at, expires_at=at + GOOD_FOR)


def channel(letter: Letter, letterhead: Letterhead) -> Written:
    """The letter in words."""
    facts = letter.facts
    name = _NAMES[str(facts["channel"])]
    subject, lines = _SAID[str(facts["what"])]
    shown = {
        "lines": lines,
        "title": one_line(f"{facts['address']}: {facts['label']}"),
        "reason": f"What went wrong: {facts['reason']}.",
        "press": "See your subscriptions",
        "link": letterhead.link("/my/updates"),
        "because": "You get this because it is your subscription, or that of a team that you lead.",
    }
    return Written(subject.format(channel=name), "offer", shown)
