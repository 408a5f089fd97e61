"""Read an Open Referral feed over HTTP: its pages, each service whole, and of what is missing whether it is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from directory.domain.source import Reading
from directory.errors import DeliveryFailed, FeedFailed, Invalid
from directory.exchange import hsds
from directory.exchange.hsds_json import is_object, text_of
from directory.exchange.hsds_pages import Pages, address_of_one, addresses, one_of, ways
from directory.outbound.http import Fetched, Outgoing

LARGEST_PAGE = 32 * 1024 * 1024
# All of it is in memory at once, several times as large as it came.
LARGEST = 128 * 1024 * 1024
SECONDS_A_PAGE = 60.0
# Nobody reads a feed for longer, however long it goes on; the lease is longer still.
LONGEST = timedelta(minutes=20)
MOST_PAGES = 5_000
# A server that fails so often in a row is left alone.
FAILURES = 5
_GONE = (404, 410)
_NOT_UNDERSTOOD = (400, 404, 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read of a feed; `listed` is every id that it has, those that could not be read too.

    With `trouble`, which says what went wrong, it is not all there is: what it leaves out may be there all the same.
    """

    reading: Reading
    listed: frozenset[str]
    trouble: str = ""
    notes: tuple[str, ...] = ()
    state: str = ""
    resources: dict[str, str | None] = field(default_factory=dict)


class ReadingStopped(Exception):
    """This program ends: the feed is nobody's fault, and is read again by whoever comes next."""


@dataclass(slots=True)
class Fetching:
    """Fetches from one feed, in so much time; raises FeedFailed with what is wrong, for whoever looks after it.

    ReadingStopped is raised where the program ends meanwhile.
    """

    outgoing: Outgoing
    clock: Callable[[], datetime]
    until: datetime
    stop: Callable[[], bool] = lambda: False
    taken: int = 0

    @classmethod
    def begun(
        cls, outgoing: Outgoing, clock: Callable[[], datetime], stop: Callable[[], bool] = lambda: False
    ) -> Fetching:
        """From now on."""
        return cls(outgoing, clock, clock() + LONGEST, stop)

    def get(self, url: str, accept: str = "application/json") -> Fetched:
        """What is at an address, whatever its status."""
        if self.stop():
            raise ReadingStopped
        if self.clock() >= self.until:
            raise FeedFailed(f"reading it took longer than {LONGEST.seconds // 60} minutes")
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        try:
            found = self.outgoing.get(url, headers, seconds=SECONDS_A_PAGE, largest=LARGEST_PAGE)
        except DeliveryFailed as failure:
            raise FeedFailed(str(failure)) from None
        self.taken += len(found.body)
        if self.taken > LARGEST:
            raise FeedFailed(f"it is larger than {LARGEST // 1024**2} MB in all")
        return found

    def body(self, url: str, accept: str = "application/json") -> bytes:
        """The same of a page that must be there."""
        found = self.get(url, accept)
        if found.status != 200:
            raise FeedFailed(found.words)
        return found.body


def read_hsds(fetching: Fetching, url: str, *, known: Collection[str], at_most: int) -> Read:
    """The services of a feed; raises FeedFailed where not even its first page can be read.

    `known` are the ids that it had before: those that are missing now are asked for one by one, unless they are more
    than `at_most` of a hundred.
    """
    pages, base, way = _first(fetching, url)
    number = 1
    while not pages.over and not pages.trouble:
        number += 1
        try:
            if number > MOST_PAGES:
                raise FeedFailed(f"it has more than {MOST_PAGES:,} pages")
            pages.take(fetching.body(ways(base, number)[way]), number)
        except (FeedFailed, Invalid) as failure:
            pages.trouble = f"page {number}: {words_of(failure)}"
    ids = frozenset(identity for entry in pages.entries if (identity := _id(entry)))
    entries, notes = pages.entries, list[str]()
    if not pages.is_full:
        entries, notes = _whole_ones(fetching, base, pages)
    missing = [each for each in known if each not in ids]
    still: set[str] = set()
    if missing and not pages.trouble and len(missing) * 100 <= at_most * len(known):
        found, still = _asked_for(fetching, base, missing)
        entries = [*entries, *found]
        unread = sorted(still - {_id(each) for each in found})
        notes += [
            f"{each} is not listed, but its own address does not say that it is gone; it stays" for each in unread
        ]
    return Read(reading=hsds.read_entries(entries), listed=ids | still, trouble=pages.trouble, notes=tuple(notes))


def _first(fetching: Fetching, url: str) -> tuple[Pages, str, int]:
    """The first page, at which address it was, and in which way it was asked for."""
    wrong = ""
    for base in addresses(url):
        for way, address in enumerate(ways(base, 1)):
            found = fetching.get(address)
            if found.status == 200:
                try:
                    pages = Pages()
                    pages.take(found.body, 1)
                except Invalid as invalid:
                    wrong = words_of(invalid)
                    break
                return pages, base, way
            wrong = found.words
            if found.status not in _NOT_UNDERSTOOD:
                raise FeedFailed(wrong)
    raise FeedFailed(wrong)


def _whole_ones(fetching: Fetching, base: str, pages: Pages) -> tuple[list[object], list[str]]:
    """Each service of a listing that only names them; those that cannot be read are left as they are."""
    entries, notes, failures = list[object](), list[str](), 0
    for entry in pages.entries:
        identity = _id(entry)
        if not identity:
            entries.append(entry)
            continue
        try:
            entries.append(one_of(fetching.body(address_of_one(base, identity))))
            failures = 0
        except (FeedFailed, Invalid) as failure:
            notes.append(f"{identity}: {words_of(failure)}; it stays as it was")
            failures += 1
        if failures >= FAILURES:
            pages.trouble = f"{failures} services in a row could not be read, {notes[-1]}"
            break
    return entries, notes


def _asked_for(fetching: Fetching, base: str, missing: list[str]) -> tuple[list[object], set[str]]:
    """Of services that a listing leaves out: those that are there all the same, and the ids of all that may be."""
    found, still = list[object](), set[str]()
    for place, identity in enumerate(missing):
        try:
            answer = fetching.get(address_of_one(base, identity))
            if answer.status in _GONE:
                continue
            still.add(identity)
            if answer.status == 200 and _id(one := one_of(answer.body)) == identity:
                found.append(one)
        except FeedFailed:
            # It does not answer: nobody is closed for that.
            return found, still | set(missing[place:])
        except Invalid:
            continue
    return found, still


def _id(entry: object) -> str:
    return text_of(entry, "id") if is_object(entry) else ""


def words_of(failure: FeedFailed | Invalid) -> str:
    """What went wrong, in one line without its full stop."""
    if isinstance(failure, FeedFailed):
        return str(failure).rstrip(".")
    return " ".join(problem.reason for problem in failure.problems).rstrip(".")
