"""What a server loads to start: what one request in a thousand needs comes with that request."""

from __future__ import annotations

import subprocess
import sys

# Each takes a twentieth of a start, or more, and megabytes for as long as the server runs.
LATE = ("alembic", "bs4", "icalendar", "mako", "markdownify", "openpyxl", "pygments", "webauthn", "authlib")


def test_a_server_starts_without_what_few_requests_need() -> None:
    program = "import sys, directory.app, directory.commands.running; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "starlette" in loaded
    assert [name for name in LATE if name in loaded] == []
