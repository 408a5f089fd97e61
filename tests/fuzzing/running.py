"""Hostile documents, files and requests by the hundred thousand, in processes of their own; ended, it goes on.

`scripts/fuzz KIND [COUNT] [FOLDER] [PROCESSES]`: each process keeps in FOLDER how far it came and what it found. What
hangs, or kills its process, is the one after the last that was noted.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from directory.store.database import Database
from directory.store.migrate import migrate
from tests import build
from tests.content import documents
from tests.fuzzing import files, requests, taken

NOTED_EVERY = 500
# How many files are only read for each that is planned as an import, which takes a hundred times as long.
PLANNED_EVERY = 25
KINDS = ("markdown", *files.MAKERS, "requests")
Examine = Callable[[int], list[str]]


def examiner(kind: str, stack: ExitStack) -> Examine:
    """What finds the faults of the thing of a number; what it needs is let go of with the stack."""
    if kind == "markdown":
        return lambda seed: documents.faults(documents.hostile(seed))
    home = Path(stack.enter_context(TemporaryDirectory()))
    # What is refused is in the log, by the thousand.
    logging.disable()
    if kind == "requests":
        asked = requests.Asked(home)
        stack.callback(asked.close)
        return asked.faults
    url = f"sqlite:///{home / 'signpost.db'}"
    database = Database(url)
    stack.callback(database.close)
    migrate(database)
    build.directory(database)
    return lambda seed: taken.faults(kind, files.file_of(kind, seed), database if seed % PLANNED_EVERY == 0 else None)


def work(kind: str, place: int, processes: int, count: int, folder: Path) -> None:
    """Everything whose number leaves `place` when divided by `processes`, from where this one was ended."""
    path = folder / f"{kind}-{place}-of-{processes}.json"
    state: dict[str, Any] = {"next": place, "done": 0, "found": [], "seconds": 0.0}
    if path.exists():
        state = json.loads(path.read_text())
    began = time.monotonic()
    with ExitStack() as stack:
        examine = examiner(kind, stack)
        while state["next"] < count:
            seed = state["next"]
            try:
                found = examine(seed)
            except Exception as error:
                found = [f"{type(error).__name__}: {error}"]
            state["found"] += [f"{kind} {seed}: {each}" for each in found]
            state["next"], state["done"] = seed + processes, state["done"] + 1
            if found or state["done"] % NOTED_EVERY == 0 or state["next"] >= count:
                state["seconds"] += time.monotonic() - began
                began = time.monotonic()
                aside = path.with_suffix(".new")
                aside.write_text(json.dumps(state))
                aside.replace(path)


def main(kind: str, count: int = 1_000_000, folder: str = "build/fuzz", processes: int = 2) -> int:
    """Work through `count` of a kind; 0 where nothing was found wrong with any."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    running = [context.Process(target=work, args=(kind, each, processes, count, place)) for each in range(processes)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    states = [json.loads(path.read_text()) for path in sorted(place.glob(f"{kind}-*-of-{processes}.json"))]
    found = [each for state in states for each in state["found"]]
    done, seconds = sum(state["done"] for state in states), max(state["seconds"] for state in states)
    print("\n".join(found))
    print(f"{kind}: {done:,} done, {done / max(seconds, 0.001):.0f} a second, {len(found)} with a fault")
    whole = done == count and not any(process.exitcode for process in running)
    return 0 if whole and not found else 1


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in KINDS:
        sys.exit(f"Say what: {', '.join(KINDS)}.")
    given = sys.argv[2:]
    sys.exit(main(sys.argv[1], *(int(each) if each.isdecimal() else each for each in given)))  # type: ignore[arg-type]
