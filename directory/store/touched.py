"""Which services may stand differently since a point in the log and a day: for the index and the files."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Connection, Select, and_, select, union

from directory.store.changes import read_head
from directory.store.tables.changes import change_subjects, change_terms, changes
from directory.store.tables.nouns import service_versions, successions, teams


def services_touched(connection: Connection, *, after: int, from_day: date, until_day: date) -> tuple[list[str], int]:
    """Ids of services that changes after `after` reach, or something due after `from_day`; and the last number.

    They are changes of the service itself and of who runs it or ever did: also where it came to them after the change
    was published, and where it is theirs through an organisation that they follow.
    """
    head = read_head(connection).number
    new = and_(changes.c.number > after, changes.c.number <= head)
    # What a change takes the place of is touched, too.
    gone = select(changes.c.supersedes).where(new, changes.c.supersedes.is_not(None))
    due = _between(changes.c.effective_from, from_day, until_day)
    # UNION where one might write OR: each of its parts has an index.
    moving = union(select(changes.c.number).where(new), select(changes.c.number).where(due), gone)
    reached = select(change_terms.c.subject_id).where(
        change_terms.c.facet == "service", change_terms.c.change_number.in_(moving)
    )
    changed = select(change_subjects.c.noun, change_subjects.c.subject_id).where(
        change_subjects.c.change_number.in_(moving)
    )
    links = successions.c
    followed = select(links.noun, links.predecessor).where(links.noun == "organisation")
    # The day of a link may be another than that of its change.
    linked = (
        followed.where(links.change_number.in_(moving)),
        followed.where(_between(links.effective_from, from_day, until_day)),
    )
    run = select(service_versions.c.subject_id)
    owners = _led_to(changed.where(change_subjects.c.noun == "organisation"), *linked)
    by_organisation = run.where(service_versions.c.owner_organisation.in_(owners))
    renamed = changed.where(change_subjects.c.noun == "team").with_only_columns(change_subjects.c.subject_id)
    by_team = run.join(teams, teams.c.slug == service_versions.c.owner_team).where(teams.c.id.in_(renamed))
    return list(connection.scalars(reached.union(by_organisation, by_team))), head


def _between(column: ColumnElement[date], from_day: date, until_day: date) -> ColumnElement[bool]:
    return and_(column > from_day, column <= until_day)


def _led_to(*some: Select[tuple[str, str]]) -> Select[tuple[str]]:
    """Some subjects, given with their noun, and all that were ever followed by them, however long the chains."""
    begun = union(*some).subquery()
    noun, subject = begun.c
    led = select(noun.label("noun"), subject.label("subject_id")).cte(recursive=True)
    links = successions.c
    before = (links.noun == led.c.noun) & (links.successor == led.c.subject_id)
    # UNION, not UNION ALL: a loop ends when it brings nothing new.
    led = led.union(select(links.noun, links.predecessor).join(led, before))
    return select(led.c.subject_id)
