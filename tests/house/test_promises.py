"""The safety, security and privacy pages name tests that are there, and risks are those of the matrix."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/safety/hazard-log.md", "docs/security/asvs.md", "docs/security.md", "docs/privacy.md")
TEST = re.compile(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`")
RISK = re.compile(r"^- \*\*(Initial|Residual) risk\*\*: ([A-Z]\w+) × ([A-Z][a-z ]+) = (\d)$", re.MULTILINE)
# How many requirements of levels 1 and 2 each section of OWASP ASVS 5.0.0 has: they are the first ones of each.
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3
5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3
9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4
13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4
17.3:2
"""
ITEM = re.compile(r"^\| ([\d., to]+) \| ([^|]+) \| (met|in part|not met|operator|no) \| (.+) \|$", re.MULTILINE)
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


def items_of(said: str) -> list[str]:
    """The items of a row: "1.2.3", "1.2.3, 1.2.5" or "1.2.3 to 1.2.5"."""
    found = []
    for part in said.split(", "):
        first, _, last = part.partition(" to ")
        section, _, number = first.rpartition(".")
        end = last.rpartition(".")[2] or number
        found += [f"{section}.{each}" for each in range(int(number), int(end) + 1)]
    return found


def test_every_requirement_of_levels_1_and_2_is_spoken_of_once() -> None:
    counts = dict(each.split(":") for each in SECTIONS.split())
    asked = [f"{section}.{number}" for section, count in counts.items() for number in range(1, int(count) + 1)]
    assert len(asked) == 253
    page = (ROOT / "docs/security/asvs.md").read_text(encoding="utf-8")
    rows = ITEM.findall(page)
    assert len(rows) == sum(line.startswith("| ") and line[2].isdigit() for line in page.splitlines())
    said = [item for numbers, *_ in rows for item in items_of(numbers)]
    assert sorted(said) == sorted(asked)


def test_what_is_met_names_its_test_or_where_it_is_written() -> None:
    rows = ITEM.findall((ROOT / "docs/security/asvs.md").read_text(encoding="utf-8"))
    left = (
        (ROOT / "docs/security.md").read_text(encoding="utf-8").partition("## What is not met")[2].partition("\n## ")[0]
    )
    for numbers, _, state, how in rows:
        if state == "met":
            # "The same" as the row above.
            assert TEST.search(how) or "](" in how or "the same" in how or "`scripts/" in how, numbers
        elif state in ("in part", "not met"):
            assert any(item in left for item in items_of(numbers)), numbers
        assert len(how) > 5, numbers


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
