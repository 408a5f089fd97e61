"""What is put into a file, or done to one, so that it is no longer what its importer expects."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

from tests.content.documents import hostile

Chance = random.Random
LONGEST = 64_000

TEXTS = (
    "", " ", "null", "None", "nan", "-inf", "1e999", "9" * 400, "-1", "0", "1,2", "=1+1", "@SUM(A1)", "+44 1632 960145",
    "01632 960145", "\u202eabc", "a\u200bb", "P\u0430ypal", "\ufeff", "\x0b", "\ud800", "\U0001f600", "\r", "\r\n",
    "\n\n",
    "'", '"', '""', ";", ",", ";;;;", "\\", "%s%n", "{0.__class__}", "${7*7}", "{{7*7}}", "../../etc/passwd",
    "\\\\x\\y",
    "javascript:alert(1)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<p><br></p>", "<ul><li>a</ul>",
    "<a href='javascript:alert(1)'>x</a>", "[x](javascript:alert(1))", "&lt;script&gt;", "&#0;", "' OR 1=1 --",
    "2026-02-30", "0000-00-00", "2026-12-01", "20010401", "99991231", "0001-01-01", "2026-12-01T25:00:00Z", "١٢٣",
    "Mo-Fr 09:00-17:00", "24/7", "Mo 25:00-26:00", "Mo-Su,PH 00:00-24:00; " * 30, "Mo[1-999] 00:00+", "10am to 5pm",
    "NM1 1AA", "51.5", "-181", "email", "a@b.example", "a@" + "b" * 300, "http://[::1", "http://a.example:99999/",
    "x" * 5_000, "a " * 2_000, "(" * 500, "<div>" * 300, "&" * 500, "é" * 200, "9434765919", "open", "closed",
    "1" * 5_000,
)  # fmt: skip


def text_of(chance: Chance) -> str:
    """Something that a person or a program could put where words, a number or a day are meant."""
    kind = chance.random()
    if kind < 0.75:
        return chance.choice(TEXTS)
    if kind < 0.9:
        return chance.choice(TEXTS)[:80] + chance.choice(TEXTS)[:80]
    return hostile(chance.randrange(1 << 30))[:600]


def spoilt(chance: Chance, data: bytes) -> bytes:
    """The same file with a few bytes changed, cut or repeated; half of the time as it is."""
    if chance.random() < 0.5 or not data:
        return data
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, deed = chance.randrange(len(changed) or 1), chance.randrange(4)
        if deed == 0 and changed:
            changed[at % len(changed)] = chance.randrange(256)
        elif deed == 1:
            del changed[at : at + chance.choice((1, 3, 40))]
        elif deed == 2:
            changed[at:at] = chance.choice((b"\x00", b"\xff", b'"', b"\n", b"{", b"[", b"\xed\xa0\x80", b"," * 50))
        else:
            changed[at:at] = changed[at : at + 60] * chance.choice((2, 9))
    return bytes(changed[:LONGEST])


VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, float("nan"), float("inf"), [], {}, [[]], [None], [{}], {"id": {}}, "",
    [[[[[]]]]]
)  # fmt: skip


def change(chance: Chance, entry: Any) -> None:
    """Change one thing, however deep it lies: its value, its kind, its key, or whether it is there."""
    holder, key = entry, None
    while isinstance(holder, dict | list) and holder:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = chance.choice(keys)
        if not isinstance(holder[key], dict | list) or chance.random() < 0.3:
            break
        holder = holder[key]
    if key is None or not isinstance(holder, dict | list) or not holder:
        return
    deed = chance.random()
    if deed < 0.5:
        holder[key] = text_of(chance)
    elif deed < 0.8:
        holder[key] = deepcopy(chance.choice(VALUES))
    elif deed < 0.9 and isinstance(holder, dict):
        holder[chance.choice(("status", "id", "name", "opens_at", "url", text_of(chance)[:40]))] = deepcopy(holder[key])
    elif isinstance(holder, dict):
        del holder[key]
    else:
        holder.append(deepcopy(holder[key]))
