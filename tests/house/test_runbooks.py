"""Alerts and panels ask for metrics that exist, each alert has its runbook, and runbooks name real commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from directory.__main__ import main
from directory.actions.inspecting import KINDS
from directory.metrics import exposition
from directory.settings import PREFIX, Settings
from tests.web.conftest import site_over

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "operations"
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RUNBOOKS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
# `up` is Prometheus's own.
METRIC = re.compile(r"\b(signpost_\w+|up)\b(?=[{\[)\s]|$)")
KIND = re.compile(r'signpost_findings\{kind=~?"([^"]+)"')
COMMAND = re.compile(r"`signpost ([a-z-]+)(?: ([a-z-]+))?")


def panels() -> Iterator[str]:
    board = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])


EXPRESSIONS = [*(rule["expr"] for rule in RULES), *panels()]


def test_every_metric_that_is_asked_for_exists(sqlite_url: str, tmp_path: Path) -> None:
    given = {
        family.name
        for family in text_string_to_metric_families(exposition(site_over(sqlite_url, tmp_path / "home")).decode())
    }
    asked = {name for expression in EXPRESSIONS for name in METRIC.findall(expression)} - {"up"}
    # A histogram is asked for by its buckets.
    asked = {name.removesuffix("_bucket") for name in asked}
    assert asked <= given
    # And nothing is measured that nobody looks at.
    assert given <= asked


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_something(expression: str) -> None:
    assert METRIC.search(expression)
    assert {each for kinds in KIND.findall(expression) for each in kinds.split("|")} <= KINDS.keys()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_its_runbook(rule: dict[str, Any]) -> None:
    assert (ROOT / rule["annotations"]["runbook"]).is_file()
    assert f"`{rule['alert']}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.name)
def test_a_runbook_says_what_it_must_and_names_what_there_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert f"]({path.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "**It is over** when" in text
    for name, further in COMMAND.findall(text):
        command = main.get_command(click.Context(main), name)
        assert command is not None, name
        if isinstance(command, click.Group):
            assert further in command.commands, f"{name} {further}"
    for setting in re.findall(rf"{PREFIX}([A-Z_]+)", text):
        assert setting.lower() in Settings.model_fields, setting
