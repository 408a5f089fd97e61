"""Documents that somebody might send to hang a page or to have something run in it, and what is wrong with the answer.

What is shown is looked at by programs that are not ours, nor what made it safe: Lexbor's parser, as a browser reads it,
and lxml's cleaner, which must find nothing to take away.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from time import thread_time
from urllib.parse import urlsplit

from lxml import html as lxml_html
from lxml_html_clean import Cleaner
from selectolax.lexbor import LexborHTMLParser

from directory.content.markdown import LONGEST, plain, render

SECONDS = 1.0
SAFE_TAGS = {
    "p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "h1", "h2", "h3", "h4", "h5",
    "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SAFE_SCHEMES = {"", "http", "https", "mailto", "tel"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CLEANER = Cleaner(safe_attrs_only=True, safe_attrs=frozenset({"href", "rel", "title", "lang"}), page_structure=False)
# Marks of Markdown and HTML, alone and in the half-finished ways that make a parser look far ahead.
PIECES = (
    "[", "]", "![", "](", "[]", "[a](", "[a](b", "[a](<", '[a](b "', "[a][", "[a]", "[a]: /b\n", "[a]: <",
    "\n[a]: /b 'c", "*", "**", "***", "_", "__", "*a", "a*", "*a_", "**a *b ", "_a*", "`", "``", "```\n", "~~~\n",
    "`a``", "> ", ">", "- ", "  - ", "    ", "\t", "1. ", "1) ", "+ ", "* * *\n", "---\n", "===\n", "# ", "###### ",
    "|", "|a", "a|b\n-|-\n", "|-", "<", ">", "</", "<a", "<a ", "<!--", "-->", "<!-->", "<?", "?>", "<![CDATA[",
    "]]>", "<!A ", "<b>", "</b>", "<p>", "<ul><li>", "<table><tr><td>", "<a href=x>", "<a b='", '<a b="', "<div\n",
    "<pre>", "<svg>", "<math>", "<select>", "<template>", "<style>", "<script>", "</script>",
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<title>", "<noscript>", "<textarea>", "<xmp>",
    "<plaintext>", "<iframe srcdoc='<script>x</script>'>", "<mglyph>", "<mtext>", "javascript:alert(1)",
    "[x](javascript:alert(1))", "[x](&#106;avascript:alert(1))", "<javascript:alert(1)>", "[x](data:text/html,x)",
    "[x](vbscript:x)", "[x](JaVa\tScript:x)", "[x](//evil.example)", "(service:a)", "[a](service:legs)",
    "<http://a.example>", "<a@b.example>", "&", "&#", "&amp;", "&#0;", "&#x110000;", "&notin;", "\\", "\\[", "\\\n",
    "  \n", "\n", "\n\n", "a", "word ", "a b c ", "é", "\u202e", "\u00a0", "\ufeff", "\x0b", "\x00", "\U0001f600",
    "\ud800", " onclick=alert(1) ", 'style="position:fixed"', "\r", "\r\n", "(", ")", '"', "'", "=", "~", "^", "$",
    ":", "{",
)  # fmt: skip


def hostile(seed: int) -> str:
    """A document, the same for the same seed: most are short; one of a hundred is as long as a page may be."""
    chance = random.Random(seed)
    longest = LONGEST if chance.random() < 0.01 else chance.choice((60, 200, 600))
    if chance.random() < 0.4:
        return _repeated(chance, longest)
    pieces = chance.sample(PIECES, chance.randint(1, 12))
    text = ""
    while len(text) < longest:
        text += chance.choice(pieces) * chance.choice((1, 1, 1, 2, 5))
        if chance.random() < 0.02:
            break
    return text[:longest]


def _repeated(chance: random.Random, longest: int) -> str:
    """A few marks over and over, with something before, and what would close them after: deep, or looked at often."""
    unit = "".join(chance.choices(PIECES, k=chance.randint(1, 3)))
    close = "".join(chance.choices(PIECES, k=chance.randint(0, 2)))
    before = chance.choice(("", "", "a ", "> ", "- ", "\n\n", "| "))
    times = longest // (len(unit) + len(close) + 1)
    return (before + unit * times + close * times)[:longest]


def faults(text: str) -> list[str]:
    """What is wrong with how a document is shown: too slow, or not safe. A crash is raised."""
    shown, took = _timed(render, text)
    return _slow(took, _timed(plain, text)[1]) + unsafe(shown)


def slow(text: str) -> list[str]:
    """What took too long of showing a document, and of reading its words; in seconds of this thread."""
    return _slow(_timed(render, text)[1], _timed(plain, text)[1])


def _slow(*took: float) -> list[str]:
    return [f"took {each:.2f} s" for each in took if each > SECONDS]


def _timed(make: Callable[[str], str], text: str) -> tuple[str, float]:
    began = thread_time()
    made = make(text)
    return made, thread_time() - began


def unsafe(shown: str) -> list[str]:
    """What a browser would find that a page from people may not hold."""
    found = []
    body = LexborHTMLParser(f"<body>{shown}</body>").body
    assert body is not None
    for node in body.traverse():
        if node is body or node == body:
            continue
        if node.tag not in SAFE_TAGS:
            found.append(f"<{node.tag}>")
        found += [f"{name} of <{node.tag}>" for name in node.attributes if name not in {"href", "rel", "title", "lang"}]
        if _scheme(node.attributes.get("href") or "") not in SAFE_SCHEMES:
            found.append(f"link to {node.attributes['href']}")
    return found + _taken_away(shown)


def _scheme(address: str) -> str:
    # Browsers leave these out before they read the scheme.
    said = "".join(each for each in address if each not in "\t\n\r").lstrip("".join(map(chr, range(33))))
    try:
        return urlsplit(said).scheme
    except ValueError:
        return ""


def _taken_away(shown: str) -> list[str]:
    # lxml takes no control characters in text; what they are is no matter here.
    readable = _CONTROL.sub(" ", shown)
    tree = lxml_html.fragment_fromstring(f"<div>{readable}</div>")
    before = _marks(tree)
    CLEANER(tree)
    return [f"lxml takes away {mark}" for mark in set(before) - set(_marks(tree)) if not _leads_within(mark)]


def _leads_within(mark: tuple[str, tuple[tuple[str, str], ...]]) -> bool:
    """A link to a place of this site. lxml takes it away for "data:" anywhere in it; only a scheme would matter."""
    name, attributes = mark
    href = dict(attributes).get("href", "")
    return name == "a" and {key for key, _ in attributes} <= {"href", "rel", "title"} and not _scheme(href)


def _marks(tree: lxml_html.HtmlElement) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    return [(str(each.tag), tuple(sorted(each.attrib.items()))) for each in tree.iter()]
