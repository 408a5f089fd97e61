"""The fields of an entry as a form without scripts, and back: structured fields as rows, each with its own inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from directory.domain.service import Facts, Owner
from directory.errors import Invalid, Problem
from directory.gate.forms import Form
from directory.shapes import set_from_plain, to_plain
from directory.web import words

LONGEST_LINE = 500
LONGEST_TEXT = 20_000
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Input:
    """One input: its name in the entry, its label, and the choices of a list."""

    name: str
    label: str
    kind: Literal["line", "text", "list"] = "line"
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""


def _list(name: str, label: str, choices: Mapping[str, str]) -> Input:
    return Input(name, label, "list", tuple(choices.items()))


# What a row of a structured field is called, and its inputs.
GROUPS: Mapping[str, tuple[str, tuple[Input, ...]]] = {
    "contacts": (
        "Contact",
        (
            _list("type", "Type", words.CONTACT_TYPES),
            Input("value", "Number or address"),
            Input("label", "What it is for", hint="Such as: Duty desk"),
            _list("audience", "Who may use it", {"professionals": "Staff only", "public": "Everyone"}),
        ),
    ),
    "referral_routes": (
        "Way to refer",
        (
            _list("method", "How", words.METHODS),
            Input("address", "Address or number", hint="An email address, a number, or a web address"),
            Input("who", "Who may refer"),
            _list("urgency", "How urgent", words.URGENCIES),
            Input("what_to_send", "What to send"),
            Input("hours", "Hours", hint="Such as Mo-Fr 09:00-17:00"),
            Input("notes", "Notes"),
        ),
    ),
    "areas": (
        "Area",
        (
            Input("name", "Area"),
            _list(
                "basis", "For people who", {"resident": "Live there", "registered": "Are registered with a GP there"}
            ),
            Input("code", "Code, if you know it"),
        ),
    ),
    "locations": (
        "Place",
        (
            Input("name", "Name"),
            Input("address", "Address"),
            Input("postcode", "Postcode"),
            Input("latitude", "Latitude, if you know it"),
            Input("longitude", "Longitude, if you know it"),
        ),
    ),
}
ELIGIBILITY = (
    Input("text", "Who it is for", "text"),
    Input("age_min", "Youngest age, in years"),
    Input("age_max", "Oldest age, in years"),
)
SINGLE: Mapping[str, Input] = {
    "name": Input("name", "Name"),
    "setting": _list("setting", "Setting", words.SETTINGS),
    "summary": Input("summary", "In short", hint="One sentence that stands in the results"),
    "description": Input("description", "About the service", "text", hint="Markdown"),
    "hours": Input("hours", "Hours", hint="Such as Mo-Fr 09:00-17:00, or in words"),
    "needs": Input("needs", "Needs that it meets", "text", hint="One on each line"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: text by the name of its input, and the rows of each structured field."""

    texts: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)

    def with_row(self, name: str) -> Typed:
        """The same with one more empty row."""
        return Typed(self.texts, {**self.rows, name: (*self.rows.get(name, ()), {})})


def typed_of_facts(facts: Facts, fields: Iterable[str]) -> Typed:
    """A form that says what an entry says."""
    plain = {"owner": {}, **to_plain(facts)}
    texts: dict[str, str] = {}
    rows: dict[str, tuple[Mapping[str, str], ...]] = {}
    for name in fields:
        if name in GROUPS:
            inputs = GROUPS[name][1]
            given = [{each.name: _text(getattr(item, each.name)) for each in inputs} for item in getattr(facts, name)]
            rows[name] = tuple(given) or ({},)
        elif name == "eligibility":
            texts |= {f"eligibility-{each.name}": _text(getattr(facts.eligibility, each.name)) for each in ELIGIBILITY}
        elif name == "owner":
            texts["owner"] = choice_of(facts.owner)
        elif name == "needs":
            texts["needs"] = "\n".join(facts.needs)
        else:
            texts[name] = _text(getattr(facts, name, plain.get(name, "")))
    return Typed(texts, rows)


