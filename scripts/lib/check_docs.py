"""The documents are true where a program can tell: links lead somewhere, and every command and setting is named."""

import re
import sys
from pathlib import Path

from directory.__main__ import COMMANDS
from directory.settings import PREFIX, Settings

LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)[^)]*\)")


def problems() -> list[str]:
    documents = [Path("README.md"), Path("CHANGELOG.md"), *sorted(Path("docs").rglob("*.md"))]
    dead = [
        f"{document}: there is no {target}"
        for document in documents
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if "://" not in target
        and not target.startswith(("mailto:", "service:"))
        and not (document.parent / target).exists()
    ]
    operations = Path("docs/operations.md").read_text(encoding="utf-8")
    wanted = [PREFIX + name.upper() for name in Settings.model_fields] + [f"signpost {name}" for name in COMMANDS]
    return dead + [f"docs/operations.md: no word of {name}" for name in wanted if name not in operations]


if __name__ == "__main__":
    for problem in problems():
        print(problem, file=sys.stderr)
    sys.exit(bool(problems()))
