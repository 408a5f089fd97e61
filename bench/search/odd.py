"""Questions that are none: what they cost beside an ordinary one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from types import MappingProxyType

from bench.search.queries.labelled import Labelled
from bench.search.signpost import Signpost

_TIMES = 7
ODD: Mapping[str, str] = MappingProxyType(
    {
        "100,000 letters": "a" * 100_000,
        "100,000 characters of words": "leg ulcer clinic " * 5_900,
        "NUL and control": "\0leg\0 ulcer\x1b[31m\x07",
        "quotes": '"leg ulcer" \'OR\' """; --',
        "operators": "+leg -ulcer AND (OR NOT NEAR/5 name:* ^~2 [a TO z] \\ /.*/",
        "emoji": "🚑🦵🏽 leg 👩‍⚕️ ulcer 🏥" * 20,
        "right to left": "\u202eقرحة الساق leg ulcer עיסוי\u202c",
        "accents on accents": "z" + "\u0351" * 5_000 + " leg ulcer",
        "only marks": "!!! ??? --- ...",
        "a letter": "please could you see this person who is known to our service and needs the care of a nurse at "
        "home because the wound on the leg does not heal and the clinic at the health centre said to refer to the "
        "community team for advice and support, with the family and the hospital and the GP all asking for a visit "
        "and a referral for assessment and treatment, and to call the number in the letter for the person",
        "digits": "0" * 300 + " 01632 01632 01632",
    }
)


def odd_times(signpost: Signpost, ordinary: float, clock: Callable[[], float]) -> dict[str, float]:
    """Each odd question's median time as a multiple of an ordinary question's, which is given in seconds."""
    found = {}
    for name, text in ODD.items():
        times = []
        for _ in range(_TIMES):
            started = clock()
            signpost.find(Labelled("", text, frozenset()))
            times.append(clock() - started)
        found[name] = statistics.median(times) / ordinary
    return found
