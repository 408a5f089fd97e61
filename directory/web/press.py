"""What can be pressed: telephone, mail and web addresses, made from what people typed and safe to follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_NUMBER = re.compile(r"\+?\(?\d[\d\s().-]{1,24}\d|\d{3}")
_EXTENSION = re.compile(r"\b(?:ext(?:ension|n)?|x)\.?\s*(\d{1,6})\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>\"',;:?&]+@[^\s@<>\"',;:?&]+\.[^\s@<>\"',;:?&]+")


@dataclass(frozen=True, slots=True)
class Press:
    """A text as given and, where it can be followed, its address; `label` says whose it is."""

    text: str
    href: str = ""
    label: str = ""


def telephone(text: str, label: str = "") -> Press:
    """A number as given; its `tel:` link dials the first number in it."""
    found = _NUMBER.search(text)
    if found is None:
        return Press(text, "", label)
    digits = ("+" if found[0].startswith("+") else "") + re.sub(r"\D", "", found[0])
    # "(0)" in an international number is not dialled.
    if digits.startswith("+44"):
        digits = "+44" + digits[3:].removeprefix("0")
    extension = _EXTENSION.search(text, found.end() - 1)
    return Press(text, f"tel:{digits}" + (f";ext={extension[1]}" if extension else ""), label)


def mail(text: str, label: str = "") -> Press:
    """An email address as given, with its `mailto:` link."""
    address = text.strip()
    return Press(text, f"mailto:{quote(address, safe='@')}" if _ADDRESS.fullmatch(address) else "", label)


def website(text: str, label: str = "") -> Press:
    """A web address as given; only http and https can be followed."""
    given = text.strip()
    address = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return Press(text, "", label)
    sound = parts.scheme in ("http", "https") and "." in parts.netloc and not re.search(r"\s", address)
    return Press(text, address if sound else "", label)


def press(kind: str, text: str, label: str = "") -> Press:
    """A contact or the address of a referral route, by its type or method."""
    match kind:
        case "phone" | "text":
            return telephone(text, label)
        case "email":
            return mail(text, label)
        case "website":
            return website(text, label)
        case "web" | "electronic" | "self":
            return _whatever_it_is(text, label)
    return Press(text, "", label)


def _whatever_it_is(text: str, label: str) -> Press:
    """A route may name a form, an address or a number."""
    if "@" in text and (found := mail(text, label)).href:
        return found
    if re.match(r"(https?://|www\.)", text.strip()) and (found := website(text, label)).href:
        return found
    return telephone(text, label) if re.fullmatch(r"[\d\s()+.-]{3,30}", text.strip()) else Press(text, "", label)
