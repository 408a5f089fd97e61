"""Organisations, teams, services and words as the files of a folder that `content/folder.py` reads back the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import yaml

from directory.content.markdown import dump
from directory.domain.area import Area
from directory.domain.organisation import OrganisationMembership
from directory.shapes import to_plain


class Standing(Protocol):
    """A version in force: what it says, and since when."""

    @property
    def effective_from(self) -> date:
        """The day from which it holds."""

    @property
    def facts(self) -> Any:
        """What it says, as the shape of its noun."""


def organisation_text(version: Standing) -> str:
    """An organisation's file."""
    return _text(version, {})


def team_text(version: Standing, organisation: str) -> str:
    """A team's file; `organisation` is its organisation's slug, by which every directory knows it."""
    return _text(version, {"organisation": organisation})


def service_text(version: Standing, organisation: str) -> str:
    """A service's file; `organisation` is the slug of the organisation that its version names."""
    owner = {"organisation": organisation}
    if version.facts.owner.team:
        owner["team"] = version.facts.owner.team
    return _text(version, {"owner": owner})


def vocabulary_text(lines: Sequence[tuple[str, tuple[str, ...], str]]) -> str:
    """The words that staff use for one another, each line a term, what it means and of which kind it is."""
    plain = [{"term": term, "means": list(means), "kind": kind} for term, means, kind in lines]
    return _list_text(plain)


def areas_text(areas: Sequence[Area]) -> str:
    """The register of areas."""
    return _list_text([to_plain(area) for area in areas])


def memberships_text(memberships: Sequence[OrganisationMembership]) -> str:
    """Who belongs to whom, and when, by slugs."""
    return _list_text([to_plain(membership) for membership in memberships])


def _list_text(plain: list[dict[str, Any]]) -> str:
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _text(version: Standing, named: dict[str, Any]) -> str:
    facts: dict[str, Any] = {**to_plain(version.facts), **named}
    description = facts.pop("description", "")
    facts["effective_from"] = version.effective_from
    return dump(facts, description)
