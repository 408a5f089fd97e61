"""The units for systemd start what there is, give it its time to end, and let it do little."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from directory.__main__ import main
from directory.commands.running import ENDING_SECONDS

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted((ROOT / "deploy").glob("*.service"))
# Of 10, as systemd rates what a service may do beyond its task.
MOST_EXPOSED = 2.0
ONE_NAMED = re.compile(r"/opt/signpost/\.venv/bin/signpost (\w+)")


def said(unit: Path) -> list[str]:
    return [line for line in unit.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_there_is_as_nobody_special(unit: Path) -> None:
    lines = said(unit)
    (command,) = ONE_NAMED.findall("\n".join(lines))
    assert main.get_command(click.Context(main), command) is not None
    assert {"User=signpost", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"} <= set(lines)
    assert f"{unit.name.partition('.')[0]}" in (ROOT / "docs/operations/install.md").read_text(encoding="utf-8")


def test_the_message_at_hand_has_its_time() -> None:
    (seconds,) = [line.partition("=")[2] for line in said(ROOT / "deploy/signpost.service") if "TimeoutStop" in line]
    assert int(seconds) > ENDING_SECONDS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here: apt-get install systemd")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_finds_it_little_exposed(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    (rate,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", found.stdout + found.stderr)
    assert float(rate) <= MOST_EXPOSED
