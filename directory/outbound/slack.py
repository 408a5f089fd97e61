"""Slack: blocks for an incoming webhook. Words are escaped, so that they neither link nor call anybody."""

from __future__ import annotations

import json
from typing import Any

from directory.outbound.card import LONGEST_PROSE, LONGEST_TEXT, LONGEST_TITLE, Card, Part, cut

# Slack's own bounds: 50 blocks, 3,000 characters of a section.
MOST_BLOCKS = 50
LONGEST_SECTION = 3_000


def slack_body(card: Card) -> bytes:
    """A card as JSON."""
    title = cut(card.title, LONGEST_TITLE)
    sections = [section for part in card.parts for section in _part(part)]
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
        *sections[: MOST_BLOCKS - 3],
        _section(f"<{_address(card.link)}|{escape(card.link_text)}>"),
        {"type": "context", "elements": [{"type": "plain_text", "text": cut(card.because, LONGEST_TEXT)}]},
    ]
    # What a phone shows before the message is opened.
    body = {"text": escape(title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
    return json.dumps(body, ensure_ascii=False).encode()


def escape(text: str) -> str:
    """Words for mrkdwn: the three characters by which Slack knows links, mentions and commands."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _part(part: Part) -> list[dict[str, Any]]:
    lines = [f"*{escape(part.heading)}*"] if part.heading else []
    lines += [f"{escape(label)}: {escape(cut(text, LONGEST_TEXT))}" for label, text in part.rows]
    if part.text.strip():
        lines.append(escape(cut(part.text.strip(), LONGEST_PROSE)))
    found, section = [], ""
    for line in lines:
        # An escaped line is at most five times as long as it was, and may fill a section by itself.
        line = line[:LONGEST_SECTION]
        if section and len(section) + 1 + len(line) > LONGEST_SECTION:
            found.append(_section(section))
            section = ""
        section = f"{section}\n{line}" if section else line
    return [*found, _section(section)] if section else found


def _section(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links of its own out of the words.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _address(url: str) -> str:
    return escape(url).replace("|", "%7C")
