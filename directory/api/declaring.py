"""What a call says of itself, beside its handler: the document at /api/openapi.json is put together from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from directory.api.asking import Asked
from directory.domain.policy import Action

H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Said:
    """A call: what it is for, what it asks after the question mark, what it takes, and what it gives, by status.

    `takes` and the values of `gives` are shapes that pydantic knows; None gives no body. `tagged` ones carry an ETag.
    """

    summary: str
    gives: Mapping[int, Any]
    asks: type[Asked] | None = None
    takes: Any = None
    tagged: bool = False
    # Whether If-Match may say what was read; of what must be said, the handler knows.
    matched: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """A call as a route offers it: what it says, what the policy asks, and which of the three ways in it has.

    `way` is `reads`, `publishes` (a key of scope publish) or `tells` (a body, with or without a key).
    """

    said: Said
    action: Action
    way: str
    needs_body: bool = False


def says(
    summary: str,
    gives: Any,
    *,
    status: int = 200,
    also: Mapping[int, Any] | None = None,
    takes: Any = None,
    tagged: bool = False,
    matched: bool = False,
) -> Callable[[H], H]:
    """Have a handler say what it does; what it asks is the shape of its parameter `asked`."""

    def decorated(handler: H) -> H:
        asks = get_type_hints(handler).get("asked")
        said = Said(summary, {status: gives, **(also or {})}, asks, takes, tagged, matched)
        handler.said = said  # type: ignore[attr-defined]
        return handler

    return decorated


def said_of(handler: Callable[..., Any]) -> Said | None:
    """What a handler says of itself; None of one that is no call of the API, such as a feed."""
    found: Said | None = getattr(handler, "said", None)
    return found


def deeds_of(endpoint: object) -> Mapping[str, Deed]:
    """The calls that an endpoint offers, by method."""
    found: Mapping[str, Deed] = getattr(endpoint, "deeds", {})
    return found
