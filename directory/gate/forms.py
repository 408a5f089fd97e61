"""What a form sent: bounded, as text, with what cannot be stored taken out; and, where it may carry one, its file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from directory.errors import Invalid, Problem, TooLarge

LARGEST_FORM = 1024 * 1024
MOST_FIELDS = 2000
FORM = "application/x-www-form-urlencoded"
FORM_WITH_FILE = "multipart/form-data"
LONGEST_FILE_NAME = 200


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a form: its name without folders, as one line of printable text, and what it holds."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, in order, each as often as it was sent, and the file that came with them."""

    fields: tuple[tuple[str, str], ...] = field(default=())
    file: SentFile | None = None

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
    if _type_of(request) != FORM:
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


async def read_form_with_file(request: Request, *, largest: int) -> Form:
    """Read a form that may carry one file, of at most `largest` bytes with all that goes with it.

    Raises TooLarge, and Invalid where it cannot be read. Only for who may send one: it is read before anything is known
    of it but its size.
    """
    if _type_of(request) != FORM_WITH_FILE:
        return await read_form(request)
    parser = MultiPartParser(
        request.headers, _bounded(request, largest), max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_FORM
    )
    try:
        sent = await parser.parse()
    except MultiPartException:
        raise Invalid([Problem("file", "The file did not come whole. Choose it again.")]) from None
    fields = tuple((name, value) for name, value in sent.multi_items() if isinstance(value, str))
    file = None
    for value in sent.values():
        if isinstance(value, UploadFile):
            file = SentFile(_name_of(value.filename or ""), await value.read())
    await sent.close()
    # A browser sends a nameless file where none was chosen.
    return Form(fields, file if file and file.name else None)


async def _bounded(request: Request, largest: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > largest:
            raise TooLarge(f"A file can have at most {largest // 1_000_000} MB here.")
        yield piece


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _name_of(sent: str) -> str:
    """Browsers of the past sent a whole path, with the separators of their own system."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in _clean(last) if each.isprintable()).strip()[-LONGEST_FILE_NAME:]


def _clean(text: str) -> str:
    # PostgreSQL keeps no NUL, and no database keeps half a surrogate pair.
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")
