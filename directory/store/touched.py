"""Which services may stand differently since a point in the log and a day: for the index and the files."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, and_, select

from directory.store.changes import read_head
from directory.store.tables.changes import change_subjects, change_terms, changes
from directory.store.tables.nouns import service_versions, successions, teams


def services_touched(connection: Connection, *, after: int, from_day: date, until_day: date) -> tuple[list[str], int]:
    """Ids of services that changes after `after` reach, or something due after `from_day`; and the last number.

    Due are changes of the service itself and of who runs it: also where it came to them after the change was published.
    """
    head = read_head(connection).number
    reached = select(change_terms.c.subject_id).where(change_terms.c.facet == "service")
    new = reached.where(change_terms.c.change_number > after, change_terms.c.change_number <= head)
    due = and_(changes.c.effective_from > from_day, changes.c.effective_from <= until_day)
    coming = reached.join(changes, changes.c.number == change_terms.c.change_number).where(due)
    owners = (
        select(change_subjects.c.subject_id)
        .join(changes, changes.c.number == change_subjects.c.change_number)
        .where(change_subjects.c.noun.in_(("organisation", "team")), due)
    )
    followed = select(successions.c.predecessor).where(
        successions.c.noun == "organisation",
        successions.c.effective_from > from_day,
        successions.c.effective_from <= until_day,
    )
    run = select(service_versions.c.subject_id)
    by_organisation = run.where(service_versions.c.owner_organisation.in_(owners.union(followed)))
    by_team = run.join(teams, teams.c.slug == service_versions.c.owner_team).where(teams.c.id.in_(owners))
    return list(connection.scalars(new.union(coming, by_organisation, by_team))), head
