"""The phrases of one set of questions, read from its own file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Ways to ask, with gaps; abbreviations with the kinds of service they stand for; other words for conditions."""

    place: tuple[str, ...]
    question: tuple[str, ...]
    former: tuple[str, ...]
    exact: tuple[str, ...]
    owner: tuple[str, ...]
    team: tuple[str, ...]
    number: tuple[str, ...]
    code: tuple[str, ...]
    mail: tuple[str, ...]
    short: tuple[str, ...]
    nothing: tuple[str, ...]
    abbreviation: Mapping[str, tuple[str, ...]]
    free: Mapping[str, tuple[str, ...]]
    synonym: Mapping[str, str]


def read_phrases(name: str) -> Phrases:
    """The phrases of `held_out` or `tuning`."""
    given = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
    lists = {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
    return Phrases(
        **lists,
        abbreviation={key: tuple(kinds) for key, kinds in given["abbreviation"].items()},
        free={key: tuple(asked) for key, asked in given["free"].items()},
        synonym=dict(given["synonym"]),
    )
