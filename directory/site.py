"""One running Signpost: its settings, database, search and clock, made once at an edge and handed down."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import Connection

from directory.domain.area import Gazetteer
from directory.domain.freshness import CheckDue, check_due
from directory.domain.opening import Opening
from directory.domain.query import Hit, Query
from directory.domain.service import Entry, Facts
from directory.errors import IndexDamaged
from directory.exchange.bank_holidays import BankHolidays
from directory.exchange.opening_times import opening_at
from directory.search.engine import Suggestion
from directory.search.find import Found, find
from directory.search.index import WhooshEngine
from directory.search.pages import find_pages
from directory.search.registered import in_its_area
from directory.search.vocabulary import Term, Vocabulary
from directory.settings import Settings
from directory.store import areas as area_store
from directory.store import vocabulary as vocabulary_store
from directory.store.database import Database

if TYPE_CHECKING:
    from directory.outbound.openid import Provider

T = TypeVar("T")


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    """Something that was read, with the state of the database at that time and the stamp that told what it was."""

    state: Hashable
    stamp: object
    value: T


@dataclass(slots=True)
class Site:
    """What every page, call, command and step of the worker is given."""

    settings: Settings
    database: Database
    engine: WhooshEngine
    clock: Callable[[], datetime] = utc_now
    page_engine: WhooshEngine = field(init=False)
    _vocabulary: _Held[Vocabulary] | None = None
    _gazetteer: _Held[Gazetteer] | None = None
    _provider: Provider | None = None

    def __post_init__(self) -> None:
        self.page_engine = WhooshEngine(self.settings.page_index_folder)

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

    def opening(self, facts: Facts) -> Opening | None:
        """Whether a service is open now; None where its hours do not say, or it takes nobody at present."""
        if facts.status != "active" or not facts.hours:
            return None
        holidays = BankHolidays(self.settings.bank_holidays)
        return opening_at(facts.hours, self.now(), zone=self.settings.zone, holidays=holidays)

    def check_due(self, entry: Entry) -> CheckDue | None:
        """When an entry is to be checked again, as it is known now; None of one that has closed."""
        return check_due(entry, today=self.today(), every=self.settings.check_every, zone=self.settings.zone)

    def search(self, query: Query) -> Found:
        """Ask the index, with the vocabulary as the editors last left it."""
        return self.search_with(query, self.vocabulary())

    def search_with(self, query: Query, vocabulary: Vocabulary) -> Found:
        """Ask the index, with a vocabulary that need not be in force."""
        return find(in_its_area(query, self.engine), self.engine, vocabulary, self.gazetteer())

    def search_pages(self, text: str, respell: bool) -> tuple[Hit, ...]:
        """The knowledge pages that go with a question; see `search.pages.find_pages`."""
        return find_pages(text, self.page_engine, self.vocabulary(), respell=respell)

    def suggest_pages(self, prefix: str, limit: int = 2) -> tuple[Suggestion, ...]:
        """Titles of knowledge pages that go on from these letters; their `service_id` is the page's slug."""
        try:
            found = self.page_engine.suggest(prefix, limit * 4)
        except IndexDamaged:
            return ()
        return tuple(each for each in found if each.field == "name")[:limit]

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """What goes on from the letters typed so far; nothing before the third."""
        return self.engine.suggest(prefix, limit)

    def vocabulary(self) -> Vocabulary:
        """The vocabulary, read again only when it has changed."""

        def read(connection: Connection) -> Vocabulary:
            return Vocabulary.from_terms(Term(*line) for line in vocabulary_store.terms(connection))

        self._vocabulary = self._still(self._vocabulary, vocabulary_store.stamp, read)
        return self._vocabulary.value

    @property
    def provider(self) -> Provider | None:
        """The OpenID provider of the settings; None where there is none."""
        settings = self.settings
        if self._provider is None and settings.oidc_issuer and settings.oidc_client_id:
            # A third of a second that a site without a provider need not wait for.
            from directory.outbound.openid import Provider

            secret = settings.oidc_client_secret
            self._provider = Provider(
                settings.oidc_issuer,
                settings.oidc_client_id,
                secret.get_secret_value() if secret else None,
                f"{settings.base_url}/sign-in/openid/callback",
                settings.oidc_scopes,
            )
        return self._provider

    def gazetteer(self) -> Gazetteer:
        """The register of areas, read again only when it has changed."""

        def read(connection: Connection) -> Gazetteer:
            return Gazetteer.of(area_store.load(connection))

        self._gazetteer = self._still(self._gazetteer, area_store.stamp, read)
        return self._gazetteer.value

    def _still(
        self, held: _Held[T] | None, stamp_of: Callable[[Connection], object], read: Callable[[Connection], T]
    ) -> _Held[T]:
        """What is held where it still holds: nothing at all was written since, or its own stamp is the same."""
        # Asked before the stamp is read: what is written in between is another state, and is asked about again.
        state = self.database.state()
        if held is not None and held.state == state:
            return held
        with self.database.read() as connection:
            stamp = stamp_of(connection)
            value = held.value if held is not None and held.stamp == stamp else read(connection)
        return _Held(state, stamp, value)

    def vocabulary_with(self, line: vocabulary_store.Line) -> Vocabulary:
        """The vocabulary as it would be with one more line."""
        with self.database.read() as connection:
            return Vocabulary.from_terms(Term(*each) for each in (*vocabulary_store.terms(connection), line))

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where this process writes, beside a database that is a server of its own."""
        settings = self.settings
        return tuple(filter(None, (settings.home, settings.content, settings.index_folder, self.database.folder)))

    def close(self) -> None:
        """Give back files and connections."""
        self.engine.close()
        self.page_engine.close()
        self.database.close()
