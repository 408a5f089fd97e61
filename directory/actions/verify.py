"""Check the records: every one on disk as it was published, in order, none missing, none too many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from directory.content import records
from directory.store import changes as change_store
from directory.store.database import Database

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Verified:
    """How many records there are, the hash of the last, and what is wrong, one sentence each."""

    records: int
    head: str
    problems: tuple[str, ...]


def verify_content(database: Database, folder: Path) -> Verified:
    """Compare the chain in the database with the files; reads everything, changes nothing."""
    problems: list[str] = []
    previous, last = records.NO_RECORD, 0
    expected: set[Path] = set()
    with database.read() as connection:
        head = change_store.read_head(connection)
        while rows := change_store.records(connection, after=last, limit=AT_ONCE):
            for row in rows:
                if row.number != last + 1:
                    problems.append(f"changes {last + 1} to {row.number - 1} are missing from the database")
                if row.previous != previous or records.digest(row.record) != row.sha256:
                    problems.append(f"change {row.number} in the database is not as it was published")
                previous, last = row.sha256, row.number
                path = records.path_of(folder, number=row.number, slug=row.slug, recorded_at=row.recorded_at)
                expected.add(path)
                problems += _problem_of(path, row.sha256, written=row.written_at is not None)
        if (head.number, head.sha256) != (last, previous):
            problems.append(f"the database counts {head.number} changes, but its log ends with {last}")
    extra = sorted(set((folder / "changes").rglob("*.md")) - expected) if (folder / "changes").is_dir() else []
    problems += [f"{path} is no record of this directory" for path in extra]
    return Verified(last, previous, tuple(problems))


def _problem_of(path: Path, sha256: str, *, written: bool) -> list[str]:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        # Published a moment ago: the worker has not come to it yet.
        return [f"{path} is missing; `signpost content rewrite` writes it again from the database"] if written else []
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path} cannot be read: {error}"]
    return [] if records.digest(text) == sha256 else [f"{path} was edited since it was published"]


def rewrite_missing(database: Database, folder: Path) -> int:
    """Write every record whose file is gone; returns how many. A file that is there is evidence, and is left alone."""
    count = last = 0
    with database.read() as connection:
        while rows := change_store.records(connection, after=last, limit=AT_ONCE):
            for row in rows:
                path = records.path_of(folder, number=row.number, slug=row.slug, recorded_at=row.recorded_at)
                if not path.exists():
                    records.write(path, row.record)
                    count += 1
                last = row.number
    return count
