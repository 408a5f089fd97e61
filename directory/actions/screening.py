"""Refuse patient data, and names that deceive, in what people write, before it is stored; mark where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from directory.domain.change import Draft, Edit
from directory.domain.lettering import strange
from directory.domain.screen import marked, screen
from directory.domain.service import Facts
from directory.domain.succession import Noun
from directory.domain.timeline import Timeline
from directory.errors import Invalid, Problem
from directory.shapes import set_to_plain, to_plain

# Where telephone numbers stand: one in eleven of those written +44 would pass for an NHS number.
NUMBERS = frozenset({"value", "address", "code"})

_A = {"NHS number": "an NHS number", "date of birth": "a date of birth"}


def refuse_personal(where: str, text: str) -> None:
    """Raise `Invalid`, quoting every stretch that looks like an NHS number or a date of birth."""
    if problems := personal_problems(where, text):
        raise Invalid(problems)


def personal_problems(where: str, text: str) -> list[Problem]:
    """What looks like patient data, each as a sentence that says what to do, with the text in which it is marked."""
    pieces = marked(text)
    return [
        Problem(
            where,
            f"“{text[found.start : found.end]}” looks like {_A[found.kind]}. Take it out: no patient data here.",
            pieces,
        )
        for found in screen(text)
    ]


def personal_fields(fields: Iterable[tuple[str, str]], *, besides: Collection[str] = NUMBERS) -> list[Problem]:
    """The same of every field of a form, by its name; not of those whose last part (after "-") is in `besides`."""
    return [
        problem
        for name, text in fields
        if name.rpartition("-")[2] not in besides
        for problem in personal_problems(name, text)
    ]


def personal(draft: Draft) -> list[Problem]:
    """What looks like patient data in anything that people wrote, each by the field in which it stands."""
    texts = [(name, getattr(draft, name)) for name in ("title", "why", "what_to_do", "in_flight", "override")]
    for edit in draft.services:
        texts += [(name, text) for name, value in set_to_plain(Facts, edit.set).items() for text in _texts(value)]
    texts += [("part", text) for link in draft.succession if link.part for text in _texts(to_plain(link.part))]
    return [problem for where, text in texts for problem in personal_problems(where, text)]


def refuse_deceiving(draft: Draft, lives: Mapping[Noun, Mapping[str, Timeline]]) -> None:
    """Raise `Invalid` for names that look like another's, or hold what nobody sees, each by the field it stands in.

    A name that an entry has had already may come back: what was published once can always be set back.
    """
    edits: Mapping[Noun, Sequence[Edit]] = {
        "organisation": draft.organisations, "team": draft.teams, "service": draft.services,
    }  # fmt: skip
    problems = []
    for noun, edit in ((noun, edit) for noun, given in edits.items() for edit in given):
        for field, text in names_in(edit.set):
            said = strange(text)
            if said and not any(_is_called(facts, text) for facts in lives[noun][edit.id].facts):
                problems.append(Problem(field, f"it holds {said}"))
    if problems:
        raise Invalid(problems)


def _is_called(facts: Any, name: str) -> bool:
    return name == facts.name or name in getattr(facts, "former_names", ())


def names_in(given: Mapping[str, object]) -> list[tuple[str, str]]:
    """The names among some fields of an entry, each with its field."""
    return [(field, text) for field in ("name", "former_names") for text in _texts(_plain(given.get(field)))]


def deceiving_title(draft: Draft) -> list[Problem]:
    """The same of a title that somebody wrote; that of a withdrawal or a reversal says what another one said."""
    said = None if draft.supersedes or draft.reverses else strange(draft.title)
    return [Problem("title", f"it holds {said}")] if said else []


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = [inner for key, inner in value.items() if key not in NUMBERS]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []
