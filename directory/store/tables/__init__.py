"""The tables of the whole design, on one metadata object.

Instants are `Instant` columns (UTC); days are `Date` columns in the directory's time zone; nested facts are JSON text
written by `directory.shapes`, so that both databases keep the same bytes.
"""

from directory.store.tables import (
    changes,
    channels,
    drafts,
    fhir,
    fhir_subscriptions,
    following,
    identity,
    importing,
    learning,
    nouns,
    offering,
    people,
    places,
    sources,
    telling,
    trust,
)
from directory.store.tables.kinds import metadata

__all__ = [
    "changes",
    "channels",
    "drafts",
    "fhir",
    "fhir_subscriptions",
    "following",
    "identity",
    "importing",
    "learning",
    "metadata",
    "nouns",
    "offering",
    "people",
    "places",
    "sources",
    "telling",
    "trust",
]
