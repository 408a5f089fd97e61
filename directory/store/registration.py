"""GP practices that a question names, and all that they belong to on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    CompoundSelect,
    Connection,
    Date,
    Select,
    and_,
    bindparam,
    insert,
    literal,
    or_,
    select,
    union,
    union_all,
)

from directory.domain.registration import Belonging, Practice, codes, name_key, spans
from directory.store.batches import in_batches, read_json
from directory.store.tables.nouns import organisation_memberships, organisation_versions, organisations, successions
from directory.store.tables.places import organisation_names

# Practice → network → commissioner → integrated care board → region.
_STEPS = 4
# A trust belongs to a region too, but nobody is registered with it; imports by code alone do not say the kind.
_PRACTICES = frozenset({"", "gp-practice"})


def note_names(connection: Connection, named: Iterable[tuple[str, str]]) -> None:
    """Remember that organisations, given as (id, name), have or had these names."""
    wanted = {(key, organisation) for organisation, name in named if (key := name_key(name))}
    for batch in in_batches(organisation for _, organisation in sorted(wanted)):
        known = select(organisation_names).where(organisation_names.c.organisation_id.in_(batch))
        wanted -= {(row.key, row.organisation_id) for row in connection.execute(known)}
    if wanted:
        rows = [{"key": key, "organisation_id": organisation} for key, organisation in sorted(wanted)]
        connection.execute(insert(organisation_names), rows)


def practices_named(connection: Connection, question: str, *, on: date) -> list[Practice]:
    """The practices whose name, former name or ODS code stands in a question, with what they belong to on a day.

    Two statements, by indexes, whatever the number of organisations; one for most questions, which name none: to
    prepare the other takes longer than to run it. Organisations that others have followed are followed too; both
    count, for services may still name the old one. A split is not followed: it does not say where a practice went.
    """
    found = spans(question)
    if not found:
        return []
    keys = {"keys": [span.key for span in found], "codes": codes(found)}
    if connection.execute(_is_named(), keys).first() is None:
        return []
    rows: dict[tuple[str, str], list[Any]] = {}
    for row in connection.execute(_statement(), {**keys, "on": on}):
        rows.setdefault((row.key.casefold(), row.origin), []).append(row)
    practices = (_practice(key, each) for (key, _), each in sorted(rows.items()))
    return [practice for practice in practices if practice]


def _practice(key: str, rows: Sequence[Any]) -> Practice | None:
    """A practice from its own row and those of what it belongs to; None where it is something else."""
    itself = [row for row in rows if row.step == 0]
    kinds = {_facts(row).get("kind", "") for row in itself}
    beyond = sorted((row for row in rows if row.step > 0), key=lambda row: (row.step, row.id))
    if not kinds <= _PRACTICES or not beyond:
        return None
    present = next((row for row in itself if row.id == row.origin), itself[0])
    belongings = {row.id: Belonging(_name(row), row.ods_code) for row in beyond}
    return Practice(key, _name(present), tuple(belongings.values()))


def _facts(row: Any) -> dict[str, Any]:
    facts: dict[str, Any] = read_json(row.facts) if row.facts else {}
    return facts


def _name(row: Any) -> str:
    """What it is called on the day; its code where it has no entry yet."""
    return str(_facts(row).get("name") or row.ods_code or row.id)


@cache
def _is_named() -> CompoundSelect[Any]:
    """Built once, as every question runs it."""
    return _named().limit(1)


def _named() -> CompoundSelect[Any]:
    """The organisations whose name, former name or code is given, by id, with what of it was met."""
    return union(
        select(organisation_names.c.organisation_id.label("id"), organisation_names.c.key.label("key")).where(
            organisation_names.c.key.in_(bindparam("keys", expanding=True))
        ),
        select(organisations.c.id, organisations.c.ods_code).where(
            organisations.c.ods_code.in_(bindparam("codes", expanding=True))
        ),
    )


@cache
def _statement() -> Select[Any]:
    """Built once: building it costs more than running it, and every question runs it."""
    on = bindparam("on", type_=Date())
    named = _named().cte("named")
    first = select(named.c.key, named.c.id.label("origin"), named.c.id.label("id"))
    levels = [_followed(first, on, "itself")]
    memberships = organisation_memberships
    for step in range(1, _STEPS + 1):
        below = levels[-1]
        in_force = and_(
            memberships.c.member == below.c.id,
            memberships.c.start <= on,
            or_(memberships.c.end.is_(None), memberships.c.end > on),
        )
        # An outer join keeps SQLite from reading all memberships first; the rows without one go at the last join.
        above = select(below.c.key, below.c.origin, memberships.c.of.label("id")).join_from(
            below, memberships, in_force, isouter=True
        )
        levels.append(_followed(above, on, f"step_{step}"))
    reached = union_all(
        *(
            select(level.c.key, level.c.origin, level.c.id, literal(step).label("step"))
            for step, level in enumerate(levels)
        )
    ).cte("reached")
    versions = organisation_versions
    newest = (
        select(versions.c.facts)
        .where(versions.c.subject_id == reached.c.id, versions.c.effective_from <= on)
        .order_by(versions.c.effective_from.desc(), versions.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(reached, organisations.c.ods_code, newest.label("facts")).join_from(
        reached, organisations, organisations.c.id == reached.c.id
    )


def _followed(given: Select[Any], on: BindParameter[date], name: str) -> CTE:
    """What is given, and all that followed it by the day."""
    found = given.cte(name, recursive=True)
    # UNION, not UNION ALL: a loop in old data ends when it brings nothing new.
    return found.union(
        select(found.c.key, found.c.origin, successions.c.successor)
        .join_from(found, successions, successions.c.predecessor == found.c.id)
        .where(
            successions.c.noun == "organisation",
            successions.c.successor.is_not(None),
            successions.c.kind != "split",
            successions.c.effective_from <= on,
            successions.c.withdrawn_at.is_(None),
        )
    )
