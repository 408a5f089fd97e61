"""Hostile documents by the hundred thousand, in processes of their own; where it was ended, it goes on.

`scripts/fuzz-documents [COUNT] [FOLDER] [PROCESSES]`: each process keeps in FOLDER how far it came and what it found.
A document that hangs, or kills its process, is the one after the last that was noted.
"""

from __future__ import annotations

import json
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.content.documents import faults, hostile

NOTED_EVERY = 500


def work(place: int, processes: int, count: int, folder: Path) -> None:
    """Every document whose number leaves `place` when divided by `processes`, from where this one was ended."""
    path = folder / f"{place}-of-{processes}.json"
    state: dict[str, Any] = {"next": place, "done": 0, "found": [], "seconds": 0.0}
    if path.exists():
        state = json.loads(path.read_text())
    began = time.monotonic()
    while state["next"] < count:
        seed = state["next"]
        try:
            found = faults(hostile(seed))
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        state["found"] += [f"document {seed}: {each}" for each in found]
        state["next"], state["done"] = seed + processes, state["done"] + 1
        if found or state["done"] % NOTED_EVERY == 0 or state["next"] >= count:
            state["seconds"] += time.monotonic() - began
            began = time.monotonic()
            aside = path.with_suffix(".new")
            aside.write_text(json.dumps(state))
            aside.replace(path)


def main(count: int = 1_000_000, folder: str = "build/fuzz-documents", processes: int = 2) -> int:
    """Work through `count` documents; 0 where none was shown badly."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    running = [context.Process(target=work, args=(each, processes, count, place)) for each in range(processes)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    states = [json.loads(path.read_text()) for path in sorted(place.glob(f"*-of-{processes}.json"))]
    found = [each for state in states for each in state["found"]]
    done, seconds = sum(state["done"] for state in states), max(state["seconds"] for state in states)
    print("\n".join(found))
    print(f"{done:,} documents, {done / max(seconds, 0.001):.0f} a second, {len(found)} shown badly")
    whole = done == count and not any(process.exitcode for process in running)
    return 0 if whole and not found else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(*(int(each) if each.isdecimal() else each for each in given)))  # type: ignore[arg-type]
