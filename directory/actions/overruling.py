"""A source against what was changed here since it was last read: its news is taken, a person's words stay.

A field follows its source for as long as the directory says what the source said last. Where somebody here has said
otherwise since, theirs stays, and what the source says is a clash: for a person to decide, never lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields

from directory.actions.compare import differing
from directory.domain.service import Facts, Identifier, Owner

Fields = Mapping[str, object]
# They only grow: what a source adds to them takes nothing from anybody.
_GROWING = frozenset({"identifiers", "former_names"})


@dataclass(frozen=True, slots=True)
class Merge:
    """What a source last said of services and organisations, by our ids, and the services that it lists no more.

    `ids` and `organisations` say which of ours is meant by what the source calls it.
    """

    said: Mapping[str, Fields] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    ids: Mapping[Identifier, str] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)
    said_of_organisations: Mapping[str, Fields] = field(default_factory=dict)


def divided(
    before: Facts, edit: Fields, said: Fields | None, *, coordinate_tolerance: float = 0.0
) -> tuple[dict[str, object], dict[str, object]]:
    """The part of an edit that is taken, and the part that somebody here has overruled.

    Without `said` nothing is known of how they came to differ: all of it is for a person to decide.
    """
    ours = _ours(before, edit, said, coordinate_tolerance) - _GROWING
    taken = {name: value for name, value in edit.items() if name not in ours}
    return taken, {name: value for name, value in edit.items() if name in ours}


def _ours(before: Facts, edit: Fields, said: Fields | None, tolerance: float) -> set[str]:
    if said is None:
        return set(edit)
    owner = said.get("owner")
    rest = {name: value for name, value in said.items() if name != "owner"}
    owner = owner if isinstance(owner, Owner) else before.owner
    changed = differing(before, rest, owner, coordinate_tolerance=tolerance)
    # A field of which the source has not spoken before was filled in here, unless it is empty.
    return set(changed) | {name for name in edit if name not in said and getattr(before, name) != _EMPTY.get(name)}


_EMPTY = {
    each.name: each.default_factory() if each.default_factory is not MISSING else each.default
    for each in fields(Facts)
    if each.default is not MISSING or each.default_factory is not MISSING
}
