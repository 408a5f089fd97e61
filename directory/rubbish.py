"""How often Python looks for objects that refer to themselves: seldom, since next to nothing here does.

Looking for them took a sixth of an import of 2,000 services and up to a tenth of the imports of a start.
"""

from __future__ import annotations

import gc

# New objects that may refer to themselves before the youngest are looked through; Python's own is 700.
LITTLE = 20_000


def look_seldom() -> None:
    """Look through the youngest objects only when there are many of them."""
    gc.set_threshold(LITTLE, 10, 10)


def leave_out_what_is_there() -> None:
    """Leave what a server holds from its start out of garbage collection, and look seldom.

    A full collection holds up every answer for 50 ms.
    """
    gc.collect()
    gc.freeze()
    look_seldom()
