"""The record of one change: a Markdown file that says what was published, and names the record before it.

A record holds the whole draft, so that publishing every record again, in order, makes the same directory.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from directory.content.markdown import dump
from directory.content.sections import write_sections
from directory.domain.change import Draft, Edit
from directory.domain.succession import Noun, Succession
from directory.shapes import SHAPE_OF_NOUN, set_to_plain, to_plain

NO_RECORD = "0" * 64


def render(draft: Draft, *, number: int, slug: str, recorded_at: datetime, previous: str) -> str:
    """The text of a record. The same change gives the same bytes."""
    facts: dict[str, Any] = {
        "number": number,
        "slug": slug,
        "title": draft.title,
        "kinds": list(draft.kinds),
        "effective_from": draft.effective_from,
        "recorded_at": stamp(recorded_at),
        "weight": draft.weight,
        "urgent": draft.urgent,
        "previous": previous,
    }
    facts |= _facts(draft)
    body = write_sections({"why": draft.why, "what_to_do": draft.what_to_do, "in_flight": draft.in_flight})
    return dump(facts, body)


def draft_plain(draft: Draft) -> dict[str, Any]:
    """A draft as plain data that JSON takes, and that `draft_from_plain` reads; nothing of it is lost."""
    names = ("title", "weight", "urgent", "why", "what_to_do", "in_flight")
    plain: dict[str, Any] = {name: getattr(draft, name) for name in names}
    plain |= {"kinds": list(draft.kinds), "effective_from": draft.effective_from} | _facts(draft, expected=True)
    made: dict[str, Any] = to_jsonable_python(plain)
    return made


def _facts(draft: Draft, *, expected: bool = False) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if draft.supersedes:
        facts["supersedes"] = draft.supersedes
    if draft.reverses:
        facts["reverses"] = draft.reverses
    if draft.override:
        facts["override"] = draft.override
    edits: Mapping[str, tuple[Noun, Sequence[Edit]]] = {
        "organisations": ("organisation", draft.organisations),
        "teams": ("team", draft.teams),
        "services": ("service", draft.services),
    }
    for key, (noun, given) in edits.items():
        if given:
            facts[key] = [_edit(noun, edit, expected=expected) for edit in given]
    links: Mapping[str, Sequence[Succession]] = {
        "succession": draft.succession,
        "organisation_succession": draft.organisation_succession,
    }
    for key, successions in links.items():
        if successions:
            facts[key] = [_link(link) for link in successions]
    return facts


def _edit(noun: Noun, edit: Edit, *, expected: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": edit.id}
    if edit.slug:
        plain["slug"] = edit.slug
    if edit.ods_code:
        plain["ods_code"] = edit.ods_code
    if expected and edit.expected_version is not None:
        plain["expected_version"] = edit.expected_version
    return plain | {"set": set_to_plain(SHAPE_OF_NOUN[noun], edit.set)}


def _link(link: Succession) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": link.kind, "from": link.predecessor}
    if link.successor:
        plain["to"] = link.successor
    plain["effective_from"] = link.effective_from
    if link.part:
        plain["part"] = to_plain(link.part)
    return plain


def digest(text: str) -> str:
    """The SHA-256 of a record, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def stamp(at: datetime) -> str:
    """An instant as records write it: RFC 3339, UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def path_of(folder: Path, *, number: int, slug: str, recorded_at: datetime) -> Path:
    """Where a record lives: `changes/YYYY/NNNNNN-slug.md`, the year in UTC."""
    return folder / "changes" / f"{recorded_at.astimezone(UTC):%Y}" / f"{number:06}-{slug}.md"


def write(path: Path, text: str) -> None:
    """Put a file in place whole, synced: a reader, or a power cut, never meets half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
