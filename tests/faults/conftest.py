"""What was tried and what was lost, as one table when the tests are done: `scripts/faults`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

from tests.faults.killing import Killer

_HEAD = ("fault", "database", "tried", "lost", "sent again", "of which")


@dataclass(frozen=True, slots=True)
class Tried:
    """A fault, how many times it was made, how much was lost, and how many messages went out a second time."""

    fault: str
    database: str
    times: int
    lost: int
    again: int
    of_which: str = ""


@pytest.fixture
def killer(tmp_path: Path) -> Killer:
    """What kills commands, and where they say what they do."""
    return Killer(tmp_path)


_KEPT = pytest.StashKey[list[Tried]]()


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Callable[[Tried], None]:
    """Keep a line for the table."""
    kept = request.config.stash.setdefault(_KEPT, [])
    return kept.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = [_HEAD, *(tuple(map(str, astuple(each))) for each in config.stash.get(_KEPT, []))]
    if len(lines) > 1:
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        terminalreporter.section("faults")
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            terminalreporter.write_line("  ".join(cells).rstrip())
