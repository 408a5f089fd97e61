"""Follow a page, and stop following it: what somebody presses on the page itself."""

from __future__ import annotations

from datetime import datetime

from directory.domain.policy import Actor, Thing, can
from directory.domain.subscription import Frequency, Subscription, describe
from directory.errors import NotAllowed
from directory.store import audit, subscriptions, waiting
from directory.store import pages as page_store
from directory.store.database import Database


def follow_page(database: Database, slug: str, *, frequency: Frequency, by: Actor, at: datetime) -> None:
    """Tell a person by mail when a page changes or gets a note; raises PageNotFound, NotAllowed."""
    person_id = _person(by)
    with database.write() as connection:
        page = page_store.load(connection, slug)
        label = describe({"page": (slug,)}, {("page", slug): page.title})
        subscriptions.subscribe(
            connection, person_id=person_id, criteria={"page": (slug,)}, frequency=frequency, label=label, at=at
        )
        waiting.replan(connection, [person_id], at=at, label=label)
        details = {"criteria": {"page": [slug]}, "frequency": frequency}
        audit.record(connection, audit.Event(at, by, "subscribe", f"person {person_id}", details))


def stop_following(database: Database, slug: str, *, by: Actor, at: datetime) -> bool:
    """Tell a person no more of a page; whether they were told until now. Raises NotAllowed."""
    person_id = _person(by)
    with database.write() as connection:
        theirs = of_page(subscriptions.of_person(connection, person_id), slug)
        if theirs is None or not subscriptions.end(connection, theirs.id, at=at):
            return False
        audit.record(connection, audit.Event(at, by, "unsubscribe", f"person {person_id}", {"page": slug}))
        return True


def of_page(found: list[Subscription], slug: str) -> Subscription | None:
    """The subscription of a page among somebody's."""
    return next((each for each in found if each.criteria == {"page": (slug,)} and each.channel == "mail"), None)


def _person(by: Actor) -> int:
    if by.person_id is None or not can(by, "subscribe", Thing(person_id=by.person_id)):
        raise NotAllowed("Sign in to be told when a page changes.")
    return by.person_id
