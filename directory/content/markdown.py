"""Markdown to HTML that is safe to show, and front matter to plain data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

import nh3
import yaml
from markdown import Markdown

from directory.errors import Invalid, Problem

# Python-Markdown's time grows with the square of some inputs: what people write is far below this.
LONGEST = 50_000
TAGS = {
    "p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SERVICE_LINK = re.compile(r"\]\(service:([a-z0-9-]+)\)")
_FRONT = re.compile(r"-{3,}[ \t]*\n(.*?)^-{3,}[ \t]*$", re.MULTILINE | re.DOTALL)
_LINE_END = re.compile(r"\r\n?")
# A bracket that begins no link. Python-Markdown looks for the end of each through the whole paragraph: ten thousand of
# them take minutes.
_LONE_BRACKET = re.compile(r"\[(?![^\[\]]{0,300}\](?:[^(]|$|\([^\n)]{0,1000}\)))")


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
    head = yaml.dump(facts, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return f"---\n{head}---\n\n{body.strip()}\n"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Safe YAML without aliases: a record is read by people."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def render(text: str, *, service_link: Callable[[str], str] | None = None) -> str:
    """HTML of Markdown from people: no script, style, image or unknown scheme survives.

    `service_link` gives the address for `(service:slug)` links; without it they lead to the service's page.
    """
    address = service_link or (lambda slug: f"/services/{slug}")
    linked = SERVICE_LINK.sub(lambda found: f"]({address(found[1])})", _LONE_BRACKET.sub("&#91;", text[:LONGEST]))
    try:
        html = Markdown(extensions=["tables", "sane_lists"]).convert(linked)
    except RecursionError:
        # Lists within lists by the thousand are nobody's text: shown as it is written.
        html = f"<pre>{escape(text[:LONGEST])}</pre>"
    return nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener"
    )


def plain(text: str) -> str:
    """The words of a Markdown text, without its marks, for search and for summaries."""
    return " ".join(unescape(nh3.clean(render(text), tags=set())).split())
