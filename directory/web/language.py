"""The words of a page in the reader's language. English is written where it is used, and is the key to the others.

A handler that `speaks` is answered in the language of the reader; every other page is wholly in English. What is
written in the language of a page must not be kept beyond it: labels are looked up when they are read (`Said`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.domain.paths import safe_path
from directory.gate.forms import form_of
from directory.gate.language import ENGLISH, LANGUAGES, choose, language_of

HERE = Path(__file__).parent / "locale"
Handler = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: its code, its words, and whether a reader can choose another for this page."""

    code: str
    words: NullTranslations
    chosen: bool = True


_PLAIN = Tongue(ENGLISH, NullTranslations(), chosen=False)
_SPOKEN: ContextVar[Tongue] = ContextVar("spoken", default=_PLAIN)


def spoken() -> Tongue:
    """The language of the page that is being made."""
    return _SPOKEN.get()


class Spoken(str):
    """Words in the language of the page already, told apart from what the rules say in English."""

    __slots__ = ()

    def format(self, *args: object, **kwargs: object) -> Spoken:
        """The same with its values."""
        return Spoken(super().format(*args, **kwargs))


def gettext(message: str) -> Spoken:
    """A message in the language of the page."""
    return Spoken(_SPOKEN.get().words.gettext(message))


def ngettext(one: str, many: str, number: int) -> Spoken:
    """A message that hangs on a number."""
    return Spoken(_SPOKEN.get().words.ngettext(one, many, number))


def N_(message: str) -> str:  # noqa: N802 - what every tool that collects messages looks for
    """The same text, marked as a message that is translated when it is read."""
    return message


class Said(Mapping[str, str]):
    """Labels by key, each in the language of the page that reads it."""

    __slots__ = ("_labels",)

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels

    def __getitem__(self, key: str) -> str:
        return gettext(self._labels[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)


def full_date(day: date) -> str:
    """A date in full, in the language of the page: 1 December 2026."""
    code = _SPOKEN.get().code
    return f"{day.day} {day:%B} {day.year}" if code == ENGLISH else format_date(day, "d MMMM y", locale=code)


def in_english() -> Markup:
    """What marks words that are English on a page that is not (WCAG 3.1.2); nothing on an English page."""
    return Markup("") if _SPOKEN.get().code == ENGLISH else Markup(' lang="en"')


@cache
def tongue(code: str) -> Tongue:
    """A language by its code, with what its catalogue says.

    Read from the text itself, once in a process (a few milliseconds): no compiled copy can be out of date.
    """
    if code == ENGLISH:
        return Tongue(ENGLISH, NullTranslations())
    with (HERE / code / "LC_MESSAGES" / "signpost.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    # What no translator has read yet is marked fuzzy, and is shown: the page says so at its top.
    write_mo(compiled, catalogue, use_fuzzy=True)
    return Tongue(code, GNUTranslations(BytesIO(compiled.getvalue())))


def speaks(handler: Handler) -> Handler:
    """A handler whose page there is in every language: it is made in the reader's."""

    def endpoint(request: Request) -> Response:
        code = language_of(request)
        token = _SPOKEN.set(tongue(code))
        try:
            response = handler(request)
        finally:
            _SPOKEN.reset(token)
        response.headers["Content-Language"] = code
        response.headers.add_vary_header("Accept-Language")
        response.headers.add_vary_header("Cookie")
        return response

    return endpoint


def choose_language(request: Request) -> Response:
    """`POST /language`: the reader's choice, kept in a cookie; back to where they were."""
    form = form_of(request)
    response = RedirectResponse(safe_path(form.line("next")), 303)
    if (code := form.line("language")) in LANGUAGES:
        choose(response, code)
    return response


def moment(at: datetime) -> str:
    """A local instant: 22 November 2026, 8:40pm."""
    minutes = f":{at:%M}" if at.minute else ""
    half = gettext(N_("am")) if at.hour < 12 else gettext(N_("pm"))
    return f"{full_date(at.date())}, {at.hour % 12 or 12}{minutes}{half}"
