"""Entries and pages as files: how the directory stands, for people who read folders. The records say how it came to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from directory.content.markdown import dump
from directory.content.records import write
from directory.domain.service import Entry
from directory.shapes import to_plain


def entry_text(entry: Entry) -> str:
    """An entry as a Markdown file that can be imported again: its owner is the one that its version names."""
    facts: dict[str, Any] = {"slug": entry.slug, **to_plain(entry.facts)}
    description = facts.pop("description", "")
    facts["effective_from"] = entry.version.effective_from
    facts["version"] = entry.version.number
    facts["change"] = entry.version.change_number
    return dump(facts, description)


def write_entry(folder: Path, entry: Entry) -> None:
    """Put an entry's file in place."""
    write(folder / "services" / f"{entry.slug}.md", entry_text(entry))


def write_page(folder: Path, slug: str, text: str) -> None:
    """Put a page's file in place, where it differs."""
    path = folder / "pages" / f"{slug}.md"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write(path, text)
