"""How far Signpost goes on somebody's wish: a webhook that it posts to, a feed that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Reach:
    """`private` lets it into one's own network, and use http.

    `hosts` are the only names that it asks, as in `hooks.example` and `*.office.example`; empty: any.
    """

    private: bool = False
    hosts: Sequence[str] = ()

    def allows(self, host: str) -> bool:
        """Whether a host may be asked, by its name alone."""
        return not self.hosts or any(fnmatchcase(host.lower(), each.lower()) for each in self.hosts)

    @property
    def in_words(self) -> str:
        """The hosts, for whoever typed another one."""
        return " and ".join(f"what ends in {each[1:]}" if each.startswith("*.") else each for each in self.hosts)
