"""Facts as YAML, byte for byte as libyaml writes them, at a third of its cost.

An import writes a record for each of its rows, and two thirds of that went into the nodes and events of a YAML
document. What is written here are the shapes that records have; any other entry is left to libyaml itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

import yaml

WIDTH: Final = 120
# A level of mappings is indented by so much.
_STEP: Final = 2
_HOLDERS = (dict, list, tuple)
_KEY = re.compile(r"[a-z][a-z0-9_]*")
# What is certainly printable to libyaml.
_PRINTABLE = re.compile("[\n -~\u00a1-\u024f\u2010-\u2027\u2030-\u205e]+")
_QUOTED_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_UNSURE_FIRST = frozenset("-?:. \n")
_PARAGRAPH = re.compile(r"(\n+)")
_QUOTED_IN_BLOCK = re.compile(r":(?: |$)| #")
_QUOTED_IN_FLOW = re.compile(r"[,?\[\]{}:]| #")


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Safe YAML without aliases: a record is read by people."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


class _Unsure(Exception):
    """A value whose bytes are libyaml's to say."""


def write_yaml(facts: Mapping[str, Any]) -> str:
    """A mapping as YAML; the same input gives the same bytes, today and in ten years: they are hashed."""
    if _is_flat(facts.values()) or not all(map(_is_plain_key, facts)):
        return by_libyaml(facts)
    return _entries(facts, 0)


def by_libyaml(facts: Mapping[str, Any]) -> str:
    """The same by libyaml alone, whatever the facts are."""
    text: str = yaml.dump(
        dict(facts), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None
    )
    return text


def _entries(facts: Mapping[str, Any], indent: int) -> str:
    return "".join([_entry(key, value, indent) for key, value in facts.items()])


def _entry(key: str, value: Any, indent: int) -> str:
    """One line of a mapping, or several, with the end of the last."""
    if not _is_plain_key(key):
        raise _Unsure
    head = f"{' ' * indent}{key}:"
    try:
        return head + _value(value, len(head), indent)
    except _Unsure:
        return _entry_by_libyaml(key, value, indent)


def _entry_by_libyaml(key: str, value: Any, indent: int) -> str:
    # The list beside it keeps it from being written in one line with braces; it is cut off again.
    around: dict[str, Any] = {key: value, "z": []}
    depth = indent // _STEP
    for _ in range(depth):
        around = {"a": around}
    lines = by_libyaml(around).splitlines(keepends=True)
    return "".join(lines[depth:-1])


def _value(value: Any, column: int, indent: int) -> str:
    """What follows a key and its colon, which end at a column."""
    if isinstance(value, dict):
        if not _is_flat(value.values()):
            return "\n" + _entries(value, indent + _STEP)
        return f" {_flow_mapping(value, column + 1, indent + _STEP)}\n"
    if isinstance(value, (list, tuple)):
        if not _is_flat(value):
            return "\n" + "".join([_item(each, indent) for each in value])
        return f" {_flow_sequence(value, column + 1, indent + _STEP)}\n"
    text, _ = _scalar(value, column + 1, indent + _STEP, _QUOTED_IN_BLOCK)
    return f" {text}\n"


def _item(item: Any, indent: int) -> str:
    """An item of a list that is not written in one line; its dash stands below the key of the list."""
    if not isinstance(item, dict):
        raise _Unsure
    if _is_flat(item.values()):
        return f"{' ' * indent}- {_flow_mapping(item, indent + _STEP, indent + _STEP)}\n"
    return f"{' ' * indent}- {_entries(item, indent + _STEP)[indent + _STEP :]}"


def _flow_mapping(facts: Mapping[str, Any], column: int, indent: int) -> str:
    parts, column = ["{"], column + 1
    for place, (key, value) in enumerate(facts.items()):
        if not _is_plain_key(key):
            raise _Unsure
        column = _part(parts, place, column, indent)
        text, column = _scalar(value, column + len(key) + 2, indent + _STEP, _QUOTED_IN_FLOW)
        parts.append(f"{key}: {text}")
    parts.append("}")
    return "".join(parts)


def _flow_sequence(items: Sequence[Any], column: int, indent: int) -> str:
    parts, column = ["["], column + 1
    for place, item in enumerate(items):
        column = _part(parts, place, column, indent)
        text, column = _scalar(item, column, indent + _STEP, _QUOTED_IN_FLOW)
        parts.append(text)
    parts.append("]")
    return "".join(parts)


def _part(parts: list[str], place: int, column: int, indent: int) -> int:
    """What stands before a part of a list or mapping in one line; the column at which the part begins."""
    if place:
        column += 1
    if column > WIDTH:
        parts.append(f"{',' if place else ''}\n{' ' * indent}")
        return indent
    if place:
        parts.append(", ")
        return column + 1
    return column


def _scalar(value: Any, column: int, indent: int, quoted: re.Pattern[str]) -> tuple[str, int]:
    """A value that begins at a column, and the column after it; lines that follow are indented."""
    text = _text(value, quoted)
    end = column + len(text)
    if end <= WIDTH and "\n" not in text:
        return text, end
    written, *others = _PARAGRAPH.split(text)
    written, column = _folded(written, column, indent)
    for breaks, paragraph in zip(others[::2], others[1::2], strict=True):
        below, column = _folded(paragraph, indent, indent)
        # One end of a line more than there are: YAML reads a single one as a space.
        written += f"{breaks}\n{' ' * indent}{below}"
    return written, column


def _text(value: Any, quoted: re.Pattern[str]) -> str:
    kind = type(value)
    if kind is str:
        return _string(value, quoted)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is date:
        return str(value)
    if kind is float and "." in (text := repr(value)) and "e" not in text:
        return text
    raise _Unsure


@lru_cache(maxsize=4096)
def _string(text: str, quoted: re.Pattern[str]) -> str:
    if not text:
        return "''"
    if text[0] in _UNSURE_FIRST or text[-1] in " \n" or not _PRINTABLE.fullmatch(text):
        raise _Unsure
    if "\n" in text and (" \n" in text or "\n " in text):
        raise _Unsure
    if text[0] in _QUOTED_FIRST or "\n" in text or quoted.search(text) or not _is_said_as_text(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _folded(text: str, column: int, indent: int) -> tuple[str, int]:
    """A long text in lines: each is broken at the first single space beyond the width."""
    lines, start = [], 0
    while (space := text.find(" ", start + max(WIDTH + 1 - column, 0))) >= 0:
        while space >= 0 and " " in (text[space - 1], text[space + 1]):
            space = text.find(" ", space + 1)
        if space < 0:
            break
        lines.append(text[start:space])
        start, column = space + 1, indent
    lines.append(text[start:])
    return f"\n{' ' * indent}".join(lines), column + len(lines[-1])


def _is_flat(values: Any) -> bool:
    """Whether libyaml writes them in one line: none of them holds others."""
    for value in values:  # noqa: SIM110 - a third of all the time goes through here
        if isinstance(value, _HOLDERS):
            return False
    return True


@lru_cache(maxsize=512)
def _is_plain_key(key: object) -> bool:
    return isinstance(key, str) and bool(_KEY.fullmatch(key)) and len(key) < WIDTH // 2 and _is_said_as_text(key)


def _is_said_as_text(text: str) -> bool:
    """Whether YAML reads it as text without quotation marks, and not as a number, a day or a truth."""
    readings = _Dumper.yaml_implicit_resolvers.get(text[0], ())
    return not any(pattern.match(text) for _tag, pattern in readings)
