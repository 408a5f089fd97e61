"""What makes Markdown of HTML; apart, because BeautifulSoup takes long to import and only imports of files need it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdownify import MarkdownConverter


class Converter(MarkdownConverter):
    """Markdownify's, with what would be markup or a link escaped in text that was not."""

    def escape(self, text: str, parent_tags: Iterable[str]) -> str:
        """The text, with a mark before everything that Markdown would read as its own."""
        del parent_tags
        escaped = re.sub(r"[\\`*_]|\](?=[(\[:])", r"\\\g<0>", text)
        # A bare < would be an HTML tag again to the renderer.
        return escaped.replace("<", "&lt;")