def choice_of(owner: Owner) -> str:
    """An owner as the list of owners has it: organisation, and team where there is one."""
    return f"{owner.organisation}/{owner.team or ''}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def typed_of_form(form: Form, fields: Iterable[str]) -> Typed:
    """What was typed into the form of some fields; a row that was crossed out is not there any more."""
    texts: dict[str, str] = {}
    rows: dict[str, tuple[Mapping[str, str], ...]] = {}
    for name in fields:
        if name in GROUPS:
            rows[name] = tuple(_rows(form, name))
        elif name == "eligibility":
            texts |= {
                f"eligibility-{each.name}": _typed(form, f"eligibility-{each.name}", each) for each in ELIGIBILITY
            }
        elif name == "owner":
            texts |= {"owner": form.line("owner"), "owner-code": form.line("owner-code", limit=60)}
        else:
            texts[name] = _typed(form, name, SINGLE[name])
    return Typed(texts, rows)


def _rows(form: Form, name: str) -> Iterable[Mapping[str, str]]:
    for place in range(MOST_ROWS):
        prefix = f"{name}-{place}-"
        inputs = GROUPS[name][1]
        if f"{prefix}{inputs[0].name}" in form and f"{prefix}remove" not in form:
            yield {each.name: _typed(form, prefix + each.name, each) for each in inputs}


def _typed(form: Form, name: str, given: Input) -> str:
    return form.text(name, limit=LONGEST_TEXT) if given.kind == "text" else form.line(name, limit=LONGEST_LINE)


def read(typed: Typed, fields: Sequence[str]) -> dict[str, object]:
    """The fields as values of the domain; raises `Invalid`, each problem by the id of its input or row."""
    plain: dict[str, Any] = {}
    places: dict[str, list[int]] = {}
    for name in fields:
        if name in GROUPS:
            kept = [place for place, row in enumerate(typed.rows.get(name, ())) if not _is_blank(name, row)]
            places[name] = kept
            plain[name] = [{key: text for key, text in typed.rows[name][place].items() if text} for place in kept]
        else:
            plain[name] = _plain(name, typed.texts)
    try:
        return set_from_plain(Facts, plain)
    except Invalid as invalid:
        raise Invalid([Problem(_place(each.where, places), _reason(each)) for each in invalid.problems]) from None


def _is_blank(name: str, row: Mapping[str, str]) -> bool:
    return not any(row.get(each.name) for each in GROUPS[name][1] if each.kind != "list")


def _plain(name: str, texts: Mapping[str, str]) -> object:
    if name == "owner":
        organisation, _, team = texts.get("owner", "").partition("/")
        code = texts.get("owner-code", "")
        return {"organisation": code} if code else {"organisation": organisation, **({"team": team} if team else {})}
    if name == "eligibility":
        given = {each.name: texts.get(f"eligibility-{each.name}", "") for each in ELIGIBILITY}
        return {key: text for key, text in given.items() if text}
    if name == "needs":
        return list(dict.fromkeys(line.strip() for line in texts.get("needs", "").split("\n") if line.strip()))
    return texts.get(name, "")


def _place(where: str, places: Mapping[str, list[int]]) -> str:
    """The id of the input that a dotted path means: `set.contacts.1.value` is contacts-3-value where 1 is row 3."""
    name, *rest = where.removeprefix("set.").split(".")
    if name in places and rest and rest[0].isdigit():
        row = places[name][int(rest[0])]
        return "-".join([name, str(row), *(rest[1:] or [GROUPS[name][1][1].name])])
    return "-".join([name, *rest]) if rest else "eligibility-text" if name == "eligibility" else name


def _reason(problem: Problem) -> str:
    if "valid integer" in problem.reason or "valid number" in problem.reason:
        return "Give a number."
    return problem.reason[:1].upper() + problem.reason[1:]
