"""The safety, security and privacy pages name tests that are there, and risks are those of the matrix."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/safety/hazard-log.md", "docs/security.md", "docs/privacy.md")
TEST = re.compile(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`")
RISK = re.compile(r"^- \*\*(Initial|Residual) risk\*\*: ([A-Z]\w+) × ([A-Z][a-z ]+) = (\d)$", re.MULTILINE)
LOG = (ROOT / PAGES[0]).read_text(encoding="utf-8")


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests in a file; empty where there is no such file."""
    if not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_exists(page: str) -> None:
    named = TEST.findall((ROOT / page).read_text(encoding="utf-8"))
    assert named
    missing = [f"{path}::{name}" for path, name in named if not names_in(path) or (name and name not in names_in(path))]
    assert missing == []


def test_every_hazard_is_whole() -> None:
    hazards = LOG.split("\n## H")[1:]
    assert len(hazards) >= 10
    for number, hazard in enumerate(hazards, start=1):
        assert hazard.startswith(f"{number} ")
        assert all(
            f"- **{part}**:" in hazard for part in ("Cause", "Effect", "Initial risk", "Controls", "Residual risk")
        )
        assert TEST.search(hazard), hazard[:60]


def test_risks_are_what_the_matrix_says_and_none_is_unacceptable() -> None:
    rows = [
        line.strip("| ").split(" | ")
        for line in LOG.splitlines()
        if re.match(r"\| (likelihood|Very|High|Med|Low)", line)
    ]
    severities, matrix = rows[0][1:], {row[0]: row[1:] for row in rows[1:]}
    found = RISK.findall(LOG)
    assert len(found) == 2 * (LOG.count("\n## H"))
    for _, severity, likelihood, risk in found:
        assert matrix[likelihood][severities.index(severity)] == risk
    for initial, residual in zip(found[::2], found[1::2], strict=True):
        assert (initial[0], residual[0], initial[1]) == ("Initial", "Residual", residual[1])
        assert int(residual[3]) <= min(int(initial[3]), 3)


def test_what_stays_above_acceptable_is_spoken_of() -> None:
    left = LOG.partition("## What these controls do not reach")[2]
    high = [line.split()[1] for line in LOG.splitlines() if re.match(r"\| H\d+ .*\| 3 \|$", line)]
    assert high
    assert all(re.search(rf"\b{hazard}\b", left) for hazard in high)
