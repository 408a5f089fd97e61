"""Reading what was given out as FHIR: one resource, those that match, what they lead to, and every version.

Everything is read as of a number (`seq`), so that page after page is of one state, whatever is published meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import pi, sin
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Float, FromClause, Select, and_, cast, func, or_, select, true

from directory.domain.place import EARTH_METRES, Point
from directory.store.batches import in_batches
from directory.store.fhir_history import Given, given
from directory.store.tables.fhir import fhir_history, fhir_terms

How = Literal["equal", "begins", "contains", "written"]


@dataclass(frozen=True, slots=True)
class Term:
    """One value that a parameter may have. `system` is that of a token; None where any will do, and so for `value`."""

    value: str | None
    system: str | None = None
    how: How = "equal"


@dataclass(frozen=True, slots=True)
class Has:
    """A parameter has one of these values."""

    param: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Leads:
    """A reference leads to a resource of one of these types of which something else holds."""

    param: str
    types: tuple[str, ...]
    condition: Has | Near


@dataclass(frozen=True, slots=True)
class OneOf:
    """Its id is one of these."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Comparison of what is kept with a span of time: the text of an ISO date, or an instant; the end is not in it."""

    comparison: str
    begins: Any
    ends: Any


@dataclass(frozen=True, slots=True)
class Updated:
    """It was last written within one of these."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Lasts:
    """Its period compares so with one of these; first and last days as text."""

    param: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    """All that is at most some metres from a point, as the crow flies."""

    middle: Point
    metres: float


@dataclass(frozen=True, slots=True)
class Near:
    """Its position is in one of these."""

    param: str
    circles: tuple[Circle, ...]


Condition = Has | Leads | OneOf | Updated | Lasts | Near


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resources of a type, as of which number, and in which order (`-` before a name turns it round)."""

    type: str
    conditions: tuple[Condition, ...]
    as_of: int
    order: tuple[str, ...] = ()


def matching(connection: Connection, wanted: Wanted, *, offset: int, limit: int) -> list[Given]:
    """Those that match, in order."""
    statement = _matching(wanted).order_by(*_ordered(wanted.order)).offset(offset).limit(limit)
    return [given(row) for row in connection.execute(statement)]


def count(connection: Connection, wanted: Wanted) -> int:
    """How many match."""
    statement = _matching(wanted).with_only_columns(func.count())
    return int(connection.scalar(statement) or 0)


def _matching(wanted: Wanted) -> Select[Any]:
    conditions = [_holds(fhir_history, wanted.type, each, wanted.as_of) for each in wanted.conditions]
    return _as_of(wanted.as_of).where(fhir_history.c.type == wanted.type, *conditions)


def _as_of(seq: int) -> Select[Any]:
    return select(fhir_history).where(_stood(fhir_history, seq))


def _stood(history: FromClause, seq: int) -> ColumnElement[bool]:
    return and_(history.c.seq <= seq, history.c.until > seq)


def _ordered(order: Iterable[str]) -> list[ColumnElement[Any]]:
    columns = {"_id": fhir_history.c.resource_id, "_lastUpdated": fhir_history.c.at, "name": fhir_history.c.name}
    wanted = [(columns[each.removeprefix("-")], each.startswith("-")) for each in order]
    # The id last, so that no two stand alike.
    return [column.desc() if back else column.asc() for column, back in [*wanted, (columns["_id"], False)]]


def _holds(history: FromClause, type_: str, condition: Condition, seq: int) -> ColumnElement[bool]:
    if isinstance(condition, OneOf):
        return history.c.resource_id.in_(condition.ids)
    if isinstance(condition, Updated):
        return or_(*(_compared(each, history.c.at, history.c.at) for each in condition.spans))
    terms = fhir_terms.alias()
    of_param = and_(terms.c.type == type_, terms.c.param == condition.param)
    found = select(terms.c.seq).where(of_param)
    if isinstance(condition, Has):
        return history.c.seq.in_(found.where(or_(*(_equals(terms, each) for each in condition.terms))))
    if isinstance(condition, Lasts):
        first, last = terms.c.qualifier, terms.c.value
        return history.c.seq.in_(found.where(or_(*(_compared(each, first, last) for each in condition.spans))))
    if isinstance(condition, Near):
        return history.c.seq.in_(found.where(or_(*(_within(terms, each) for each in condition.circles))))
    return history.c.seq.in_(found.where(terms.c.value.in_(_led_to(condition, seq))))


def _within(terms: FromClause, circle: Circle) -> ColumnElement[bool]:
    """The haversine of `Point.miles_to`, without its arcsine; latitudes that are too far off are left at once."""
    latitude, longitude = cast(terms.c.value, Float), cast(terms.c.qualifier, Float)
    angle = circle.metres / EARTH_METRES
    if angle >= pi:
        return true()
    degrees = angle * 180 / pi
    there = circle.middle
    half = func.power(func.sin(func.radians(latitude - there.latitude) / 2), 2) + func.cos(
        func.radians(there.latitude)
    ) * func.cos(func.radians(latitude)) * func.power(func.sin(func.radians(longitude - there.longitude) / 2), 2)
    band = latitude.between(there.latitude - degrees, there.latitude + degrees)
    return and_(band, half <= sin(angle / 2) ** 2)


