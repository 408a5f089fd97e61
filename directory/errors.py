"""What can go wrong, as facts of the domain.

No HTTP status and no exit code is decided here: the edges (`web`, `api`, `__main__`) translate
each fact once. Every message is one sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class SignpostError(Exception):
    """A fact that stops the work at hand; its text can be shown to a person."""


class SettingsError(SignpostError):
    """A setting is unknown, malformed or impossible on this machine."""


class StoreFailing(SignpostError):
    """The database cannot do its work at the moment. Whoever asks is not at fault; the same works when it is over."""

    said = ""

    def __init__(self) -> None:
        super().__init__(self.said)


class StoreAway(StoreFailing):
    """The database does not answer, or stopped before it did: what was to be written may be there or not."""

    said = "The database does not answer. Try again in a minute."


class StoreFull(StoreFailing):
    """The disk of the database is full; nothing was written."""

    said = "The disk of the database is full, and nothing was saved. Tell whoever runs this, and try again later."


class StoreReadOnly(StoreFailing):
    """The database takes nothing, because of its disk or because it is a standby; nothing was written."""

    said = "The database can only be read, and nothing was saved. Tell whoever runs this, and try again later."


class NotFound(SignpostError):
    """What was asked for does not exist, and never did; or it is `anothers`: the log may say so, the answer not."""

    def __init__(self, message: str, *, anothers: bool = False) -> None:
        super().__init__(message)
        self.anothers = anothers


class ServiceNotFound(NotFound):
    """No service has this id, slug or identifier."""


class OrganisationNotFound(NotFound):
    """No organisation has this id, slug or ODS code."""


class TeamNotFound(NotFound):
    """No team has this slug."""


class ChangeNotFound(NotFound):
    """No change has this number."""


class PersonNotFound(NotFound):
    """No person has this email address."""


class SubscriptionNotFound(NotFound):
    """No subscription that can be seen has this number."""


class PageNotFound(NotFound):
    """No knowledge page has this slug."""


class GapNotFound(NotFound):
    """No gap with this question is open."""


class ReportNotFound(NotFound):
    """No report has this reference."""


class DraftNotFound(NotFound):
    """No draft of this person's own has this id."""


class ImportNotFound(NotFound):
    """No import has this number, or no file of this person's own waits under this name."""


class SourceNotFound(NotFound):
    """No feed that is read on a schedule has this name."""


class FeedFailed(SignpostError):
    """Nothing of a feed could be read; the text says to whoever looks after it what is wrong with it."""


class TermNotFound(NotFound):
    """No line of the vocabulary has this term."""


class NotAllowed(SignpostError):
    """The actor may not do this; the text names what would be needed."""


class PasskeyNeeded(NotAllowed):
    """The actor may do this once they have shown their passkey."""


class WrongOrigin(NotAllowed):
    """Another site's page asked for something to be done here."""


class TooMany(SignpostError):
    """The same thing was tried too often; it can be tried again after `wait` seconds."""

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class TooLarge(SignpostError):
    """What was sent is larger than anything that belongs here."""


class ProviderFailed(SignpostError):
    """The OpenID provider could not be reached, or did not answer as one."""


class SignInRefused(SignpostError):
    """A sign-in that does not hold: out of date, used, forged, or of somebody who may not come in."""


class NotSignedIn(SignpostError):
    """This needs an identity, and none, or none that is valid, was given."""


class SignInAgain(NotSignedIn):
    """Somebody is signed in, and this needs that they showed lately who they are."""


class KeyInAddress(SignpostError):
    """A key was sent in an address, where logs and histories keep it."""


class EditConflict(SignpostError):
    """Somebody changed the same thing since it was read."""

    def __init__(self, service: str, *, expected: int, current: int) -> None:
        super().__init__(f"{service} is at version {current}, not {expected}: read it again and repeat your edit.")
        self.service, self.expected, self.current = service, expected, current


class AlreadyWithdrawn(SignpostError):
    """The change was withdrawn or amended by another before."""

    def __init__(self, number: int, *, by: int | None) -> None:
        super().__init__(
            f"Change {number} was withdrawn before{f', by change {by}' if by else ''}: see what holds now."
        )
        self.number, self.by = number, by


class OfferNotFound(NotFound):
    """No offer has this reference."""


class OfferOver(SignpostError):
    """What was offered does not wait any more: it was published, declined, withdrawn, or it expired."""

    def __init__(self, ref: str, state: str) -> None:
        super().__init__(f"This does not wait any more: it {_BECAME[state]}. Read it again to see what holds now.")
        self.ref, self.state = ref, state


_BECAME = {
    "published": "was published",
    "declined": "was declined",
    "withdrawn": "was withdrawn",
    "expired": "expired",
}


class OfferEdited(SignpostError):
    """What was offered was edited since it was read."""

    def __init__(self, ref: str, *, expected: int, current: int) -> None:
        super().__init__("This was edited since you read it: read it again before you agree.")
        self.ref, self.expected, self.current = ref, expected, current


class OfferStale(SignpostError):
    """What an offer is about changed since it was written: service by id, and the fields that differ."""

    def __init__(self, ref: str, differing: Mapping[str, Sequence[str]]) -> None:
        said = "; ".join(f"{service}: {', '.join(fields)}" for service, fields in differing.items())
        super().__init__(f"The directory changed since this was written ({said}). Whoever wrote it has to look again.")
        self.ref, self.differing = ref, differing


class AlreadyAnswered(SignpostError):
    """Somebody said before what became of the report."""


class IdempotencyConflict(SignpostError):
    """The same Idempotency-Key came with another body."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was given: where it is, and what to do about it.

    `marked` is what was given, in pieces, with those marked that have to go; empty where it is wrong as a whole.
    """

    where: str
    reason: str
    marked: tuple[tuple[str, bool], ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


class Invalid(SignpostError):
    """What was given breaks rules; `problems` names every one of them, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row of an imported file that cannot be taken: its number as an editor shows it, column and reason."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}" if self.column else f"row {self.row}: {self.reason}"


class ImportRefused(SignpostError):
    """A file has bad rows; nothing of it was written."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        rows = len({problem.row for problem in problems})
        super().__init__(
            f"{rows} bad {'row' if rows == 1 else 'rows'}; nothing was written. Mend or take them out and import again."
        )
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Since:
    """Something that was changed after an import: what (`noun` and its id), and by which change, None for a list."""

    noun: str
    id: str
    change_number: int | None
    title: str


class UndoRefused(SignpostError):
    """An import cannot be undone: somebody changed what it brought since, and their work would be lost."""

    def __init__(self, import_id: int, since: Sequence[Since]) -> None:
        things = len({(each.noun, each.id) for each in since})
        super().__init__(
            f"Import {import_id} cannot be undone: {things} of the things that it changed were changed again since. "
            "Withdraw those changes first, or set right one by one what is wrong."
        )
        self.import_id, self.since = import_id, tuple(since)


class BackupRefused(SignpostError):
    """A backup cannot be written, is damaged or newer than this program, or the place to restore into is not empty."""


class RecordDamaged(SignpostError):
    """A record on disk or in the database is edited, missing, reordered or cut off."""


class IndexDamaged(SignpostError):
    """The search index cannot be read; it is rebuilt from the database."""


class DeliveryFailed(SignpostError):
    """A channel did not accept a message.

    `permanent` is true where trying again cannot help (the mailbox does not exist).
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent
