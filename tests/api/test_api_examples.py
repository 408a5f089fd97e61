"""The examples of docs/interfaces/api.md, run by curl against a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from tests.api.conftest import PUBLISH_KEY, FakeSite, app_of

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "api.md").read_text(encoding="utf-8")
COMMANDS = [
    each for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL) for each in re.split(r"\n(?=curl)", block)
]


@pytest.fixture
def address(light_site: FakeSite) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app_of(light_site), port=0, log_config=None, lifespan="off"))
    sockets = [server.config.bind_socket()]
    thread = threading.Thread(target=server.run, args=(sockets,))
    thread.start()
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_of_the_document_does_what_it_says(address: str) -> None:
    assert len(COMMANDS) >= 7
    for command in COMMANDS:
        said = command.replace("https://signpost.example", address).replace("KEY'", f"{PUBLISH_KEY}'")
        done = subprocess.run(
            ["bash", "-c", f"curl --silent --fail-with-body {said.removeprefix('curl ')}"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert isinstance(json.loads(done.stdout), dict)
