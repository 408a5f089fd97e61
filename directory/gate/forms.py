"""What a form sent: bounded, as text, with what cannot be stored taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from directory.errors import TooLarge

LARGEST_FORM = 1024 * 1024
MOST_FIELDS = 2000
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, in order, each as often as it was sent."""

    fields: tuple[tuple[str, str], ...] = field(default=())

    def text(self, name: str, *, limit: int = 10_000) -> str:
        """A field's text, line breaks as \\n, cut after `limit` characters; empty where it was not sent."""
        return next(iter(self.every(name, limit=limit)), "")

    def line(self, name: str, *, limit: int = 300) -> str:
        """A field as one line of printable text."""
        given = self.text(name, limit=4 * limit)
        return " ".join("".join(each if each.isprintable() else " " for each in given).split())[:limit]

    def every(self, name: str, *, limit: int = 10_000) -> tuple[str, ...]:
        """Every value of a field that may be sent more than once."""
        return tuple(_clean(value)[:limit] for key, value in self.fields if key == name)

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


def form_of(request: Request) -> Form:
    """The form that came with a request, in any handler; an empty one where there was none."""
    found: Form = getattr(request.state, "form", Form())
    return found


async def read_form(request: Request) -> Form:
    """Read a form once; raises TooLarge. Other bodies are left alone, and are an empty form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return Form()
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            raise TooLarge("That is more than one page can take. Send less at a time.")
    try:
        pairs = parse_qsl(bytes(body).decode("ascii", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise TooLarge("That is more than one page can take. Send less at a time.") from None
    return Form(tuple(pairs))


def _clean(text: str) -> str:
    # PostgreSQL keeps no NUL, and no database keeps half a surrogate pair.
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")
