"""Tantivy: a few weighted fields of stems, each reading the best of them, and keys as terms of a constant score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from bench.search.contender import LIMIT, key_tokens, stemmed
from bench.search.wanted import Wanted, Way
from directory.search.document import Document

# Found by trying on the tuning set.
_FIELDS = {"names": 3.0, "needs": 2.5, "owners": 1.0, "text": 0.7}
_KEYS = {
    "name": 30.0,
    "former_name": 26.0,
    "core": 24.0,
    "former_core": 22.0,
    "need": 12.0,
    "owner": 10.0,
    "former_owner": 8.0,
}
_NUMBER, _OWNER_AND_REST, _PLACE = 60.0, 60.0, 10.0
_ENOUGH = 10
_LIVE = 4.0
_HEAP = 256_000_000
_LIVE_TOKEN = "live"  # noqa: S105


class Tantivy:
    """One boolean query, in the place that is asked for; and anywhere, where that finds too few."""

    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        for field in _FIELDS:
            builder.add_text_field(field, tokenizer_name="whitespace", index_option="position")
        builder.add_text_field("keys", tokenizer_name="whitespace", index_option="basic")
        self._schema = builder.build()
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None

    def build(self, documents: Iterable[Document]) -> None:
        """Index everything with one thread, for the other engines have no more."""
        self._folder.mkdir(parents=True, exist_ok=True)
        writer = self._opened().writer(_HEAP, 1)
        for document in documents:
            writer.add_document(_record(document))
        writer.commit()
        writer.wait_merging_threads()
        self._opened().reload()

    def open(self) -> None:
        """Open the index."""
        self._opened().reload()

    def search(self, wanted: Wanted, limit: int = LIMIT) -> list[str]:
        """Ids, best first."""
        parts = [(Occur.Should, query) for query in self._parts(wanted)]
        if wanted.area:
            return self._found(parts, [wanted.area], limit)
        found = self._found(parts, wanted.places, limit) if wanted.places else []
        if len(found) < min(_ENOUGH, limit):
            parts += [(Occur.Should, self._constant(token, _PLACE)) for token in wanted.places]
            found = list(dict.fromkeys((*found, *self._found(parts, [], limit))))
        return found[:limit]

    def apply(self, document: Document) -> None:
        """Replace one document and commit."""
        if self._writer is None:
            self._writer = self._opened().writer(_HEAP, 1)
        self._writer.delete_documents_by_term("id", document.id)
        self._writer.add_document(_record(document))
        self._writer.commit()

    def refresh(self) -> None:
        """Read the newest commit."""
        self._opened().reload()

    def _found(self, parts: Sequence[tuple[Occur, Query]], places: Sequence[str], limit: int) -> list[str]:
        if not parts:
            return []
        clauses = [(Occur.Must, Query.boolean_query(list(parts))), (Occur.Should, self._constant(_LIVE_TOKEN, _LIVE))]
        if places:
            inside = Query.boolean_query([(Occur.Should, self._constant(token, 0.0)) for token in places])
            clauses.append((Occur.Must, inside))
        searcher = self._opened().searcher()
        hits = searcher.search(Query.boolean_query(clauses), limit, count=False).hits
        return [searcher.doc(address)["id"][0] for _, address in hits]

    def _parts(self, wanted: Wanted) -> Iterator[Query]:
        for kind, token in wanted.named:
            yield self._constant(token, _KEYS.get(kind, _NUMBER))
        for way in wanted.ways:
            yield Query.boost_query(self._reading(way), way.weight * (way.last - way.first + 1))
        if wanted.owners and wanted.of_owner:
            both = [
                (Occur.Must, Query.boolean_query([(Occur.Should, self._key(token)) for token in wanted.owners])),
                (Occur.Must, Query.boolean_query([(Occur.Should, self._reading(way)) for way in wanted.of_owner])),
            ]
            yield Query.const_score_query(Query.boolean_query(both), _OWNER_AND_REST)

    def _reading(self, way: Way) -> Query:
        found = []
        for field, weight in _FIELDS.items():
            if len(way.stems) == 1:
                query = Query.term_query(self._schema, field, way.stems[0], "freq")
            else:
                query = Query.phrase_query(self._schema, field, list(way.stems))
            found.append(Query.boost_query(query, weight))
        return Query.disjunction_max_query(found, 0.2)

    def _constant(self, token: str, value: float) -> Query:
        return Query.const_score_query(self._key(token), value)

    def _key(self, token: str) -> Query:
        return Query.term_query(self._schema, "keys", token, "basic")

    def _opened(self) -> tantivy.Index:
        if self._index is None:
            self._index = tantivy.Index(self._schema, path=str(self._folder))
            analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
            self._index.register_tokenizer("whitespace", analyzer)
        return self._index


def _record(document: Document) -> tantivy.Document:
    keys = key_tokens(document) + ([] if document.superseded else [_LIVE_TOKEN])
    return tantivy.Document(
        id=document.id,
        names=stemmed(document.name, *document.former_names),
        needs=stemmed(*document.needs),
        owners=stemmed(*document.owners, *document.former_owners, *document.areas, *document.addresses),
        text=stemmed(document.summary, document.text),
        keys=" ".join(keys),
    )
