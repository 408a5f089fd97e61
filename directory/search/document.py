"""What search knows of a service: words, names and numbers, without meaning anything to the store."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One service as it is searched; every former name, owner, phone and address stays in it for ever.

    `owners` are the present team and organisation in words, `urgencies` those for which there is a route. `superseded`
    is true where the service is closed or has successors: it stays findable, below what is live.
    """

    id: str
    slug: str
    name: str
    former_names: tuple[str, ...] = ()
    status: str = "active"
    setting: str = "community"
    owners: tuple[str, ...] = ()
    former_owners: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    former_phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    former_emails: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    former_addresses: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    summary: str = ""
    text: str = ""
    age_min: int | None = None
    age_max: int | None = None
    urgencies: tuple[str, ...] = ()
    superseded: bool = False


_DEFAULTS = {field.name: None if field.default is MISSING else field.default for field in fields(Document)}


def to_stored(document: Document) -> dict[str, Any]:
    """The document as the index keeps it: what equals its default is left out."""
    return {name: value for name, default in _DEFAULTS.items() if (value := getattr(document, name)) != default}


def from_stored(stored: dict[str, Any]) -> Document:
    """The document that was stored."""
    return Document(**stored)
