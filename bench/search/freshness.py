"""How soon a change is found by another process, while readers ask without pause."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from bench.measure import Spread
from bench.search.queries.labelled import Labelled
from bench.search.signpost import DAY, Signpost
from directory.search.document import Document

CHANGES = 60
# Two processes read: one waits for the change by asking for it again and again, the other asks the usual questions.
_LONGEST = 20.0


def found_after(folder: Path, districts: int, questions: Sequence[Labelled], changed: Sequence[Document]) -> Spread:
    """From the call that applies a change to its being found by a reader; `changed` are documents of the corpus.

    Each gets a telephone number that nothing has, and the reader asks for that number. The index is changed.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    stop, ready = context.Event(), context.Event()
    readers = [
        context.Process(target=_await, args=(folder, districts, theirs), daemon=True),
        context.Process(target=_ask_on, args=(folder, districts, list(questions), ready, stop), daemon=True),
    ]
    for reader in readers:
        reader.start()
    signpost = Signpost(folder, districts)
    try:
        ready.wait(120)
        return Spread.of([_one(signpost, ours, number, document) for number, document in enumerate(changed)])
    finally:
        stop.set()
        ours.send(None)
        for reader in readers:
            reader.join(10)
            reader.kill()


def _one(signpost: Signpost, reader: Connection, number: int, document: Document) -> float:
    phone = f"07700 9{number:05d}"
    reader.send((phone, document.id))
    reader.recv()  # It has begun to ask.
    started = time.monotonic()
    signpost.engine.apply([replace(document, phones=(*document.phones, phone))], number=number + 2, day=DAY)
    if not reader.poll(_LONGEST):
        raise TimeoutError(f"A change was not found within {_LONGEST:.0f} seconds.")
    found: float = reader.recv()
    time.sleep(0.02)
    return found - started


def _await(folder: Path, districts: int, writer: Connection) -> None:
    signpost = Signpost(folder, districts)
    signpost.find(Labelled("", "podiatry", frozenset()))
    while (wanted := writer.recv()) is not None:
        phone, identifier = wanted
        asked = Labelled("", phone, frozenset([identifier]))
        writer.send("asking")
        while not any(hit.service_id == identifier for hit in signpost.find(asked).hits):
            pass
        writer.send(time.monotonic())


def _ask_on(folder: Path, districts: int, questions: Sequence[Labelled], ready: Event, stop: Event) -> None:
    signpost = Signpost(folder, districts)
    while not stop.is_set():
        for asked in questions:
            signpost.find(asked)
            if stop.is_set():
                return
        ready.set()
