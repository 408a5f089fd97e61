"""How people come in by mail: the code in it, and the domains whose addresses may sign in."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta

CODE_DIGITS = 8
GOOD_FOR = timedelta(minutes=10)
LONGEST_ADDRESS = 254


def code_of(sign_in: str, secret: str) -> str:
    """The code of a sign-in: eight digits that only who holds the secret can work out from its id."""
    digest = hmac.new(secret.encode(), f"sign-in code {sign_in}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:16]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def same_code(typed: str, code: str) -> bool:
    """Whether somebody typed this code, spaces and dashes aside. Takes as long for a wrong one as for the right one."""
    digits = re.sub(r"[\s\u00a0-]", "", typed)
    return hmac.compare_digest(digits.encode(), code.encode())


def address_of(typed: str) -> str | None:
    """An email address in the form in which it is kept; None where it cannot be one."""
    address = typed.strip().lower()
    if len(address) > LONGEST_ADDRESS or not re.fullmatch(r"[!-?A-~]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", address):
        return None
    return None if ".." in address or re.search(r"[<>()\[\]\\,;:\"]", address) else address


def may_sign_in(address: str, domains: str) -> bool:
    """Whether the setting, domains separated by commas or `*`, lets an address in. It does not cover subdomains."""
    allowed = {domain.strip().lower().lstrip("@") for domain in domains.split(",")}
    return "*" in allowed or address.rpartition("@")[2] in allowed
