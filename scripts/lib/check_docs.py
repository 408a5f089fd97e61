"""The documents are true where a program can tell: links lead somewhere, and every command and setting is named."""

import re
import sys
from pathlib import Path

from directory.__main__ import COMMANDS
from directory.settings import PREFIX, Settings

LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)[^)]*\)")


def problems() -> list[str]:
    found = []
    documents = [Path("README.md"), Path("CHANGELOG.md"), *sorted(Path("docs").rglob("*.md"))]
    for document in documents:
        for target in LINK.findall(document.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists():
                found.append(f"{document}: there is no {target}")
    operations = Path("docs/operations.md").read_text(encoding="utf-8")
    found += [
        f"docs/operations.md: no word of {PREFIX}{name.upper()}"
        for name in Settings.model_fields
        if PREFIX + name.upper() not in operations
    ]
    found += [
        f"docs/operations.md: no word of `signpost {name}`" for name in COMMANDS if f"signpost {name}" not in operations
    ]
    return found


if __name__ == "__main__":
    for problem in problems():
        print(problem, file=sys.stderr)
    sys.exit(bool(problems()))
