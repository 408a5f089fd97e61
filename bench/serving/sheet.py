"""A directory as a file to import: each service as it was at first, or as it is today."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench.corpus import services
from bench.world.service import Service
from directory.exchange.services_csv_writing import SheetService, write

# The first services have as many routes as any.
_LOOKED_AT = 1_000


def write_sheet(file: Path, size: int, *, state: int = -1) -> int:
    """Write `size` services as `services-csv`, as they are in one of their states; how many there are."""
    routes = max(len(each.facts.referral_routes) for each in islice(services(size), _LOOKED_AT))
    with file.open("w", encoding="utf-8", newline="") as out:
        return write(out, _rows(size, state), routes=routes)


def _rows(size: int, state: int) -> Iterator[SheetService]:
    return (_row(service, state) for service in services(size))


def _row(service: Service, state: int) -> SheetService:
    then = service.states[state]
    owner = service.owners[then.facts.owner.organisation]
    team = service.teams[then.facts.owner.team or ""]
    return SheetService(service.slug, then.facts, owner.name, owner.ods_code, team.name, then.effective_from)
