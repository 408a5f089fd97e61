"""One running Signpost: its settings, database, search and clock, made once at an edge and handed down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from directory.domain.query import Query
from directory.search.engine import Suggestion
from directory.search.find import Found, find
from directory.search.index import WhooshEngine
from directory.search.vocabulary import Term, Vocabulary
from directory.settings import Settings
from directory.store import vocabulary as vocabulary_store
from directory.store.database import Database


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Site:
    """What every page, call, command and step of the worker is given."""

    settings: Settings
    database: Database
    engine: WhooshEngine
    clock: Callable[[], datetime] = utc_now
    _vocabulary: tuple[object, Vocabulary] | None = None

    @classmethod
    def open(cls, settings: Settings) -> Site:
        """Open the database and the search index that the settings name."""
        return cls(settings, Database(settings.database_url), WhooshEngine(settings.index_folder))

    def now(self) -> datetime:
        """The present instant, UTC."""
        return self.clock()

    def today(self) -> date:
        """The present day in the directory's time zone."""
        return self.now().astimezone(self.settings.zone).date()

    def search(self, query: Query) -> Found:
        """Ask the index, with the vocabulary as the editors last left it."""
        return find(query, self.engine, self.vocabulary())

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """What goes on from the letters typed so far; nothing before the third."""
        return self.engine.suggest(prefix, limit)

    def vocabulary(self) -> Vocabulary:
        """The vocabulary, read again only when it has changed."""
        with self.database.read() as connection:
            stamp = vocabulary_store.stamp(connection)
            if self._vocabulary is None or self._vocabulary[0] != stamp:
                terms = (Term(*line) for line in vocabulary_store.terms(connection))
                self._vocabulary = (stamp, Vocabulary.from_terms(terms))
        return self._vocabulary[1]

    def close(self) -> None:
        """Give back files and connections."""
        self.engine.close()
        self.database.close()
