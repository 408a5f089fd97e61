"""A question, and which services are right."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("exact", "former-name", "misspelt", "abbreviation", "condition-place", "owner", "number", "question")
# Beside the eight: questions to which nobody should be sure of an answer, and words that no vocabulary holds.
DOUBT, SYNONYM = "doubt", "synonym"
# Where more than these are equally right, naming one of them with confidence is wrong.
MOST_RIGHT = 3


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question; each of `best` is right as the first answer, and each of `also` is right too but need not be found.

    `doubt` says that no confident answer is right. Where `best` is empty, nothing that is live answers.
    """

    kind: str
    text: str
    best: frozenset[str]
    also: frozenset[str] = frozenset()
    area: str | None = None
    doubt: bool = False

    def is_right(self, found: str) -> bool:
        """Whether this service is a right first answer."""
        return found in self.best or found in self.also

    def may_be_sure_of(self, found: str) -> bool:
        """Whether it is right to call this service the answer; where nothing live answers, what closed is one."""
        return found in self.also and not self.best if self.doubt else self.is_right(found)


@dataclass(frozen=True, slots=True)
class Draft:
    """A question whose right answers are still to be looked up in the whole corpus, under `sought`: kind and key."""

    kind: str
    text: str
    sought: tuple[tuple[str, str], ...] = ()
    best: frozenset[str] = field(default_factory=frozenset)
    also: frozenset[str] = field(default_factory=frozenset)
    area: str | None = None
