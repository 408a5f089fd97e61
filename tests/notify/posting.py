"""A town whose changes are posted to receivers on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from directory.actions.channels import Added, Wish, add_channel
from directory.domain.policy import OPERATOR
from directory.domain.reach import Reach
from directory.domain.subscription import Channel
from directory.notify.match import match_announced, match_in_force
from directory.notify.post_events import post_due
from directory.notify.serving import Sender
from directory.outbound.http import Outgoing
from directory.store.sealing import Seal
from directory.store.tables.channels import channel_events, channels
from directory.store.tables.identity import letters
from tests.notify.build import LETTERHEAD, LONDON, NOW, Town

SEAL = Seal("not a secret")
LONG_BEFORE = NOW - timedelta(days=365)


@dataclass
class Posting:
    """A town and the clock by which it posts."""

    town: Town
    at: datetime = NOW
    owners: int = 0
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(private=True, seconds=5.0))

    def add(
        self, url: str, channel: Channel = "webhook", *, person: int | None = None, team: str = "", **facets: Any
    ) -> Added:
        """A subscription on a channel, of a new person if of nobody else."""
        if person is None and not team:
            self.owners += 1
            person = self.town.person(f"owner{self.owners}@example.nhs.uk")
        wish = Wish(
            channel=channel,
            url=url,
            criteria={facet: (value,) for facet, value in facets.items()},  # type: ignore[misc]
            label="every change",
            person_id=person,
            team_id=f"team-{team}" if team else None,
            team_slug=team or None,
        )
        with self.town.database.write() as connection:
            return add_channel(connection, wish, by=OPERATOR, at=LONG_BEFORE, seal=SEAL, reach=Reach(private=True))

    def match(self) -> int:
        """Write the events of everything that is due."""
        zone = LONDON
        announced = match_announced(self.town.database, at=self.at, zone=zone)
        return announced + match_in_force(self.town.database, at=self.at, zone=zone)

    def publish(self, **more: Any) -> int:
        """Publish the example change and match it."""
        number = self.town.move_clinic(**({"at": self.at} | more))
        self.match()
        return number

    def sender(self, **more: Any) -> Sender:
        given: dict[str, Any] = {"seal": SEAL, "clock": lambda: self.at} | more
        return Sender(self.town.database, self.outgoing, LETTERHEAD, **given)

    def post(self, **more: Any) -> int:
        """Post what is due; how many events were accepted."""
        return post_due(self.sender(**more))

    def later(self, **more: float) -> None:
        """Move the clock."""
        self.at += timedelta(**more)

    def channel(self, key: int) -> Any:
        with self.town.database.read() as connection:
            return connection.execute(select(channels).where(channels.c.subscription_id == key)).one()

    def events(self, key: int) -> list[Any]:
        with self.town.database.read() as connection:
            wanted = select(channel_events).where(channel_events.c.subscription_id == key)
            return list(connection.execute(wanted.order_by(channel_events.c.sequence)))

    def letters(self) -> list[Any]:
        with self.town.database.read() as connection:
            return list(connection.execute(select(letters).order_by(letters.c.id)))
