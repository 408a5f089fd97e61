"""What a reader finds wrong (`problems`) or worth knowing (`notices`) while it walks through a file."""

from __future__ import annotations

from directory.errors import Invalid, Problem, RowProblem


class Findings:
    """Gathers problems, for which a file is refused, and notices, with which it is taken all the same."""

    def __init__(self) -> None:
        self._problems: list[RowProblem] = []
        self._notices: list[RowProblem] = []
        self._bad: dict[int, set[str]] = {}

    def problem(self, row: int, column: str, reason: str) -> None:
        """A value that cannot be taken; `reason` says what to do about it."""
        self._problems.append(RowProblem(row, column, reason))
        self._bad.setdefault(row, set()).add(column)

    def notice(self, row: int, column: str, reason: str) -> None:
        """A value that was left out or read in a way that a person should know of."""
        self._notices.append(RowProblem(row, column, reason))

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """The problems in the order of their rows."""
        return tuple(sorted(self._problems, key=lambda found: found.row))

    @property
    def notices(self) -> tuple[RowProblem, ...]:
        """The notices in the order of their rows."""
        return tuple(sorted(self._notices, key=lambda found: found.row))

    def bad(self, row: int) -> bool:
        """Whether this row has a problem."""
        return row in self._bad

    def columns(self, row: int) -> frozenset[str]:
        """The columns of a row that have a problem."""
        return frozenset(self._bad.get(row, ()))


def not_of_the_format(reason: str) -> Invalid:
    """The error for a file that cannot be read at all; `reason` is one sentence that says what to do."""
    return Invalid([Problem("", reason)])
