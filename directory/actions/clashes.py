"""Where a feed and this directory differ: taken as the feed has it, or kept as it is here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.compare import in_words
from directory.actions.import_plan import AFTER_CLOSING
from directory.actions.import_services import check_may_import
from directory.actions.prepare import Published
from directory.actions.submit import submit
from directory.domain.change import Draft, Edit
from directory.domain.offer import Offer
from directory.domain.policy import Actor
from directory.domain.service import Facts
from directory.errors import Invalid, Problem
from directory.shapes import set_from_plain
from directory.store import audit
from directory.store import source_words as store
from directory.store.batches import read_json
from directory.store.source_words import Clash
from directory.store.sources import by_name
from directory.store.versions import load_in_force


@dataclass(frozen=True, slots=True)
class Differing:
    """A clash with what is said here (`ours`), and what would be said if the feed's word were taken."""

    clash: Clash
    ours: Facts
    theirs: Facts

    @property
    def seen(self) -> str:
        """What names what both say: whoever decides has seen these two."""
        said = f"{self.clash.theirs}\n{getattr(self.ours, self.clash.field)!r}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def differing(connection: Connection, found: Sequence[Clash], *, on: date) -> list[Differing]:
    """The clashes of which both sides still differ, in the same order."""
    rows = load_in_force(connection, "service", {each.service_id for each in found}, on=on)
    both = [_differing(each, rows[each.service_id].facts) for each in found if each.service_id in rows]
    return [each for each in both if each.ours != each.theirs]


def _differing(clash: Clash, ours: Facts) -> Differing:
    return Differing(clash, ours, replace(ours, **_edit(clash)))  # type: ignore[arg-type]


def _edit(clash: Clash) -> Mapping[str, object]:
    return set_from_plain(Facts, read_json(clash.theirs))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The clash that somebody decides about, by feed, service and field, as they saw it."""

    source: str
    service_id: str
    field: str
    seen: str


def take_theirs(
    connection: Connection, chosen: Chosen, *, by: Actor, at: datetime, zone: ZoneInfo
) -> Published | Offer | None:
    """Publish what the feed says, or ask those whom that needs; None where it is said here already.

    Raises `NotAllowed`, SourceNotFound, and `Invalid` where either side has changed since it was seen.
    """
    check_may_import(by)
    today = at.astimezone(zone).date()
    found = _chosen(connection, chosen, on=today)
    if found is None:
        return None
    edit = _edit(found.clash)
    draft = Draft(
        title=f"{found.ours.name}: {in_words(found.ours, edit)}",
        effective_from=today,
        services=(Edit(chosen.service_id, edit),),
        why=f"The feed {chosen.source} says so.",
        what_to_do=AFTER_CLOSING if edit.get("status") == "closed" else "Use what the entry says now.",
    )
    done = submit(connection, draft, by=by, at=at, zone=zone)
    if isinstance(done, Offer):
        # It waits for somebody else now: whether it is taken is theirs to say.
        store.keep(connection, found.clash, at=at)
    else:
        store.end(connection, found.clash)
    return done


def keep_ours(connection: Connection, chosen: Chosen, *, by: Actor, at: datetime, zone: ZoneInfo) -> None:
    """Leave what is said here, until the feed says something else again; raises as `take_theirs` does."""
    check_may_import(by)
    found = _chosen(connection, chosen, on=at.astimezone(zone).date())
    if found is not None:
        store.keep(connection, found.clash, at=at)
        details = {"source": chosen.source, "field": chosen.field}
        audit.record(connection, audit.Event(at, by, "keep ours", f"service {chosen.service_id}", details))


def _chosen(connection: Connection, chosen: Chosen, *, on: date) -> Differing | None:
    source = by_name(connection, chosen.source)
    clash = store.clash(connection, source.id, chosen.service_id, chosen.field)
    found = differing(connection, [clash] if clash else [], on=on)
    if not found:
        return None
    if found[0].seen != chosen.seen:
        raise Invalid([Problem("clash", "One of the two has changed since you looked: look again, then decide")])
    return found[0]
