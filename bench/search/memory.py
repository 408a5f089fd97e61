"""The memory of one engine, in a process that holds nothing else: run as a module by `of`."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

from bench.keeping import ROOT
from bench.measure import Memory, memory_now

NOTHING = "python alone"


def of(name: str, folder: Path, work: Path, districts: int = 0) -> Memory:
    """The memory of an engine after it has answered every question (or plan) in the file `work`."""
    call = [sys.executable, "-m", "bench.search.memory", name, str(folder), str(work), str(districts)]
    done = subprocess.run(call, check=True, capture_output=True, text=True, cwd=ROOT)
    return Memory(**json.loads(done.stdout))


def _work(name: str, folder: Path, work: Path, districts: int) -> None:
    """Answer everything with one engine; only what it needs is imported."""
    if name == NOTHING:
        return
    asked = pickle.loads(work.read_bytes())  # noqa: S301
    if name == "signpost":
        from bench.search.signpost import Signpost

        signpost = Signpost(folder, districts)
        for each in asked:
            signpost.find(each)
        _keep.append(signpost)
        return
    from bench.search.peers import peer

    contender = peer(name)(folder)
    contender.open()
    for each in asked:
        contender.search(each)
    _keep.append(contender)


_keep: list[object] = []


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    measured = memory_now()
    print(json.dumps({"resident": measured.resident, "private": measured.private}))
