"""What of a document is indexed: its words, weighted by where they stand, and its keys, met whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from directory.domain.change import fold as fold_name
from directory.search.concepts import Concepts, concepts, stems_of
from directory.search.document import Document
from directory.search.text import code_key, core, fold, key, phone_key, phrase, postcode_keys, words

# Kinds of key that stand for words of a question; which of them a phrase is, is kept as bits in this order.
PHRASES = ("name", "former_name", "core", "former_core", "need", "owner", "former_owner", "area")

# (weight, the length in words at which it counts in full); beyond, each occurrence counts for less.
_NAME, _FORMER, _NEED = (6.0, 4), (4.5, 4), (4.5, 3)
_OWNER, _FORMER_OWNER, _AREA = (2.5, 5), (1.5, 5), (1.5, 4)
_ADDRESS, _FORMER_ADDRESS, _SUMMARY, _TEXT = (1.0, 8), (0.6, 8), (2.5, 20), (1.2, 120)


# A tag of the table of concepts counts as a word does, by where the phrase stands that speaks of it.
_TAGGED = (("name", 6.0), ("former_names", 3.0), ("needs", 3.0), ("owners", 1.5), ("summary", 1.5))
_MOST_OF_A_FIELD = 2.0
# Below it a service is for children alone, above it for adults alone, where its entry says so.
GROWN_FROM, GROWN_TO = 16, 19


def weights_of(document: Document) -> dict[str, float]:
    """Each folded word of a document, and each concept, with the weight of all the places in which it stands."""
    found: dict[str, float] = {}
    for values, (weight, usual) in _weighted(document):
        for value in values:
            each = words(value)
            share = weight / (0.6 + 0.4 * max(1.0, len(each) / usual))
            seen: dict[str, int] = {}
            for word in each:
                seen[word] = seen.get(word, 0) + 1
            for word, times in seen.items():
                # A second mention says less than the first, and a tenth says nothing more.
                found[word] = found.get(word, 0.0) + share * (2 * times / (1 + times))
    return found | _tags(document, concepts())


def _tags(document: Document, table: Concepts) -> dict[str, float]:
    tags: dict[str, float] = {}
    for name, weight in _TAGGED:
        values = getattr(document, name)
        of_field: dict[str, float] = {}
        for value in (values,) if isinstance(values, str) else values[:1] if name == "owners" else values:
            for met in table.met(stems_of(value)):
                for tag, trust in met.senses:
                    of_field[tag] = of_field.get(tag, 0.0) + weight * trust
        for tag, worth in of_field.items():
            tags[tag] = tags.get(tag, 0.0) + min(worth, weight * _MOST_OF_A_FIELD)
    return tags


def _weighted(document: Document) -> tuple[tuple[Sequence[str], tuple[float, int]], ...]:
    return (
        ((document.name,), _NAME),
        (document.former_names, _FORMER),
        (document.needs, _NEED),
        (document.owners, _OWNER),
        (document.former_owners, _FORMER_OWNER),
        (document.areas, _AREA),
        (document.addresses, _ADDRESS),
        (document.former_addresses, _FORMER_ADDRESS),
        ((document.summary,), _SUMMARY),
        ((document.text,), _TEXT),
    )


def keys_of(document: Document) -> set[str]:
    """Every key of a document, as `kind:value`."""
    found = {f"setting:{document.setting}", *_phrase_keys(document), *_number_keys(document)}
    found |= {f"urgency:{urgency}" for urgency in document.urgencies}
    if document.superseded:
        found.add("superseded:1")
    if not document.areas:
        found.add("anywhere:1")
    if document.age_min is not None and document.age_min >= GROWN_FROM:
        found.add("adults:1")
    if document.age_max is not None and document.age_max <= GROWN_TO:
        found.add("minors:1")
    found |= {f"within:{fold_name(area)}" for area in document.areas}
    return {entry for entry in found if not entry.endswith(":")}


def _phrase_keys(document: Document) -> Iterator[str]:
    for kind, values in (
        ("name", (document.name,)),
        ("former_name", document.former_names),
        ("need", document.needs),
        ("owner", document.owners),
        ("former_owner", document.former_owners),
        ("area", document.areas),
    ):
        for value in values:
            stems = phrase(value)
            yield f"{kind}:{key(stems)}"
            if kind in ("name", "former_name"):
                yield f"{'core' if kind == 'name' else 'former_core'}:{key(core(stems))}"


def _number_keys(document: Document) -> Iterator[str]:
    for kind, phones in (("phone", document.phones), ("former_phone", document.former_phones)):
        for phone in phones:
            if digits := phone_key(phone):
                yield f"{kind}:{digits}"
                if len(digits) > 8:
                    yield f"tail:{digits[-6:]}"
                    yield f"tail:{digits[-4:]}"
    for kind, emails in (("email", document.emails), ("former_email", document.former_emails)):
        yield from (f"{kind}:{fold(email)}" for email in emails)
    for postcode in document.postcodes:
        if found := postcode_keys(postcode):
            yield f"outward:{found[0]}"
            yield f"postcode:{found[1]}"
    yield from (f"code:{code_key(code)}" for code in (*document.codes, document.id))
