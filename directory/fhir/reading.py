"""What can be read, one function an interaction: read, vread, search, history of one and of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.follow_fhir import is_filled
from directory.exchange.fhir_codes import Json
from directory.exchange.fhir_terms import PARAMETERS
from directory.fhir import rendering
from directory.fhir.asking import Asked, Context, count_of, page_of, read_search
from directory.fhir.dates import instant
from directory.fhir.problems import Refused, outcome
from directory.store import fhir_search as store
from directory.store.fhir_history import Given, read_state

_LONGEST_VERSION = 9


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: the path after the base, in pieces, its parameters, and what was said beside them."""

    path: tuple[str, ...]
    given: tuple[tuple[str, str], ...]
    base: str
    zone: ZoneInfo
    strict: bool = False
    none_match: str = ""
    modified_since: str = ""

    @property
    def type(self) -> str:
        """The type that is asked for."""
        return self.path[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; no body where the asker has it already."""

    body: Json | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Reading = Callable[[Connection, Ask], Answer]


def read(connection: Connection, ask: Ask) -> Answer:
    """GET Type/id: as it stands."""
    return _one(ask, _found(store.load(connection, ask.type, ask.path[1]), ask))


def read_version(connection: Connection, ask: Ask) -> Answer:
    """GET Type/id/_history/version: as it stood."""
    version = ask.path[3]
    if not (version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION):
        raise Refused(404, "not-found", f"{ask.type}/{ask.path[1]} has no version {version}.")
    return _one(ask, _found(store.load(connection, ask.type, ask.path[1], version=int(version)), ask))


def _found(found: Given | None, ask: Ask) -> Given:
    if found is None:
        raise Refused(404, "not-found", f"There is no {'/'.join(ask.path)} here.")
    return found


def _one(ask: Ask, found: Given) -> Answer:
    headers = {
        "ETag": rendering.tag(found),
        "Last-Modified": format_datetime(found.at.astimezone(UTC), usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _has_it(ask, found):
        return Answer(None, 304, headers)
    return Answer(rendering.shown(found, ask.base), headers=headers)


def _has_it(ask: Ask, found: Given) -> bool:
    if ask.none_match:
        tags = {each.strip().removeprefix("W/") for each in ask.none_match.split(",")}
        return "*" in tags or f'"{found.version}"' in tags
    if not ask.modified_since:
        return False
    try:
        since = parsedate_to_datetime(ask.modified_since)
    except ValueError:
        return False
    return since.tzinfo is not None and found.at.replace(microsecond=0) <= since


def search(connection: Connection, ask: Ask) -> Answer:
    """GET Type?…: what matches, with what it leads to, page by page of one state of the directory."""
    state = read_state(connection)
    asked = read_search(ask.type, ask.given, Context(ask.base, ask.zone, ask.strict))
    as_of = min(state.seq if asked.as_of is None else asked.as_of, state.seq)
    wanted = store.Wanted(ask.type, tuple(asked.conditions), as_of, asked.order)
    found = store.matching(connection, wanted, offset=asked.offset, limit=asked.count + 1)
    page, more = found[: asked.count], len(found) > asked.count > 0
    total = store.count(connection, wanted) if asked.total else None
    links = {"self": rendering.link(ask.base, ask.type, asked.kept)}
    if more:
        links["next"] = rendering.link(ask.base, ask.type, asked.kept, _page=f"{as_of}.{asked.offset + len(page)}")
    entries = [rendering.match(each, ask.base) for each in page]
    entries += [rendering.match(each, ask.base, "include") for each in _included(connection, asked, page, as_of)]
    if asked.ignored:
        said = outcome("not-supported", asked.ignored, severity="warning")
        entries.append({"resource": said, "search": {"mode": "outcome"}})
    return Answer(rendering.bundle("searchset", entries, links=links, total=total, at=state.at))


def _included(connection: Connection, asked: Asked, page: Sequence[Given], as_of: int) -> list[Given]:
    """What the page leads to and what leads to it, each once; what matches itself is there already."""
    reached: list[Given] = []
    for param, types in asked.includes:
        reached += store.led_to(connection, page, param, types, as_of)
    for type_, param in asked.revincludes:
        reached += store.leading_to(connection, page, type_, param, as_of)
    matched = {each.seq for each in page}
    return list({each.seq: each for each in reached if each.seq not in matched}.values())


def history_of_type(connection: Connection, ask: Ask) -> Answer:
    """GET Type/_history: every version of everything of a type, the newest first."""
    return _history(connection, ask, None)


def history_of_one(connection: Connection, ask: Ask) -> Answer:
    """GET Type/id/_history: every version of one, the newest first."""
    return _history(connection, ask, _found(store.load(connection, ask.type, ask.path[1]), ask).id)


def _history(connection: Connection, ask: Ask, id_: str | None) -> Answer:
    state = read_state(connection)
    asked = _read_history(ask)
    last, before = asked.page or (state.seq, state.seq + 1)
    last = min(last, state.seq)
    first = 0 if asked.since is None else store.first_since(connection, asked.since, last=last)
    past = store.Past(ask.type, id_, first, last)
    found = store.versions(connection, past, before=min(before, last + 1), limit=asked.count + 1)
    page = found[: asked.count]
    links = {"self": rendering.link(ask.base, "/".join(ask.path), asked.kept)}
    if page and len(found) > len(page):
        links["next"] = rendering.link(ask.base, "/".join(ask.path), asked.kept, _page=f"{last}.{page[-1].seq}")
    total = store.count_versions(connection, past)
    entries = [rendering.past(each, ask.base) for each in page]
    return Answer(rendering.bundle("history", entries, links=links, total=total, at=state.at))


@dataclass(slots=True)
class _AskedHistory:
    since: datetime | None = None
    count: int = 100
    page: tuple[int, int] | None = None
    kept: list[tuple[str, str]] = field(default_factory=list)


def _read_history(ask: Ask) -> _AskedHistory:
    asked = _AskedHistory()
    for name, value in ask.given:
        try:
            if name == "_since":
                asked.since = instant(value, ask.zone)
            elif name == "_count":
                asked.count = count_of(value)
            elif name == "_page":
                asked.page = page_of(value)
            elif name not in ("_format", "_pretty"):
                if ask.strict:
                    raise Refused(400, "not-supported", f"A history has no parameter {name} here.")
                continue
        except ValueError as wrong:
            raise Refused(400, "value", f"{name}: {wrong}") from None
        if name != "_page":
            asked.kept.append((name, value))
    return asked


# By the shape of the path: what stands in angle brackets is any id or number.
READINGS: Mapping[str, Reading] = {
    "<type>": search,
    "<type>/_history": history_of_type,
    "<type>/<id>": read,
    "<type>/<id>/_history": history_of_one,
    "<type>/<id>/_history/<version>": read_version,
}


def answer(connection: Connection, ask: Ask) -> Answer:
    """The answer to a question; raises Refused for what there is not, and while the directory is first rendered."""
    if any("\0" in text for pair in (*ask.given, ask.path) for text in pair):
        raise Refused(400, "value", "No text holds a NUL.")
    reading = READINGS.get(_shape(ask.path))
    if reading is None:
        raise Refused(404, "not-found", "There is nothing at this address.")
    if ask.type not in PARAMETERS:
        raise Refused(404, "not-supported", f"There is no {ask.type} here; the types are {', '.join(PARAMETERS)}.")
    if not is_filled(read_state(connection)):
        raise Refused(503, "transient", "The directory is being made ready for the first time: try again in a minute.")
    return reading(connection, ask)


def _shape(path: Sequence[str]) -> str:
    names = ("<type>", "<id>", "", "<version>")
    return "/".join(each if each == "_history" else name for each, name in zip(path, names, strict=False))
