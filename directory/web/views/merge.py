"""What two people wrote of one service, side by side: each field as it was, as theirs is, and as mine is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from directory.actions.merging import Conflict
from directory.web import words
from directory.web.difference import Piece, difference
from directory.web.views.lines import field_in_words
from directory.web.views.names import Named, OwnerNames, names_of


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field that both set: what they made of it since it was read, what I make of it, and the words between."""

    name: str
    label: str
    theirs: str
    mine: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class MergeView:
    """One service that somebody changed meanwhile; `others` are fields that only they changed."""

    service: str
    named: Named
    version: int
    changes: tuple[int, ...]
    fields: tuple[FieldView, ...]
    others: tuple[tuple[str, str], ...]


def merge_view(connection: Connection, conflict: Conflict, *, today: date) -> MergeView:
    """A conflict in words."""
    owners = OwnerNames.of(connection, [conflict.theirs, conflict.mine], on=today)
    theirs, mine = owners.in_words(conflict.theirs.owner), owners.in_words(conflict.mine.owner)
    fields = []
    for name in conflict.fields:
        said = field_in_words(name, conflict.theirs, owner=theirs), field_in_words(name, conflict.mine, owner=mine)
        fields.append(FieldView(name, words.FIELD_LABELS[name], *said, difference(*said)))
    service = conflict.edit.id
    return MergeView(
        service=service,
        named=names_of(connection, "service", [service], on=today)[service],
        version=conflict.version,
        changes=conflict.changes,
        fields=tuple(fields),
        others=tuple(
            (words.FIELD_LABELS[name], field_in_words(name, conflict.theirs, owner=theirs)) for name in conflict.others
        ),
    )
