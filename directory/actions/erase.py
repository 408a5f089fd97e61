"""Erase a person: their name and address go from every table, file and free page; what was done stays, by a number."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from directory.actions.roles import keep_an_editor
from directory.domain.policy import OPERATOR
from directory.errors import PersonNotFound
from directory.store import audit, people
from directory.store.database import Database
from directory.store.erasing import erase_person, erase_text, forget_pages


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing did: the number that stays (None where nobody had the address), how many other rows and messages
    spoke of it, what is published and still says it, and what of the database's files is left to do (empty: nothing).
    """

    person_id: int | None
    rows: int
    messages: int
    left: tuple[str, ...]
    to_do: str


def erase(database: Database, mail: Path, *, email: str, at: datetime) -> Erased:
    """Erase whoever has an address, and the address itself also where nobody has it any more.

    `mail` is the folder of messages. It may be done again: what a kill interrupted is taken up. Raises `Invalid` for
    the last editor.
    """
    address = email.strip().lower()
    with database.write() as connection:
        try:
            person = people.by_email(connection, address)
        except PersonNotFound:
            person = None
        if person is not None:
            if person.editor:
                keep_an_editor(connection, person.id)
            erase_person(connection, person.id, at=at)
            # The teams stay known, so that history can say whose somebody it was.
            details = {"teams": sorted(person.roles)}
            audit.record(connection, audit.Event(at, OPERATOR, "erase", f"person {person.id}", details))
        places = erase_text(connection, address, person.name if person else "")
    messages = _forget_messages(mail, address)
    to_do = forget_pages(database)
    return Erased(person.id if person else None, places.cleaned, messages, places.left, to_do)


def _forget_messages(folder: Path, address: str) -> int:
    """Delete the messages that were written to a folder and are to, or speak of, an address; returns how many."""
    count = 0
    # What is half written first: it may become a message while this looks.
    for pattern in ("*.part", "*.eml") if folder.is_dir() else ():
        for path in sorted(folder.glob(pattern)):
            with suppress(FileNotFoundError):
                if address in _read(path.read_bytes()):
                    path.unlink()
                    count += 1
    return count


def _read(raw: bytes) -> str:
    """All that a message says, in lower case, its parts decoded."""
    message = message_from_bytes(raw, policy=policy.default)
    said = [raw.decode("utf-8", "replace")]
    for part in message.walk():
        said += [str(value) for value in part.values()]
        if not part.is_multipart():
            body = part.get_payload(decode=True)
            said.append(body.decode("utf-8", "replace") if isinstance(body, bytes) else "")
    return "\n".join(said).lower()
