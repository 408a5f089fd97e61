"""A file of FHIR: a whole directory by IHE mCSD (R4) as one Bundle, as `signpost export --format fhir` writes it.

Services are found again by the address under which their server has them (`fullUrl`), else by their id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from directory.domain.service import Identifier
from directory.domain.source import Reading, SourceOrganisation, SourceService
from directory.exchange import mcsd
from directory.exchange.fhir_exact import NAME, organisation_exactly, own_extensions, taken_exactly
from directory.exchange.findings import Findings, not_of_the_format
from directory.exchange.hsds_json import Json, object_of, objects_of, text_of
from directory.exchange.mcsd_history import LONGEST_KEY, TYPES, bundle_of, kept
from directory.exchange.prose import line_of

FORMAT = "fhir"
_BUNDLE = re.compile(r'"resourceType"\s*:\s*"Bundle"')
_LOOKED_AT = 4_000
_SERVICE = "HealthcareService"


def looks_like(text: str) -> bool:
    """Whether a text can be a Bundle: JSON that says so at its beginning."""
    return text.lstrip()[:1] == "{" and _BUNDLE.search(text[:_LOOKED_AT]) is not None


def read(data: bytes) -> Reading:
    """The services of a Bundle; `row` counts them by their ids.

    Raises `Invalid` where it is no Bundle, or one page of more: what is on the others would seem to be gone.
    """
    bundle = bundle_of(data)
    if any(text_of(link, "relation") == "next" for link in objects_of(bundle, "link")):
        raise not_of_the_format(
            "It is one page of a longer answer. Save all of it in one Bundle, or use signpost source add."
        )
    file = _File()
    for row, entry in enumerate(objects_of(bundle, "entry"), start=1):
        file.take(entry, row)
    reading = mcsd.read(file.resources, file.base)
    organisations = {key: file.organisation(key) for key in file.resources if key.startswith("Organization/")}
    services = [file.named(file.exactly(service, organisations)) for service in reading.services]
    problems = (*file.findings.problems, *reading.problems)
    return replace(reading, format=FORMAT, services=tuple(services), problems=problems)


@dataclass(slots=True)
class _File:
    """Resources by type and id, with the exact words and the address of each; and of the server, its address."""

    resources: dict[str, Json] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    exact: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    base: str = ""
    findings: Findings = field(default_factory=Findings)

    def take(self, entry: Json, row: int) -> None:
        """One entry, by its position from 1; of several versions the first, which is the newest, stands."""
        resource, asked = object_of(entry, "resource"), object_of(entry, "request")
        type_, id_ = text_of(resource, "resourceType"), text_of(resource, "id")
        url, key = text_of(entry, "fullUrl"), f"{type_}/{id_}"
        if text_of(asked, "method") == "DELETE" or not resource:
            self.gone.add("/".join((text_of(asked, "url") or url).split("/_history")[0].split("/")[-2:]))
            return
        # What has no id is referred to by an address that is only good inside the Bundle.
        key = key if id_ else f"{type_}/{url}"
        if type_ not in TYPES or key.endswith("/") or key in self.resources or key in self.gone:
            return
        if len(key) > LONGEST_KEY:
            self.findings.problem(row, "id", f"{key[:60]}… is too long; FHIR takes up to 64 characters")
        else:
            self._keep(key, url, resource)

    def _keep(self, key: str, url: str, resource: Json) -> None:
        if here := url.endswith(f"/{key}"):
            self.base = self.base or url.removesuffix(f"/{key}")
            self.addresses[key] = url
        for each in own_extensions(resource, self.base, NAME) if self.base else ():
            # Its words are looked through as all others are, once they are taken apart.
            resource = {**resource, "extension": [it for it in objects_of(resource, "extension") if it != each]}
            self.exact[key] = text_of(each, "valueString")
        self.resources[key] = json.loads(kept(resource))
        if url and not here:
            self.resources.setdefault(url, self.resources[key])

    def organisation(self, key: str) -> SourceOrganisation:
        """An Organization of the file, as it was where it says so."""
        given = self.resources[key]
        found = mcsd.organisation_of(given, line_of(text_of(given, "name")), 0)
        return organisation_exactly(found, self.exact[key]) if key in self.exact else found

    def exactly(self, service: SourceService, organisations: Mapping[str, SourceOrganisation]) -> SourceService:
        """A service as it was where it says so, with the slug that it has there."""
        key = self._key(service)
        owner = organisations.get(f"Organization/{service.organisation.foreign_id}")
        if owner is not None and service.organisation.foreign_id:
            service = replace(service, organisation=replace(owner, row=service.row))
        if key not in self.exact:
            return service
        found = self.resources[key]
        slugs = [each for each in objects_of(found, "identifier") if self._is_slug(each)]
        taken = taken_exactly(service, found, self.exact[key], organisations, self.base)
        return replace(taken, slug=next((text_of(each, "value") for each in slugs), None))

    def named(self, service: SourceService) -> SourceService:
        """Found again by its address, if it has one."""
        key = self._key(service)
        address = self.addresses.get(key, "")
        value = address if 0 < len(address) <= Identifier.LONGEST else key.removeprefix(f"{_SERVICE}/")
        identifier = Identifier(FORMAT, value[: Identifier.LONGEST])
        given = service.set.get("identifiers")
        others = [each for each in given if each != service.identifier] if isinstance(given, tuple) else []
        return replace(service, identifier=identifier, set={**service.set, "identifiers": (*others, identifier)})

    def _key(self, service: SourceService) -> str:
        assert service.identifier is not None
        return f"{_SERVICE}/{service.identifier.value}"

    def _is_slug(self, given: Json) -> bool:
        return text_of(given, "system") == f"{self.base}/identifier/service"
