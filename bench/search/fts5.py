"""SQLite FTS5: bm25 with a weight for each column, the plan's readings as phrases joined by OR, and keys as words.

Its weights cannot put a place above the words, so a place is asked for first, and all places where that finds too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pysqlite3 as sqlite3

from bench.search.contender import LIMIT, key_tokens, stemmed
from bench.search.wanted import Wanted, Way, is_place
from directory.search.document import Document

# name, former names, needs, owners, former owners, areas and addresses, summary, text, other keys, places as keys:
# found by trying on the tuning set.
_WEIGHTS = (8.0, 6.0, 7.0, 3.0, 2.0, 1.5, 2.5, 1.0, 12.0, 40.0)
_CANDIDATES = 60
_ENOUGH = 10
_SUPERSEDED = 0.8
_COLUMNS = "name, former, needs, owners, former_owners, places, summary, body, keys, place_keys"
_SCHEMA = f"""
create virtual table words using fts5({_COLUMNS},
    content='', contentless_delete=1, tokenize='ascii');
insert into words(words, rank) values ('rank', 'bm25({", ".join(map(str, _WEIGHTS))})');
create table services(number integer primary key, id text unique not null, superseded integer not null);
"""
_FIND = f"""
select services.id from (select rowid, rank from words where words match ? order by rank limit {_CANDIDATES}) as found
join services on services.number = found.rowid
order by found.rank * case services.superseded when 1 then {_SUPERSEDED} else 1 end, services.id limit ?
"""


class Fts5:
    """One query of everything."""

    name = "fts5"

    def __init__(self, folder: Path) -> None:
        self._file = folder / "fts5.db"
        self._connection: sqlite3.Connection | None = None

    def build(self, documents: Iterable[Document]) -> None:
        """Index everything in one transaction, then merge into one structure, as its manual advises."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connected()
        connection.executescript(_SCHEMA)
        with connection:
            for number, document in enumerate(documents, start=1):
                self._put(number, document)
            connection.execute("insert into words(words) values ('optimize')")

    def open(self) -> None:
        """Connect."""
        self._connected()

    def search(self, wanted: Wanted, limit: int = LIMIT) -> list[str]:
        """Ids, best first."""
        found: dict[str, None] = {}
        for match in _matches(wanted):
            found.update(dict.fromkeys(row[0] for row in self._connected().execute(_FIND, (match, limit))))
            if len(found) >= min(_ENOUGH, limit):
                break
        return list(found)[:limit]

    def apply(self, document: Document) -> None:
        """Replace one document in a transaction of its own."""
        connection = self._connected()
        with connection:
            row = connection.execute("select number from services where id = ?", (document.id,)).fetchone()
            if row is not None:
                connection.execute("delete from words where rowid = ?", row)
                connection.execute("delete from services where number = ?", row)
            last = connection.execute("select coalesce(max(number), 0) + 1 from services").fetchone()
            self._put(row[0] if row else last[0], document)

    def _put(self, number: int, document: Document) -> None:
        connection = self._connected()
        columns = (
            stemmed(document.name),
            stemmed(*document.former_names),
            stemmed(*document.needs),
            stemmed(*document.owners),
            stemmed(*document.former_owners),
            stemmed(*document.areas, *document.addresses, *document.former_addresses),
            stemmed(document.summary),
            stemmed(document.text),
            *_key_columns(document),
        )
        connection.execute("insert into services values (?, ?, ?)", (number, document.id, document.superseded))
        marks = ", ".join("?" for _ in (number, *columns))
        connection.execute(f"insert into words(rowid, {_COLUMNS}) values ({marks})", (number, *columns))

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._file)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.execute("pragma cache_size = -64000")
            self._connection.execute("pragma mmap_size = 1073741824")
        return self._connection


def _matches(wanted: Wanted) -> Iterator[str]:
    """The expressions to be tried in turn until there are enough hits: in the place, and then anywhere."""
    inside = _any([wanted.area] if wanted.area else list(wanted.places))
    inside = f"place_keys:({inside})" if inside else ""
    if wanted.owners and wanted.of_owner and not wanted.area:
        yield f"keys:({_any(wanted.owners)}) AND ({_any(_phrases(wanted.of_owner))})"
    every = _any([*_phrases(wanted.ways), *(f"keys:{token}" for _, token in wanted.named)])
    if every and inside:
        yield f"({every}) AND {inside}"
    if (every or inside) and not wanted.area:
        yield _any([each for each in (every, inside) if each])


def _phrases(ways: Sequence[Way]) -> list[str]:
    found = (" ".join(way.stems) for way in ways)
    return [f'"{text}"' for text in dict.fromkeys(found) if text.isascii() and text.replace(" ", "").isalnum()]


def _key_columns(document: Document) -> tuple[str, str]:
    every = key_tokens(document)
    return " ".join(each for each in every if not is_place(each)), " ".join(filter(is_place, every))


def _any(parts: Sequence[str]) -> str:
    return " OR ".join(parts)
