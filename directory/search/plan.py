"""What an engine is asked: never text to be parsed again, but what was recognised and which words matter, how read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from directory.domain.parting import Ages
from directory.search.question import Key
from directory.search.understanding import Recognised


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the question that matters; `required` words must be met before an answer deserves confidence."""

    text: str
    weight: float
    required: bool
    place: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the tokens from `first` to `last`: stems that a document must hold, and how far to trust it.

    `via` is `typed`, `spelling`, `prefix`, `abbreviation`, `synonym`, `misnomer` or `concept`.
    """

    first: int
    last: int
    stems: tuple[str, ...]
    weight: float
    via: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of a service beside the words: which share of its score it keeps.

    `keys` are keys of the index with shares, from the least share to the largest: the last one that a document has
    counts. What has none of them keeps `otherwise`.
    """

    keys: tuple[tuple[str, float], ...]
    otherwise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A question as the engine gets it.

    `keys` are met whole; `filters` are those that the asker chose, each met by any one of its keys; `demands` push down
    what does not fit; `unknown` are words that nothing explains; `corrections` pairs what was typed with what was read
    instead. `ages` are the whole years that the person can have, `age_group` is `child` or `adult`; `placed` are the
    keys of areas that serve the place asked about.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    readings: tuple[Reading, ...] = ()
    keys: tuple[Key, ...] = ()
    unknown: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    age_group: str | None = None
    ages: Ages | None = None
    placed: frozenset[str] = frozenset()
    demands: tuple[Demand, ...] = ()
    filters: tuple[tuple[str, ...], ...] = ()
    recognised: tuple[Recognised, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that could be looked for."""
        return not self.tokens and not self.keys

    def corrected(self) -> str | None:
        """The question with its corrections; None where there are none."""
        text = self.text
        for typed, meant in self.corrections:
            text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", meant, text, flags=re.IGNORECASE)
        return text if text != self.text else None
