"""Headers that are read by machines as they stand: an address in them must never be folded into encoded words.

The library encodes (RFC 2047) any word that is longer than a line. In `List-Unsubscribe` no program would know the
address again, and the button of RFC 8058 would do nothing. A line may have 998 characters (RFC 5322, 2.1.1).
"""

from __future__ import annotations

from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.policy import Policy

_VERBATIM = ("list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id")


class VerbatimHeader(UnstructuredHeader):
    """A header in ASCII that is written on one line."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        """The whole line."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


def headers() -> HeaderRegistry:
    """The library's headers, with those for machines as they stand."""
    registry = HeaderRegistry()
    for name in _VERBATIM:
        registry.map_to_type(name, VerbatimHeader)  # type: ignore[arg-type]
    return registry
