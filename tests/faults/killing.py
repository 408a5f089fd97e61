"""`kill -9` of a command that an operator runs by hand."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests import started
from tests.running import Signpost


class Killer:
    """Kills a command at a moment drawn by lot from the time that it takes on this machine."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "out"
        self.chance = random.Random(20261124)

    def takes(self, signpost: Signpost, *command: str) -> float:
        """How many seconds the whole of it takes."""
        # What starts the first process of all is not to count.
        signpost.run("version")
        began = time.monotonic()
        signpost.run(*command)
        return time.monotonic() - began

    def kill(self, signpost: Signpost, *command: str, within: float) -> bool:
        """Whether it was still at work when it was killed."""
        process = started.start(command, signpost.environment, out=self.out, err=self.out)
        process.join(self.chance.uniform(0, within))
        at_work = process.is_alive()
        process.kill()
        process.join()
        return at_work
