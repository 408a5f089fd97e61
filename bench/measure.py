"""What is measured: times as percentiles, and the memory of this process as the kernel counts it."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# A time is that of the clock on the wall, or of this thread on a processor, which others' work leaves nearly alone.
CLOCKS: Mapping[str, Callable[[], float]] = MappingProxyType({"wall": time.perf_counter, "cpu": time.thread_time})


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed; `share` is from 0 to 1."""
    if not values:
        raise ValueError("There is nothing to take a percentile of.")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    """How times are spread, in milliseconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        """The spread of times given in seconds."""
        values = [each * 1000 for each in seconds]
        return cls(percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99))


def medians(rounds: Sequence[Sequence[float]]) -> list[float]:
    """For each thing that every round measured in the same order, the median of the rounds."""
    return [statistics.median(each) for each in zip(*rounds, strict=True)]


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in megabytes: `resident` counts file pages that are shared, `private` only what is this process's own."""

    resident: float
    private: float


def memory_now(process: int | None = None) -> Memory:
    """The memory of this process, or of another by its id; Linux only."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{process or 'self'}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, value = line.split(":")
        found[name] = int(value.split()[0])
    private = found["Private_Clean"] + found["Private_Dirty"]
    return Memory(found["Rss"] / 1024, private / 1024)
