"""Markdown to HTML that is safe to show, and front matter to plain data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import frontmatter
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


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file: the facts of its front matter and the text below."""

    facts: dict[str, Any]
    body: str


def parse(text: str, *, where: str = "") -> Document:
    """Split front matter from body; raises `Invalid` where the YAML cannot be read or is not a mapping."""
    try:
        found = frontmatter.loads(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = f" (line {line + 1} of the front matter)" if line is not None else ""
        raise Invalid([Problem(where, f"the front matter is not readable YAML{place}: {_first_line(error)}")]) from None
    except TypeError:
        raise Invalid([Problem(where, "the front matter must be a mapping of names to values")]) from None
    return Document(dict(found.metadata), found.content)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def dump(facts: dict[str, Any], body: str) -> str:
    """A Markdown file from its facts and body; the same input gives the same bytes."""
    head = yaml.dump(facts, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return f"---\n{head}---\n\n{body.strip()}\n"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Safe YAML without aliases: a record is read by people."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def sections(body: str) -> dict[str, str]:
    """The text under each second-level heading, by its heading."""
    parts = re.split(r"^## +(.+?) *$", body, flags=re.MULTILINE)
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def render(text: str, *, service_link: Callable[[str], str] | None = None) -> str:
    """HTML of Markdown from people: no script, style, image or unknown scheme survives.

    `service_link` gives the address for `(service:slug)` links; without it they lead to the service's page.
    """
    address = service_link or (lambda slug: f"/services/{slug}")
    linked = SERVICE_LINK.sub(lambda found: f"]({address(found[1])})", text[:LONGEST])
    html = Markdown(extensions=["tables", "sane_lists"]).convert(linked)
    return nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener"
    )


def plain(text: str) -> str:
    """The words of a Markdown text, without its marks, for search and for summaries."""
    return " ".join(unescape(nh3.clean(render(text), tags=set())).split())
