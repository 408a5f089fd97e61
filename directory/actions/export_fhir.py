"""The whole directory as one Bundle of FHIR R4, by IHE mCSD: every resource as it stood on a day."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from directory.actions.export import Export, Exported
from directory.actions.fhir_resources import is_area, rendered
from directory.actions.open_referral import On, Owners
from directory.exchange import mcsd
from directory.exchange.fhir_codes import Json, extension, resource_id
from directory.exchange.fhir_exact import NAME, exact_organisation, exact_service
from directory.exchange.fhir_shown import at_address
from directory.exchange.prose import line_of
from directory.store.batches import in_batches
from directory.store.database import Database
from directory.store.fhir_history import every_subject
from directory.store.versions import VersionRow, load_in_force


def export_fhir(database: Database, job: Export) -> Exported:
    """Write a Bundle of type `collection`, with one resource on each line, and what it refers to before it."""
    done = Exported()
    aside = job.out.with_name(f".{job.out.name}.{os.getpid()}")
    try:
        with database.read() as connection, aside.open("w", encoding="utf-8", newline="\n") as out:
            out.write('{"resourceType":"Bundle","type":"collection"')
            between = ',"entry":[\n'
            for body in _Bundle(connection, job).bodies():
                done.services += body["resourceType"] == "HealthcareService"
                entry = {"fullUrl": f"{job.base_url}/fhir/{body['resourceType']}/{body['id']}", "resource": body}
                out.write(between + json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
                between = ",\n"
            # FHIR has no empty lists.
            out.write("}\n" if between.startswith(',"') else "\n]}\n")
            out.flush()
            os.fsync(out.fileno())
        aside.replace(job.out)
    finally:
        aside.unlink(missing_ok=True)
    return done


@dataclass(slots=True)
class _Bundle:
    connection: Connection
    job: Export
    written: set[str] = field(default_factory=set)

    def bodies(self) -> Iterator[Json]:
        """Every resource once: what several services cover is one."""
        for batch in in_batches(every_subject(self.connection)):
            found = rendered(self.connection, batch, on=self.job.on, known_at=self.job.known_at)
            exact = self._exact(batch)
            for subject, resources in found.items():
                bodies = [at_address(each.body, self.job.base_url) for each in resources]
                if subject in exact:
                    bodies[-1].setdefault("extension", []).append(_extension(exact[subject](bodies), self.job.base_url))
                yield from (each for each in bodies if not is_area(each) or self._is_new(each["id"]))

    def _is_new(self, area: str) -> bool:
        known = area in self.written
        self.written.add(area)
        return not known

    def _exact(self, subjects: Sequence[str]) -> Mapping[str, Callable[[Sequence[Json]], str]]:
        """How to say, of the resources of some subjects, what FHIR does not carry of them."""
        ids: dict[str, list[str]] = {}
        for noun, _, key in (subject.partition(" ") for subject in subjects):
            ids.setdefault(noun, []).append(key)
        on = On(self.job.on, self.job.zone, self.job.known_at)
        services, organisations = (
            load_in_force(self.connection, noun, ids.get(noun, ()), on=on.day, known_at=on.known_at)
            for noun in ("service", "organisation")
        )
        owners = Owners.of(self.connection, {key: [row] for key, row in services.items()}, on)
        return {
            **{f"service {key}": partial(self._of_service, row, owners) for key, row in services.items()},
            **{f"organisation {key}": partial(_of_organisation, row) for key, row in organisations.items()},
        }

    def _of_service(self, row: VersionRow, owners: Owners, bodies: Sequence[Json]) -> str:
        base, service = f"{self.job.base_url}/fhir", bodies[-1]
        key = service["providedBy"]["reference"]
        owner = {"resourceType": "Organization", "id": key.partition("/")[2], "name": "Its owner"}
        (read,) = mcsd.read({key: owner, **{f"{it['resourceType']}/{it['id']}": it for it in bodies}}, base).services
        team = owners.team(row)
        named = resource_id("organisation", row.facts.owner.organisation), team[1] if team else None
        return exact_service(service, read, row.facts, named, base)


def _of_organisation(row: VersionRow, bodies: Sequence[Json]) -> str:
    return exact_organisation(mcsd.organisation_of(bodies[-1], line_of(bodies[-1]["name"]), 0), row.facts)


def _extension(value: str, base_url: str) -> Json:
    return at_address(extension(NAME, valueString=value), base_url)
