"""The task list of a change that is being written: each task in words, its address and its status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.change import Kind
from directory.domain.writing import ENDINGS, Task, Writing
from directory.web import words
from directory.web.views.names import names_of

Status = Literal["Done", "To do", "Cannot start yet"]

CHOICES: Mapping[Kind, str] = {
    "owner": "Another team handles it",
    "referral-route": "How to refer",
    "contact": "Phone numbers and other contact details",
    "hours": "Hours",
    "location": "Where it is",
    "eligibility": "Who it is for: criteria, needs, areas",
    "capacity": "How much it can take on",
    "renamed": "Its name",
    "paused": "It takes no referrals for now",
    "resumed": "It takes referrals again",
    "correction": "What its entry says otherwise",
    "replaced": "It is replaced by another service",
    "moved": "It moves to another service",
    "merged": "It merges with others",
    "split": "It is split by age, area or need",
    "closed": "It closes, with nothing in its place",
}
_STEPS = {
    "what": "What changes",
    "after": "What takes its place",
    "date": "From which day",
    "words": "Why, and what to do",
    "told": "Who will be told",
    "message": "The message, and the entry afterwards",
}
_AFTER = {"merged": "What it merges with, and into what", "split": "Which part goes where"}


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task as the list shows it; `href` is empty where it cannot start yet."""

    name: str
    href: str
    status: Status


@dataclass(frozen=True, slots=True)
class WritingView:
    """A draft at a glance; `names` are those of its services by id."""

    id: str
    title: str
    names: Mapping[str, str]
    tasks: tuple[TaskLine, ...]
    left: int
    effective_from: date
    supersedes: int | None
    withdraws: bool
    report: str
    offer: str
    updated_at: datetime | None
    sent: bool

    @property
    def path(self) -> str:
        """The address of its task list."""
        return f"/publish/{self.id}"


def writing_view(connection: Connection, writing: Writing, *, today: date, zone: ZoneInfo) -> WritingView:
    """A draft with its tasks."""
    ids = [edit.id for edit in writing.draft.services]
    known = names_of(connection, "service", ids, on=today)
    names = {
        edit.id: str(edit.set.get("name") or known[edit.id].name) if edit.expected_version == 0 else known[edit.id].name
        for edit in writing.draft.services
    }
    lines = tuple(_line(writing, task, names) for task in writing.tasks())
    return WritingView(
        id=writing.id,
        title=writing.draft.title,
        names=names,
        tasks=lines,
        left=sum(line.status != "Done" for line in lines),
        effective_from=writing.draft.effective_from,
        supersedes=writing.draft.supersedes,
        withdraws=writing.withdraws,
        report=writing.report,
        offer=writing.offer,
        updated_at=writing.updated_at.astimezone(zone) if writing.updated_at else None,
        sent=writing.sent is not None,
    )


def _line(writing: Writing, task: Task, names: Mapping[str, str]) -> TaskLine:
    status: Status = "Done" if writing.is_done(task) else "To do" if writing.can_start(task) else "Cannot start yet"
    return TaskLine(name_of(writing, task, names), path_of(writing, task) if writing.can_start(task) else "", status)


def name_of(writing: Writing, task: Task, names: Mapping[str, str]) -> str:
    """A task in words."""
    if task.step == "details":
        several = len(writing.draft.services) > 1
        return f"Details of {names.get(task.service, task.service)}" if several else "The details"
    if task.step == "after" and writing.ending in _AFTER:
        return _AFTER[writing.ending]
    return _STEPS[task.step]


def path_of(writing: Writing, task: Task | None) -> str:
    """Where a task is done; without one, where all is checked and published."""
    if task is None:
        return f"/publish/{writing.id}/check"
    query = f"?{urlencode({'service': task.service})}" if task.service else ""
    return f"/publish/{writing.id}/{task.step}{query}"


def title_for(writing: Writing, name: str, team: str = "") -> str:
    """A title to begin with, from the kinds that were chosen and the `team` that is to handle it."""
    ending = writing.ending
    if team and "owner" in writing.asked and not ending:
        return f"{name} moves to {team}"
    if ending:
        return f"{name}: {CHOICES[ending][:1].lower()}{CHOICES[ending][1:]}"
    if writing.asked == ("opened",):
        return f"{name} opens"
    chosen = [words.KINDS[kind].lower() for kind in writing.asked if kind not in ENDINGS]
    return f"{name}: {words.listed(chosen)}" if chosen else f"A change to {name}"
