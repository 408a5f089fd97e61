"""A data folder with a directory in it, imported as an editor would: every service as it began, and as it is today."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import services
from bench.keeping import digest, kept
from bench.serving.sheet import write_sheet

# What the program makes of it is not among them: tables are migrated, and the index is made anew, when it is opened.
_WORLD = ("bench/world", "bench/words", "bench/corpus.py", "bench/serving/sheet.py")
SEED = 20261123


@dataclass(frozen=True, slots=True)
class Home:
    """The folder, and what can be asked of what is in it; all in one order that chance gave."""

    folder: Path
    slugs: tuple[str, ...]
    questions: tuple[str, ...]

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program of Signpost is to be started with; nobody is refused for asking too often."""
        return environment_of(self.folder)


def environment_of(folder: Path) -> dict[str, str]:
    """The environment of this process, with a data folder of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SIGNPOST_")}
    limits = {"SIGNPOST_API_LIMIT_WITHOUT_KEY": "1000000"}
    return {**plain, **limits, "SIGNPOST_HOME": str(folder), "SIGNPOST_CONTENT_DIR": str(folder / "content")}


def home(size: int, cache: Path) -> Home:
    """The data folder of a directory of a size: made once, and kept."""

    def make(folder: Path) -> None:
        for state in (0, -1):
            sheet = folder / "services.csv"
            write_sheet(sheet, size, state=state)
            signpost(folder, "import", str(sheet))
            sheet.unlink()
        # All that there is to do is done, so that what is measured afterwards is not its doing.
        signpost(folder, "work", "--once")
        (folder / "asked.json").write_text(json.dumps(_asked(size)), encoding="utf-8")

    folder = kept(cache / f"home-{size}-{digest(*_WORLD)}", make)
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    return Home(folder, tuple(asked["slugs"]), tuple(asked["questions"]))


def copied(original: Path, to: Path) -> Path:
    """A data folder that may be written to."""
    shutil.copytree(original, to)
    return to


def signpost(folder: Path, *arguments: str) -> str:
    """Run a command of Signpost on a data folder; what it printed."""
    command = [sys.executable, "-m", "directory", *arguments]
    done = subprocess.run(command, env=environment_of(folder), check=True, capture_output=True, text=True)
    return done.stdout


def _asked(size: int) -> dict[str, list[str]]:
    """Slugs, and questions with no two alike that every engine can answer: a name, or a need in a place."""
    chance = random.Random(SEED)
    slugs, questions = [], dict[str, None]()
    for service in services(size):
        slugs.append(service.slug)
        if service.live:
            need = chance.choice(service.facts.needs or (service.facts.name,))
            questions[service.facts.name if chance.random() < 0.5 else f"{need} {service.places[0]}"] = None
    chance.shuffle(slugs)
    found = list(questions)
    chance.shuffle(found)
    return {"slugs": slugs, "questions": found}
