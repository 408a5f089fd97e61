"""The door of this room: a file in, a `Reading` out, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from directory.domain.source import Reading
from directory.exchange import fhir_bundle, hsds, nhs_hospitals, ods, services_csv, spreadsheet
from directory.exchange.findings import not_of_the_format
from directory.exchange.tabular import head_of

READERS: Mapping[str, Callable[[bytes], Reading]] = {
    services_csv.FORMAT: services_csv.read,
    hsds.FORMAT: hsds.read,
    fhir_bundle.FORMAT: fhir_bundle.read,
    nhs_hospitals.FORMAT: nhs_hospitals.read,
    ods.TRUSTS: ods.read_trusts,
    ods.SUCCESSORS: ods.read_successors,
    ods.MEMBERSHIPS: ods.read_memberships,
}
# As much of a file as tells its format.
_HEAD = 100_000
FORMATS: tuple[str, ...] = tuple(READERS)


def read(path: Path, format: str = "auto") -> Reading:
    """What a file says, as the reader of its format takes it; `auto` tells the format by the file's content.

    Raises `Invalid` where the file cannot be opened, is of no known format, or is not of the format that was named.
    Bad rows raise nothing: they are the reading's `problems`.
    """
    with _opened(path) as file:
        known = _format_of(path.name, file.read(_HEAD)) if format == "auto" else _known(format)
        file.seek(0)
        # Spreadsheets are as large as any, and read row by row.
        return services_csv.read_file(file) if known == services_csv.FORMAT else READERS[known](file.read())


def read_bytes(data: bytes, name: str, format: str = "auto") -> Reading:
    """The same of a file that is in memory; raises `Invalid` where it is of no known format or not of the one named."""
    return READERS[_format_of(name, data[:_HEAD]) if format == "auto" else _known(format)](data)


def detect(path: Path) -> str:
    """The format of a file by its first bytes and first line; raises `Invalid` where no format is like it."""
    with _opened(path) as file:
        return _format_of(path.name, file.read(_HEAD))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise not_of_the_format(f"{path} cannot be read: {error.strerror or error}.") from None


def _known(format: str) -> str:
    if format not in READERS:
        raise not_of_the_format(f"There is no format “{format}”; the formats are {', '.join(FORMATS)}.")
    return format


def _format_of(name: str, data: bytes) -> str:
    if data.startswith(spreadsheet.SIGNATURE):
        return services_csv.FORMAT
    text = head_of(data)
    for format, looks_like in (
        (fhir_bundle.FORMAT, fhir_bundle.looks_like),
        (hsds.FORMAT, hsds.looks_like),
        (nhs_hospitals.FORMAT, nhs_hospitals.looks_like),
        (ods.SUCCESSORS, ods.looks_like_successors),
        (ods.MEMBERSHIPS, ods.looks_like_memberships),
        (ods.TRUSTS, ods.looks_like_trusts),
        (services_csv.FORMAT, services_csv.looks_like),
    ):
        if looks_like(text):
            return format
    raise not_of_the_format(f"{name} is of no known format; say which it is: {', '.join(FORMATS)}.")
