"""Directories to be written out and taken in again: the starter content, and services that say all that they can."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from directory.actions.import_content import import_folder
from directory.content.folder import read_folder
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.service import Facts
from directory.domain.succession import Part, Succession
from directory.store.database import Database
from directory.store.standing import standing
from tests import build
from tests.conftest import STARTER
from tests.hsds.full import Chance

# 2,000 with SIGNPOST_HSDS_SERVICES=2000.
SERVICES = int(os.environ.get("SIGNPOST_HSDS_SERVICES", "40"))


@contextmanager
def empty(template: Path, folder: Path) -> Iterator[Database]:
    """A directory without anything in it."""
    folder.mkdir()
    shutil.copy(template, folder / "signpost.db")
    database = Database(f"sqlite:///{folder / 'signpost.db'}")
    try:
        yield database
    finally:
        database.close()


def services(database: Database) -> dict[str, Facts]:
    """What each service says today, by slug."""
    with database.read() as connection:
        return {row.slug: row.facts for rows in standing(connection, "service", on=build.TODAY) for row in rows}


def furnish_starter(database: Database) -> None:
    """The starter content."""
    import_folder(database, read_folder(STARTER), by=OPERATOR, at=build.NOON, zone=build.LONDON)


def furnish_full(database: Database) -> None:
    """Services with all fields, changed, split and closed."""
    build.directory(database)
    chance = Chance(random.Random(7))
    edits = [build.opening(f"service-{number}", **chance.facts(number)) for number in range(SERVICES)]
    build.change(database, build.draft(*edits, kinds=("opened",), effective_from=build.OPENED))
    again = [Edit(f"service-{number}", chance.facts(number)) for number in range(5, SERVICES // 2)]
    build.change(database, build.draft(*again, effective_from=date(2025, 2, 3)))
    links = (
        Succession(
            "service-0", "service-1", "split", build.TODAY, Part("Feet", ("foot care",), ("Eastmarsh",), 18, 65)
        ),
        Succession("service-0", "service-2", "split", build.TODAY, Part(age_min=66)),
        Succession("service-3", None, "closed", build.TODAY),
    )
    build.change(database, build.draft(title="Split", succession=links))
