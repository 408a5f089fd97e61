"""An Open Referral feed page by page: what each page holds, which is the last, and whether all of it has come.

Sources: the page envelopes of HSDS 3.0 and Open Referral UK 3.0 (`total_items`, `last_page`), and of their versions
1 and 2 (`totalElements`, `last`). Pages are counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from directory.exchange.findings import not_of_the_format
from directory.exchange.hsds_json import Json, has, is_object, page_of, text_of

PER_PAGE = 100
# What only a whole service has: a listing may leave all of it out.
_BELONGING = (
    "phones", "contacts", "schedules", "regular_schedule", "regular_schedules", "service_at_locations", "service_areas",
    "eligibilitys", "languages", "cost_options", "attributes", "service_taxonomys", "locations", "physical_addresses",
    "metadata", "fundings", "signpost",
)  # fmt: skip
# What servers of other versions refuse: asked for less and less, until one is taken.
_ASKED: tuple[dict[str, str], ...] = ({"per_page": str(PER_PAGE), "full": "true"}, {"per_page": str(PER_PAGE)}, {})


def addresses(url: str) -> tuple[str, ...]:
    """Where the services of a feed can be: at its address, or below it under the name of both standards."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if path.endswith(("/services", ".json", ".ndjson")):
        return (url,)
    return url, urlunsplit(parts._replace(path=f"{path}/services"))


def ways(url: str, number: int) -> tuple[str, ...]:
    """The address of a page in the ways in which it can be asked for, the best first."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    return tuple(
        urlunsplit(parts._replace(query=urlencode({**asked, **given, "page": str(number)}))) for asked in _ASKED
    )


def address_of_one(url: str, identity: str) -> str:
    """The address of a whole service, by that of the listing."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(identity, safe='')}", query=""))


@dataclass(slots=True)
class Pages:
    """The pages of a feed as they come in; `trouble` says why what came is not all of it."""

    entries: list[object] = field(default_factory=list)
    trouble: str = ""
    over: bool = False
    _seen: set[str] = field(default_factory=set)
    _total: int | None = None
    _given: int = 0

    def take(self, data: bytes, number: int) -> None:
        """One more page; raises `Invalid` where it is no page of services."""
        entries, envelope = _page(data)
        new = [entry for entry in entries if (identity := _id(entry)) is None or identity not in self._seen]
        if entries and number > 1 and not new:
            self.trouble, self.over = f"page {number} repeats what came before", True
            return
        self._seen |= {identity for entry in new if (identity := _id(entry)) is not None}
        # A feed that names one service twice is told so, when its entries are read.
        self.entries += entries if number == 1 else new
        self._given += len(entries)
        before, self._total = self._total, _number(envelope, "total_items", "totalElements", "total_elements")
        # Services that come or go while the pages are turned push others from one page to the next.
        if number > 1 and before != self._total:
            self.trouble = "it changed while it was read"
        self.over = not entries or _is_last(envelope, number)
        if self.over and not self.trouble and self._total not in (None, self._given):
            self.trouble = f"it says that it has {self._total} services, and gave {self._given}"

    @property
    def is_full(self) -> bool:
        """Whether the listing says all there is of each service."""
        return not self.entries or any(is_object(entry) and has(entry, *_BELONGING) for entry in self.entries)


def one_of(data: bytes) -> object:
    """The whole service that an address gave; raises `Invalid` where it is none."""
    found = _page(data)[0]
    if len(found) != 1:
        raise not_of_the_format("It is not one service.")
    return found[0]


def _page(data: bytes) -> tuple[Sequence[object], Json]:
    if data.lstrip()[:1] == b"<":
        raise not_of_the_format("It is a web page (HTML) or XML, not JSON: give the address of the feed itself.")
    return page_of(data)


def _id(entry: object) -> str | None:
    return (text_of(entry, "id") or None) if is_object(entry) else None


def _is_last(envelope: Json, number: int) -> bool:
    said = [envelope[key] for key in ("last_page", "last") if isinstance(envelope.get(key), bool)]
    if said:
        return bool(said[0])
    pages = _number(envelope, "total_pages", "totalPages")
    # A list without an envelope is all there is.
    return pages is None or number >= pages


def _number(envelope: Json, *keys: str) -> int | None:
    found = text_of(envelope, *keys)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else None
