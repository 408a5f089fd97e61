"""The filters of HSDS 3.0 and Open Referral UK 3.0: which services a call asks for, all filters together (AND)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from directory.api.calls import Call
from directory.api.hsds_names import Names, identifiers_of, places_of
from directory.api.parameters import Parameters
from directory.api.problems import BadParameter, NamesNothing
from directory.domain.change import fold
from directory.domain.place import Point, outward_of, postcode_of
from directory.domain.query import Query
from directory.domain.service import Location
from directory.exchange.hsds_hours import Schedule, schedules_of
from directory.exchange.hsds_ids import NEEDS_TAXONOMY, service_uuid
from directory.exchange.hsds_places import at_location_uuid
from directory.exchange.tabular import number
from directory.store import open_referral as store
from directory.store.last_modified import modified_since
from directory.store.places import locate

# Of what a search finds; nobody pages through more.
MOST_FOUND = 1_000
METRES_IN_A_MILE = 1609.344
_DAYS = {"mo": "MO", "tu": "TU", "we": "WE", "th": "TH", "fr": "FR", "sa": "SA", "su": "SU"}
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?:Z|[+-]\d\d:\d\d)?")
Test = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a call asks for, read. `near` and `metres` narrow places too, where places are listed."""

    wanted: store.Wanted
    nothing: bool = False
    search: str | None = None
    modified_after: datetime | None = None
    tests: tuple[Test, ...] = ()
    near: Point | None = None
    metres: float | None = None

    @property
    def in_sql(self) -> bool:
        """Whether the database alone can tell, and page."""
        return not (self.nothing or self.search or self.modified_after or self.tests or self.metres is not None)

    def reaches(self, place: Location) -> bool:
        """Whether a place is near enough."""
        if self.near is None or self.metres is None:
            return True
        return place.point is not None and place.point.miles_to(self.near) * METRES_IN_A_MILE <= self.metres


def read_filters(connection: Connection, call: Call, names: Names) -> Filters:
    """The filters of a call; raises BadParameter for what cannot be read. What names nothing finds nothing."""
    given, query = call.given, call.request.query_params
    needs = [names.need(each) for each in query.getlist("taxonomy_term_id") if each]
    owners = [names.organisation(connection, each) for each in query.getlist("organization_id") if each]
    taxonomies = [each.casefold() for each in query.getlist("taxonomy_id") if each]
    nothing = None in needs or None in owners or any(each != NEEDS_TAXONOMY for each in taxonomies)
    near, areas, metres = _around(connection, call)
    wanted = store.Wanted(
        needs=tuple(filter(None, needs)),
        any_need=bool(taxonomies),
        organisations=tuple(filter(None, owners)),
        areas=areas,
    )
    tests = (*_ages(given), *_times(given))
    return Filters(wanted, nothing, given.text("search"), given.instant("modified_after"), tests, near, metres)


def _around(connection: Connection, call: Call) -> tuple[Point | None, tuple[str, ...] | None, float | None]:
    """The middle of the postcode, the areas (folded) that a service for it may name, and how far it may be."""
    postcode, proximity = call.given.text("postcode"), call.given.text("proximity")
    metres = None if proximity is None else _amount("proximity", proximity)
    if postcode is None:
        if metres is not None:
            raise BadParameter("proximity", "give a postcode, too: it is the distance from there, in metres")
        return None, None, None
    whole = postcode_of(postcode)
    outward = whole[0] if whole else outward_of(postcode)
    if outward is None:
        raise BadParameter("postcode", "give a postcode, such as NM1 2AB, or its first half")
    gazetteer = call.site.gazetteer()
    areas = {fold(wider) for area in gazetteer.of_outward(outward) for wider in gazetteer.around(area.name)}
    near = locate(connection, postcode, gazetteer)
    if metres is not None and near is None:
        raise NamesNothing("postcode", "the directory does not know where this is: give another near it")
    # Where no area of the postcode is known, nothing says that an area does not hold it.
    return near, tuple(sorted(areas)) or None, metres


