"""Processes of `signpost` that start at once: each is forked from one that has imported the application already.

A fresh interpreter spends a second importing before it does a hundredth of a second's work. What is forked is a process
like any other: its own memory, its own environment, killed and waited for by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

_context = get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.started",
        "directory.app",
        *(f"directory.commands.{name}" for name in ("importing", "keeping", "people", "publishing", "running")),
    ]
)


def start(arguments: tuple[str, ...], environment: dict[str, str], *, out: Path, err: Path) -> ForkServerProcess:
    """Start `signpost …`; what it prints is added to the two files."""
    process = _context.Process(target=_signpost, args=(arguments, environment, str(out), str(err)))
    process.start()
    return process


def run(arguments: tuple[str, ...], environment: dict[str, str], *, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run `signpost …` to its end; raises subprocess.TimeoutExpired after `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = start(arguments, environment, out=out, err=err)
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(arguments, seconds)
        return subprocess.CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _signpost(arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with Path(path).open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = ["signpost", *arguments]
    from directory.__main__ import run as signpost

    signpost()
