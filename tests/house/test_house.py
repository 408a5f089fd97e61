"""The house: nothing grows past what a reader can hold. That imports point one way, `scripts/check` looks after."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def _sources() -> Iterator[Path]:
    yield from (ROOT / "directory").rglob("*.py")
    yield from (ROOT / "tests").rglob("*.py")
    yield from (ROOT / "scripts").rglob("*.py")
    yield from (ROOT / "bench").rglob("*.py")


def test_no_file_is_too_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in _sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    found = {}
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert found == {}


def test_api_keys_are_made_on_the_machine_alone() -> None:
    makers = {path for path in (ROOT / "directory").rglob("*.py") if "add_key(" in path.read_text(encoding="utf-8")}
    assert {path.relative_to(ROOT / "directory").parts[0] for path in makers} == {"commands", "actions", "store"}


def test_only_the_store_speaks_sql_and_only_outbound_speaks_to_others() -> None:
    allowed = {
        "sqlalchemy": {"store"},
        "whoosh": {"search"},
        "smtplib": {"outbound"},
        "httpx": {"outbound"},
        "httpx2": {"outbound"},
        "httpcore2": {"outbound"},
        "standardwebhooks": {"outbound"},
        "icalendar": {"exchange"},
        "authlib": {"outbound"},
        "requests": {"outbound"},
        "markdown_it": {"content"},
        "opening_hours": {"exchange"},
        "holidays": {"exchange"},
    }
    # A connection is handed through these rooms, so they may name its type, and nothing else of the library.
    only_connection = {"actions", "notify", "api", "fhir", "web", "commands", "answer", "guidance.py", "site.py"}
    found = []
    for path in (ROOT / "directory").rglob("*.py"):
        room = path.relative_to(ROOT / "directory").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                library, names = (node.module or "").split(".")[0], {alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                library, names = node.names[0].name.split(".")[0], set()
            else:
                continue
            if library == "sqlalchemy" and room in only_connection and names == {"Connection"}:
                continue
            if library in allowed and room not in allowed[library]:
                found.append(f"{path.relative_to(ROOT)} imports {library}")
    assert found == []