def _ages(given: Parameters) -> Iterator[Test]:
    for name, key, met in (
        ("minimum_age", "age_min", lambda age, limit: age >= limit),
        ("maximum_age", "age_max", lambda age, limit: age <= limit),
    ):
        if (said := given.text(name)) is not None:
            yield _age_test(key, met, _amount(name, said))


def _age_test(key: str, met: Callable[[float, float], bool], limit: float) -> Test:
    def test(facts: dict[str, Any]) -> bool:
        age = facts.get("eligibility", {}).get(key)
        return age is not None and met(age, limit)

    return test


def _times(given: Parameters) -> Iterator[Test]:
    """One test of day and times together: some one schedule has to meet them all."""
    day, start, end = _day(given), _clock(given, "start_time"), _clock(given, "end_time")
    if not (day or start or end):
        return

    def meets(schedule: Schedule) -> bool:
        at_all = bool(schedule.opens_at)
        on_day = day is None or any(each.endswith(day) for each in schedule.byday)
        return at_all and on_day and schedule.opens_at >= (start or "") and (not end or _closing(schedule) <= end)

    yield lambda facts: any(map(meets, schedules_of(facts.get("hours", ""))))


def _closing(schedule: Schedule) -> str:
    """When it closes; what closes on the next day is later than every time of this one."""
    over = schedule.closes_at <= schedule.opens_at
    return f"{int(schedule.closes_at[:2]) + 24}{schedule.closes_at[2:]}" if over else schedule.closes_at


def _day(given: Parameters) -> str | None:
    said = given.text("day")
    if said is None:
        return None
    found = _DAYS.get(said[:2].casefold())
    if found is None:
        raise BadParameter("day", f"give one of {', '.join(_DAYS.values())}, or the day's name")
    return found


def _clock(given: Parameters, name: str) -> str | None:
    said = given.text(name)
    if said is None:
        return None
    found = _CLOCK.fullmatch(said.replace(" ", "+"))
    if found is None:
        raise BadParameter(name, "give a time of day, such as 09:30")
    return f"{int(found[1]):02d}:{found[2]}"


def _amount(name: str, said: str) -> float:
    found = number(said)
    if found is None or found < 0:
        raise BadParameter(name, "give a number, such as 18")
    return found


def all_ids(connection: Connection, call: Call, filters: Filters) -> list[str]:
    """The ids of every service that meets the filters: in the order of ids, or of a search."""
    if filters.nothing:
        return []
    on = call.site.today()
    if filters.tests or filters.metres is not None:
        rows = store.said(connection, filters.wanted, on=on)
        ids = [key for key, facts in rows if _meets(filters, facts)]
    else:
        ids = store.ids(connection, filters.wanted, on=on)
    if filters.modified_after:
        since = modified_since(connection, filters.modified_after, on=on, zone=call.site.settings.zone)
        ids = [key for key in ids if key in since]
    if filters.search:
        found = call.site.search(Query(filters.search, limit=MOST_FOUND))
        among = set(ids)
        ids = [hit.service_id for hit in found.hits if hit.service_id in among]
    return ids


def _meets(filters: Filters, facts: dict[str, Any]) -> bool:
    near = filters.metres is None or any(map(filters.reaches, places_of(facts)))
    return near and all(test(facts) for test in filters.tests)


def at_locations(connection: Connection, call: Call, filters: Filters) -> list[tuple[str, str]]:
    """Each `service_at_location` that meets the filters: the id of its service, and its own UUID."""
    ids: Sequence[str] = [] if filters.nothing else all_ids(connection, call, filters)
    rank = {key: place for place, key in enumerate(ids)}
    rows = [(key, facts) for key, facts in store.said(connection, filters.wanted, on=call.site.today()) if key in rank]
    return [
        (key, at_location_uuid(service_uuid(key, identifiers_of(facts)), place))
        for key, facts in sorted(rows, key=lambda row: rank[row[0]])
        for place in places_of(facts)
        if filters.reaches(place)
    ]
