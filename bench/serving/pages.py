"""Pages and the API under load: kept answers, one that the reader has, each request another, and searching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.serving import peers, servers
from bench.serving.home import Home
from bench.serving.load import Target
from bench.serving.reading import Goal

# As many as a page of ours shows.
RESULTS = 20
_GZIP = {"Accept-Encoding": "gzip"}
PLAIN, WARM, HELD, EACH, SEARCH = (
    "bare Starlette, plain text",
    "the same, again and again",
    "the same, If-None-Match",
    "each another",
    "search, each another",
)
PAGE_GOALS = (
    Goal(WARM, PLAIN, at_least=0.6),
    Goal(HELD, PLAIN, at_least=0.75),
    Goal(EACH, "datasette: each another", at_least=3),
    Goal(EACH, "django: each another", at_least=5),
    Goal(SEARCH, "datasette: search, each another", at_least=4),
    Goal(SEARCH, "datasette: search, each another", p95_at_most=0.5),
)
API_GOALS = (
    Goal(WARM, PLAIN, at_least=0.6),
    Goal(HELD, PLAIN, at_least=0.75),
    Goal(EACH, "datasette: each another", at_least=3),
    Goal(EACH, "django: each another", at_least=6),
    Goal(SEARCH, "datasette: search, each another", at_least=4),
    Goal(SEARCH, "datasette: search, each another", p95_at_most=0.5),
)


@dataclass(frozen=True, slots=True)
class _Where:
    """Where one kind of answer is, of us and of the peers."""

    entry: str
    search: str
    row: str
    rows: str
    model: str


_PAGES = _Where("/services/{}", "/find?{}", "/tables/services/{}", "/tables/services?{}", "/services/{}/")
_JSON = _Where(
    "/api/v1/services/{}", "/api/v1/search?{}", "/tables/services/{}.json", "/tables/services.json?{}",
    "/api/services/{}",
)  # fmt: skip


@contextmanager
def targets(home: Home, cache: Path, *, json: bool, beside: bool) -> Iterator[list[Target]]:
    """What to ask for, with every server running: pages, or the same as JSON; peers only where they are wanted."""
    where = _JSON if json else _PAGES
    with servers.bare() as bare, servers.signpost(home) as ours:
        paths = [where.entry.format(slug) for slug in home.slugs]
        tag = servers.header_of(ours, paths[0], "ETag")
        searches = [where.search.format(urlencode({"q": question})) for question in home.questions]
        found = [
            Target(PLAIN, bare, ["/"], _GZIP),
            Target(WARM, ours, paths[:1], _GZIP),
            Target(HELD, ours, paths[:1], _GZIP | {"If-None-Match": tag}),
            Target(EACH, ours, paths, _GZIP),
            Target(SEARCH, ours, searches, _GZIP),
        ]
        if not beside:
            yield found
            return
        with _peers(home, cache, where) as others:
            yield [*found, *others]


@contextmanager
def _peers(home: Home, cache: Path, where: _Where) -> Iterator[list[Target]]:
    python, file = peers.installed(cache), peers.tables(home)
    ids = peers.row_ids(file)
    asked = [urlencode({"_search": question, "_size": RESULTS}) for question in home.questions]
    with peers.datasette(python, file) as datasette, peers.django(python, home) as django:
        yield [
            Target("datasette: each another", datasette, [where.row.format(ids[slug]) for slug in home.slugs], _GZIP),
            Target("datasette: search, each another", datasette, [where.rows.format(each) for each in asked], _GZIP),
            Target("django: each another", django, [where.model.format(slug) for slug in home.slugs], _GZIP),
        ]
