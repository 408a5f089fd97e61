"""Journeys start whole programs: on PostgreSQL every run of the tests has the main job only, and CI's has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        elsewhere = item.path.parent != HERE or item.path.name == "test_main_job.py"
        if not elsewhere and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.again)
