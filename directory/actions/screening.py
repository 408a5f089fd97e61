"""Refuse patient data in what people write, before it is stored."""

from __future__ import annotations

from directory.domain.screen import screen
from directory.errors import Invalid, Problem


def refuse_personal(where: str, text: str) -> None:
    """Raise `Invalid`, quoting every stretch that looks like an NHS number or a date of birth."""
    if problems := personal_problems(where, text):
        raise Invalid(problems)


def personal_problems(where: str, text: str) -> list[Problem]:
    """What looks like patient data, each as a sentence that says what to do."""
    return [
        Problem(
            where,
            f"“{text[found.start : found.end]}” looks like {_A[found.kind]}. Take it out: no patient data here.",
        )
        for found in screen(text)
    ]


_A = {"NHS number": "an NHS number", "date of birth": "a date of birth"}
