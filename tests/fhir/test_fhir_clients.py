"""Two FHIR clients that know nothing of this server read, search and page through it, over a socket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.healthcareservice import HealthcareService
from fhirclient.models.location import Location
from fhirclient.models.organization import Organization
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound

from tests.running import Signpost


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signpost]:
    """The starter content, served."""
    furnished: Path = request.getfixturevalue("_furnished")
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(furnished / "home", folder / "home")
    shutil.copy(furnished / "signpost.db", folder / "signpost.db")
    installed = Signpost(folder / "home", database_url=f"sqlite:///{folder / 'signpost.db'}")
    installed.start()
    yield installed
    installed.kill()


@pytest.fixture(scope="module")
def total(server: Signpost) -> int:
    answer = httpx.get(f"{server.base_url}/fhir/HealthcareService?_summary=count").json()
    assert answer["total"] > 80
    return int(answer["total"])


def test_fhirclient(server: Signpost, total: int) -> None:
    client = FHIRClient(settings={"app_id": "test", "api_base": f"{server.base_url}/fhir"})
    paged = list(HealthcareService.where(struct={"_count": "20"}).perform_resources_iter(client.server))
    assert len({each.id for each in paged}) == len(paged) == total
    first = HealthcareService.read(paged[0].id, client.server)
    assert first.as_json() == paged[0].as_json()
    (found,) = HealthcareService.where(struct={"name:exact": first.name}).perform_resources_iter(client.server)
    assert found.id == first.id
    owner = first.providedBy.resolved(Organization) or Organization.read_from(first.providedBy.reference, client.server)
    assert any(each.id == first.id for each in _of(owner, client))
    bundles = HealthcareService.where(struct={"_include": "HealthcareService:location"}).perform_iter(client.server)
    assert any(isinstance(each.resource, Location) for bundle in bundles for each in bundle.entry)


def _of(owner: Organization, client: FHIRClient) -> list[HealthcareService]:
    return list(HealthcareService.where(struct={"organization": owner.id}).perform_resources_iter(client.server))


def test_fhirpy(server: Signpost, total: int) -> None:
    client = SyncFHIRClient(f"{server.base_url}/fhir")
    services = client.resources("HealthcareService")
    paged = services.limit(25).fetch_all()
    assert len({each["id"] for each in paged}) == len(paged) == total
    assert services.count() == total
    first = client.reference("HealthcareService", paged[0]["id"]).to_resource()
    assert dict(first) == dict(paged[0])
    (found,) = services.search(name__exact=first["name"]).fetch()
    assert found["id"] == first["id"]
    owner = first["providedBy"].to_resource()
    assert first["id"] in {each["id"] for each in services.search(organization=owner.id).limit(500).fetch()}
    together = client.resources("Organization").search(_id=owner.id).revinclude("HealthcareService", "organization")
    types = {each["resource"]["resourceType"] for each in together.fetch_raw()["entry"]}
    assert types == {"Organization", "HealthcareService"}
    with pytest.raises(ResourceNotFound):
        client.reference("HealthcareService", "nobody").to_resource()
