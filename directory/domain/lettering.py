"""Letters that look like others, or like nothing: in a name they make two services one to the eye, and two to a search.

After Unicode's security mechanisms (UTS 39): no invisible or direction-changing characters, and no word of two scripts.
"""

from __future__ import annotations

import re
import unicodedata

# Scripts of which many letters are drawn as Latin ones are.
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_WORD = re.compile(r"[^\W\d_]+")


def strange(name: str) -> str | None:
    """What of a name deceives, in words that end a sentence beginning with "it holds"; None where nothing does."""
    if name.isascii() and name.isprintable():
        return None
    for character in name:
        if unicodedata.category(character) in _UNSEEN:
            return f"a character that nobody can see (U+{ord(character):04X}); write it again without"
    for word in _WORD.findall(name):
        scripts = {_script(letter) for letter in word} & _ALIKE
        if len(scripts) > 1:
            said = " and ".join(sorted(each.capitalize() for each in scripts))
            return f"{said} letters in one word, “{word}”; write it in one alphabet"
    return None


def legible(text: str) -> str:
    """A text from outside as it can be quoted in an answer or a log: a mark stands for what nobody sees, NUL too."""
    return "".join("\ufffd" if unicodedata.category(each) in _UNSEEN else each for each in text)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
