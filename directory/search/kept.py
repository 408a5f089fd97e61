"""What was worked out lately, kept as long as it fits: the one kind of cache in search, and always bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Values by key; those kept longest go first. `size_of` says how much of `most` one takes. Thread-safe.

    What is asked for is not moved to the end: that would cost every look more than it saves in looks that miss.
    """

    def __init__(self, most: int, size_of: Callable[[Value], int] = lambda _: 1) -> None:
        self._most, self._size_of = most, size_of
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        # The value, if it is still kept.
        self.get: Callable[[Key], Value | None] = self._values.get

    def put(self, key: Key, value: Value) -> None:
        """Keep a value; one that is larger than all the room is not kept."""
        size = self._size_of(value)
        if size > self._most:
            return
        with self._lock:
            if (before := self._values.pop(key, None)) is not None:
                self._size -= self._size_of(before)
            self._values[key] = value
            self._size += size
            while self._size > self._most:
                self._size -= self._size_of(self._values.popitem(last=False)[1])
