"""Bring together what two people wrote of one service: field by field, what was, what is theirs and what is mine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from directory.domain.change import Edit
from directory.domain.service import FIELDS, Facts, differing_fields
from directory.domain.writing import Writing
from directory.store.versions import history


@dataclass(frozen=True, slots=True)
class Conflict:
    """One service that somebody changed since its draft was begun.

    `fields` are those that both set; `others` those that only they did. `changes` are the numbers of theirs.
    """

    edit: Edit
    read: Facts
    theirs: Facts
    mine: Facts
    fields: tuple[str, ...]
    others: tuple[str, ...]
    version: int
    changes: tuple[int, ...]


def conflicts(connection: Connection, writing: Writing) -> list[Conflict]:
    """Each service of a draft of which there is a later version than its author read."""
    return [found for edit in writing.draft.services if (found := _conflict(connection, edit)) is not None]


def _conflict(connection: Connection, edit: Edit) -> Conflict | None:
    if not edit.expected_version:
        return None
    versions = {row.number: row for row in history(connection, "service", edit.id)}
    latest = max(versions, default=0)
    if latest <= edit.expected_version or edit.expected_version not in versions:
        return None
    read, theirs = versions[edit.expected_version].facts, versions[latest].facts
    differing = differing_fields(read, theirs)
    # Both may have come to the same.
    both = tuple(name for name in FIELDS if name in differing and name in edit.set and _differs(edit, name, theirs))
    return Conflict(
        edit=edit,
        read=read,
        theirs=theirs,
        mine=replace(theirs, **edit.set),
        fields=both,
        others=tuple(name for name in differing if name not in both and name != "former_names"),
        version=latest,
        changes=tuple(
            dict.fromkeys(versions[at].change_number for at in sorted(versions) if at > edit.expected_version)
        ),
    )


def _differs(edit: Edit, name: str, theirs: Facts) -> bool:
    return bool(edit.set[name] != getattr(theirs, name))


def merged(writing: Writing, found: Collection[Conflict], take_theirs: Mapping[str, Collection[str]]) -> Writing:
    """The draft upon the latest versions; of the fields named, by service, theirs stays."""
    for conflict in found:
        left = take_theirs.get(conflict.edit.id, ())
        kept = {name: value for name, value in conflict.edit.set.items() if name not in left}
        edit = replace(conflict.edit, set=kept, expected_version=conflict.version)
        draft = writing.with_edit(edit)
        done = frozenset(key for key in writing.done if key not in ("told", "message"))
        writing = replace(writing, draft=draft, done=done)
    return writing