def _led_to(condition: Leads, seq: int) -> Select[Any]:
    """The references to what holds at the other end."""
    there = fhir_history.alias()
    found = [and_(there.c.type == type_, _holds(there, type_, condition.condition, seq)) for type_ in condition.types]
    return select(there.c.type.concat("/").concat(there.c.resource_id)).where(_stood(there, seq), or_(*found))


def _equals(terms: FromClause, wanted: Term) -> ColumnElement[bool]:
    column = terms.c.value
    if wanted.how == "written":
        return terms.c.qualifier == wanted.value
    if wanted.how == "begins":
        return column.startswith(wanted.value, autoescape=True)
    if wanted.how == "contains":
        return column.contains(wanted.value, autoescape=True)
    of_value = column == wanted.value if wanted.value is not None else true()
    of_system = terms.c.qualifier == wanted.system if wanted.system is not None else true()
    return and_(of_value, of_system)


def _compared(span: Span, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[bool]:
    """How a thing that lasts from `first` to `last` compares with a span, by the rules of FHIR's date prefixes."""
    begins, ends = span.begins, span.ends
    within = and_(first >= begins, last < ends)
    by_prefix: dict[str, ColumnElement[bool]] = {
        "eq": within,
        "ne": or_(first < begins, last >= ends),
        "gt": last >= ends,
        "lt": first < begins,
        "ge": or_(last >= ends, within),
        "le": or_(first < begins, within),
        "sa": first >= ends,
        "eb": last < begins,
        "ap": and_(first < ends, last >= begins),
    }
    return by_prefix[span.comparison]


def load(connection: Connection, type_: str, id_: str, *, version: int | None = None) -> Given | None:
    """The last version of a resource, or one of them; None where there is no such."""
    table = fhir_history
    statement = select(table).where(table.c.type == type_, table.c.resource_id == id_)
    if version is not None:
        statement = statement.where(table.c.version_id == version)
    row = connection.execute(statement.order_by(table.c.version_id.desc()).limit(1)).one_or_none()
    return given(row) if row else None


def led_to(connection: Connection, found: Sequence[Given], param: str, types: Collection[str], seq: int) -> list[Given]:
    """What a reference of some resources leads to."""
    terms, wanted = fhir_terms, dict[str, list[str]]()
    for batch in in_batches(each.seq for each in found):
        values = select(terms.c.value).where(terms.c.seq.in_(batch), terms.c.param == param).distinct()
        for value in connection.scalars(values):
            type_, _, id_ = value.partition("/")
            wanted.setdefault(type_, []).append(id_)
    reached: list[Given] = []
    for type_ in sorted(wanted.keys() & set(types)):
        for ids in in_batches(wanted[type_]):
            statement = _as_of(seq).where(fhir_history.c.type == type_, fhir_history.c.resource_id.in_(ids))
            reached += [given(row) for row in connection.execute(statement.order_by(fhir_history.c.resource_id))]
    return reached


def leading_to(connection: Connection, found: Sequence[Given], type_: str, param: str, seq: int) -> list[Given]:
    """The resources of a type of which a reference leads to some resources."""
    terms, reached = fhir_terms, list[Given]()
    for batch in in_batches(f"{each.type}/{each.id}" for each in found):
        pointing = select(terms.c.seq).where(terms.c.type == type_, terms.c.param == param, terms.c.value.in_(batch))
        statement = _as_of(seq).where(fhir_history.c.type == type_, fhir_history.c.seq.in_(pointing))
        reached += [given(row) for row in connection.execute(statement.order_by(fhir_history.c.resource_id))]
    return reached


@dataclass(frozen=True, slots=True)
class Past:
    """Which versions: of a type and perhaps one resource, from a number to another (both are in it)."""

    type: str
    id: str | None
    first: int
    last: int


def versions(connection: Connection, past: Past, *, before: int, limit: int) -> list[Given]:
    """Versions with a number below `before`, the newest first."""
    statement = _past(past).where(fhir_history.c.seq < before).order_by(fhir_history.c.seq.desc()).limit(limit)
    return [given(row) for row in connection.execute(statement)]


def count_versions(connection: Connection, past: Past) -> int:
    """How many there are."""
    return int(connection.scalar(_past(past).with_only_columns(func.count())) or 0)


def _past(past: Past) -> Select[Any]:
    table = fhir_history
    statement = select(table).where(table.c.type == past.type, table.c.seq.between(past.first, past.last))
    return statement if past.id is None else statement.where(table.c.resource_id == past.id)


def first_since(connection: Connection, since: datetime, *, last: int) -> int:
    """The number of the first version that whoever read at an instant may not have seen.

    That is one written since, or before and only seen committed since; the one after `last` where there is none.
    """
    table = fhir_history
    found = [
        select(table.c.seq).where(table.c.at >= since).order_by(table.c.at, table.c.seq),
        select(table.c.seq).where(table.c.seen_at >= since).order_by(table.c.seen_at, table.c.seq),
        select(table.c.seq).where(table.c.seen_at.is_(None)).order_by(table.c.seq),
    ]
    numbers = [connection.scalar(each.limit(1)) for each in found]
    return min((each for each in numbers if each is not None), default=last + 1)
