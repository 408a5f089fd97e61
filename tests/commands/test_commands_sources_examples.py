"""The commands of docs/interfaces/another-directory.md do as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.commands.conftest import Signpost
from tests.feeds.serving import Feed, service

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "another-directory.md"


def test_each_command_runs_as_it_stands(signpost: Signpost, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = re.findall(r"^signpost (source .+)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 5
    monkeypatch.setenv("SIGNPOST_OUTGOING_PRIVATE", "yes")
    signpost("user", "add", "kim@northmoor.example")
    with Feed() as feed:
        feed.services = [service("1")]
        for command in commands:
            said = signpost(*shlex.split(command.replace("https://directory.eastmarsh.example/o", feed.url))).stdout
            if "poll" in command:
                assert "Read 1 service: 1 new" in said
    assert "northmoor-fhir" not in signpost("source", "list").stdout
