"""Microsoft Teams: an Adaptive Card 1.5, as the Workflows trigger "When a Teams webhook request is received" takes it.

Every text is a TextRun: Adaptive Cards read no Markdown in those, so a title can neither link nor pretend.
"""

from __future__ import annotations

import json
from typing import Any

from directory.outbound.card import LONGEST_PROSE, LONGEST_TEXT, LONGEST_TITLE, Card, Part, cut

# Teams takes 28 KB, its own envelope included.
LARGEST = 24 * 1024


def teams_body(card: Card) -> bytes:
    """A card as JSON; without its parts where it would be too large."""
    body = _encode(card)
    return body if len(body) <= LARGEST else _encode(card.short())


def _encode(card: Card) -> bytes:
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": _inert(cut(card.title, LONGEST_TITLE)),
        "body": [
            _text([_run(cut(card.title, LONGEST_TITLE), weight="Bolder", size="Large")]),
            *(block for part in card.parts for block in _part(part)),
            _text([_run(cut(card.because, LONGEST_TEXT), isSubtle=True, size="Small")], separator=True),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": card.link_text, "url": card.link}],
        "msteams": {"width": "Full"},
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return json.dumps({"type": "message", "attachments": [attachment]}, ensure_ascii=False).encode()


def _part(part: Part) -> list[dict[str, Any]]:
    found = []
    if part.heading:
        found.append(_text([_run(cut(part.heading, LONGEST_TEXT), weight="Bolder")], spacing="Medium", separator=True))
    found += [
        _text([_run(f"{label}: ", weight="Bolder"), _run(cut(text, LONGEST_TEXT))], spacing="Small")
        for label, text in part.rows
    ]
    # A run knows no line breaks.
    lines = [line for line in cut(part.text, LONGEST_PROSE).splitlines() if line.strip()]
    return found + [_text([_run(line)], spacing="Small") for line in lines]


def _text(runs: list[dict[str, Any]], **how: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": runs, **how}


def _run(text: str, **how: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": _inert(text), **how}


def _inert(text: str) -> str:
    # {{DATE(…)}} and templates: the only words that a card would read as anything else.
    return text.replace("{{", "{ {").replace("${", "$ {")
