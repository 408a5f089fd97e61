"""Markdown to HTML that is safe to show, and front matter to plain data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from time import thread_time
from typing import Any

import nh3
import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from directory.content.front_matter import write_yaml
from directory.errors import Invalid, Problem

LONGEST = 50_000
# Of one processor, on one text; the longest that people write takes a seventh of it. A busy machine may add to it.
LONGEST_SECONDS = 0.4
# Lists and quotes within one another: the parser drops what lies deeper, so it is shown as written from here on.
DEEPEST = 40
TAGS = {
    "p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SERVICE_LINK = re.compile(r"\]\(service:([a-z0-9-]+)\)")
_FRONT = re.compile(r"-{3,}[ \t]*\n(.*?)^-{3,}[ \t]*$", re.MULTILINE | re.DOTALL)
_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file: the facts of its front matter and the text below."""

    facts: dict[str, Any]
    body: str


def parse(text: str, *, where: str = "") -> Document:
    """Split front matter from body, each with `\\n` at its line ends; raises `Invalid` where the YAML is no mapping."""
    text = _LINE_END.sub("\n", text.removeprefix("\ufeff")).strip()
    found = _FRONT.match(text)
    if found is None:
        return Document({}, text)
    try:
        # The first line of the file is the mark, which stays, so that lines are counted as an editor does.
        facts = yaml.load("\n" + found[1], Loader=_Loader)  # noqa: S506 - a safe loader, below
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = f" (line {line + 1})" if line is not None else ""
        raise Invalid([Problem(where, f"the front matter is not readable YAML{place}: {_first_line(error)}")]) from None
    if not isinstance(facts, dict | None):
        raise Invalid([Problem(where, "the front matter must be a mapping of names to values")])
    return Document(facts or {}, text[found.end() :].strip())


def _first_line(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML in which a name stands once: of two, one would be dropped unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
            seen.add(str(key.value))
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def dump(facts: dict[str, Any], body: str) -> str:
    """A Markdown file from its facts and body; the same input gives the same bytes."""
    return f"---\n{write_yaml(facts)}---\n\n{body.strip()}\n"


def render(text: str, *, service_link: Callable[[str], str] | None = None) -> str:
    """HTML of Markdown (CommonMark, with tables) from people: no script, style, image or unknown scheme survives.

    `service_link` gives the address for `(service:slug)` links; without it they lead to the service's page. A text that
    would take too long, or grow beyond measure, is shown as it is written: nothing of it is lost.
    """
    address = service_link or (lambda slug: f"/services/{slug}")
    # Half of a character, as JSON can carry it, can be written nowhere.
    text = text[:LONGEST].encode("utf-8", "replace").decode()
    linked = SERVICE_LINK.sub(lambda found: f"]({address(found[1])})", text)
    try:
        env = {_UNTIL: thread_time() + LONGEST_SECONDS}
        tokens = _PARSER.parse(linked, env)
        _require_measure(tokens)
        html = str(_PARSER.renderer.render(tokens, _PARSER.options, env))
    except (_Unreasonable, RecursionError):
        html = f"<pre>{escape(text)}</pre>"
    clean = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener"
    )
    return clean.strip()


def plain(text: str) -> str:
    """The words of a Markdown text, without its marks, for search and for summaries."""
    return " ".join(unescape(nh3.clean(render(text), tags=set())).split())


_UNTIL = "until"
# What one text may bring in links that it names once and uses often, and in tags.
_LONGEST_LINKS, _MOST_TAGS = 10 * LONGEST, 5_000


class _Unreasonable(Exception):
    """Nobody wrote this to be read."""


def _watch_block(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    if state.level >= DEEPEST - 2:
        raise _Unreasonable
    return _watch(state.env)


def _watch_inline(state: StateInline, _silent: bool) -> bool:
    return _watch(state.env)


def _watch(env: Any) -> bool:
    # The time of this thread, not of the clock on the wall: a page does not look different on a busy day.
    if thread_time() > env[_UNTIL]:
        raise _Unreasonable
    return False


def _require_measure(tokens: list[Token]) -> None:
    """Raise where links or tags would make many times of what was written."""
    links = tags = 0
    for token in tokens:
        for child in (token, *(token.children or ())):
            links += sum(len(str(value)) for value in child.attrs.values())
            tags += child.content.count("<") if child.type in ("html_inline", "html_block") else 0
    if links > _LONGEST_LINKS or tags > _MOST_TAGS:
        raise _Unreasonable


def _parser() -> MarkdownIt:
    """CommonMark with tables; each step first looks at the time."""
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable("table")
    parser.block.ruler.before("table", "watch", _watch_block)
    parser.inline.ruler.before("text", "watch", _watch_inline)
    return parser


_PARSER = _parser()
