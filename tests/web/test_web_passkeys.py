"""Passkeys without a browser: what is replayed, forged, borrowed or stale gains nothing."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from directory.app import build as build_app
from directory.errors import SettingsError
from directory.gate.routes import may
from directory.settings import load
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of

LEE = "lee@northmoor.example"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """An authenticator by the standard's own bytes, that does as it is told."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = b"credential-of-lee"
    count: int = 0
    flags: int = PRESENT | VERIFIED
    host: str = "localhost"
    origin: str = "http://localhost:8000"

    def make(self, options: dict[str, Any], **lie: Any) -> str:
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        credential = bytes(16) + len(self.id).to_bytes(2) + self.id + cose
        data = self._data(self.flags | ATTESTED) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, lie)
        return self._answer({"clientDataJSON": _text(client), "attestationObject": _text(attestation)})

    def show(self, options: dict[str, Any], **lie: Any) -> str:
        self.count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options, lie)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        given = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer({name: _text(value) for name, value in given.items()})

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, options: dict[str, Any], lie: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | lie).encode()

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps({"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response})


def _text(given: bytes) -> str:
    return urlsafe_b64encode(given).rstrip(b"=").decode()


@pytest.fixture
def required(site: FoundSite) -> FoundSite:
    site.settings = site.settings.model_copy(update={"passkeys": "required", "base_url": "http://localhost:8000"})
    return site


def lee_at(site: FoundSite) -> TestClient:
    """Lee's browser, on an application with one thing to publish."""
    app = build_app(site)
    app.routes.insert(
        0, Route("/thing", may("publish", lambda _request: PlainTextResponse("published")), methods=["POST"])
    )
    app.routes.insert(0, Route("/thing", may("publish", lambda _request: PlainTextResponse("a form"))))
    known = signed_in(site, LEE, role="lead", team="tissue-viability")
    client = TestClient(app, "http://localhost:8000", headers=dict(known.headers), follow_redirects=False)
    # The cookie jar calls a host without a dot so.
    client.cookies.set("signpost-session", next(iter(known.cookies.jar)).value or "", domain="localhost.local")
    return client


def options_in(html: str) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]*)"', html)
    assert found, words_of(html)
    given: dict[str, Any] = json.loads(unescape(found[1]))
    return given


def add(client: TestClient, device: Device, **lie: Any) -> Any:
    options = options_in(client.get("/account/passkeys/add").text)
    return client.post("/account/passkeys/add", data={"answer": device.make(options, **lie), "name": "Laptop"})


def show(client: TestClient, device: Device, **lie: Any) -> Any:
    options = options_in(client.get("/step-up?next=/thing").text)
    return client.post("/step-up", data={"answer": device.show(options, **lie), "next": "/thing"})


def test_publishing_waits_for_a_passkey(required: FoundSite) -> None:
    client, device = lee_at(required), Device()
    assert client.get("/thing").headers["Location"] == "/step-up?next=%2Fthing"
    kept = client.post("/thing", data={"note": "typed"})
    assert kept.status_code == 403
    assert h1(kept.text) == "Show your passkey to go on"
    assert "typed" in kept.text
    assert add(client, device).status_code == 303
    assert client.post("/thing").text == "published"
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    assert client.get("/thing").status_code == 303
    assert show(client, device).headers["Location"] == "/thing"
    assert client.post("/thing").text == "published"


def test_offered_asks_only_those_who_have_one(required: FoundSite) -> None:
    required.settings = required.settings.model_copy(update={"passkeys": "offered"})
    client = lee_at(required)
    assert client.post("/thing").text == "published"
    add(client, Device())
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    assert client.post("/thing").status_code == 403


def test_off_is_off(required: FoundSite) -> None:
    required.settings = required.settings.model_copy(update={"passkeys": "off"})
    client = lee_at(required)
    assert client.post("/thing").text == "published"
    for path in ("/account/passkeys", "/account/passkeys/add", "/step-up"):
        assert client.get(path).status_code == 404
        assert client.post(path, data={"answer": "{}"}).status_code in (404, 405)


LIES: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "http://evil.example"},
    "another port": {"origin": "http://localhost:8001"},
    "another challenge": {"challenge": "AAAA"},
    "no challenge": {"challenge": None},
    "another kind": {"type": "webauthn.other"},
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_an_answer_to_this_is_refused(required: FoundSite, lie: str) -> None:
    client, device = lee_at(required), Device()
    assert add(client, device, **LIES[lie]).status_code == 422
    assert add(client, device).status_code == 303
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    assert show(client, device, **LIES[lie]).status_code == 422
    assert client.post("/thing").status_code == 403


@pytest.mark.parametrize("change", [{"host": "evil.example"}, {"flags": PRESENT}, {"flags": VERIFIED}, {"flags": 0}])
def test_a_device_elsewhere_or_without_its_owner_is_refused(required: FoundSite, change: dict[str, Any]) -> None:
    client = lee_at(required)
    assert add(client, Device(**change)).status_code == 422
    device = Device()
    add(client, device)
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    for name, value in change.items():
        setattr(device, name, value)
    assert show(client, device).status_code == 422
    assert client.post("/thing").status_code == 403


def test_an_answer_counts_once(required: FoundSite) -> None:
    client, device = lee_at(required), Device()
    add(client, device)
    options = options_in(client.get("/step-up").text)
    answer = device.show(options)
    assert client.post("/step-up", data={"answer": answer}).status_code == 303
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    assert client.post("/step-up", data={"answer": answer}).status_code == 422
    assert client.post("/thing").status_code == 403


def test_a_copied_device_is_noticed(required: FoundSite) -> None:
    client, device = lee_at(required), Device()
    add(client, device)
    show(client, device)
    device.count = 0
    assert show(client, device).status_code == 422


def test_anothers_device_is_of_no_use(required: FoundSite) -> None:
    lee, device = lee_at(required), Device()
    add(lee, device)
    stranger = Device(id=b"another")
    assert show(lee, stranger).status_code == 422
    forger = Device(count=5)
    assert show(lee, forger).status_code == 422


def test_an_answer_that_comes_late_is_refused(required: FoundSite) -> None:
    client, device = lee_at(required), Device()
    options = options_in(client.get("/account/passkeys/add").text)
    required.clock = lambda: build.NOON + timedelta(minutes=5, seconds=1)
    assert client.post("/account/passkeys/add", data={"answer": device.make(options)}).status_code == 422


@pytest.mark.parametrize(
    "answer", ["", "{", "[]", "null", "{}", '{"id": 1}', "x" * 200_000, '{"id":"a","rawId":"YQ"}', "\x00"]
)
def test_any_answer_gets_a_page(required: FoundSite, answer: str) -> None:
    client = lee_at(required)
    client.get("/account/passkeys/add")
    assert client.post("/account/passkeys/add", data={"answer": answer}).status_code == 422
    add(client, Device())
    client.get("/step-up")
    assert client.post("/step-up", data={"answer": answer}).status_code == 422


def test_a_screen_left_open_gains_no_passkey(required: FoundSite) -> None:
    client = lee_at(required)
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    answer = client.get("/account/passkeys/add")
    assert answer.headers["Location"] == "/sign-in?next=%2Faccount%2Fpasskeys%2Fadd"
    assert h1(client.get(answer.headers["Location"]).text) == "Sign in again"
    assert client.post("/account/passkeys/add", data={"answer": "{}"}).status_code == 401


def test_who_has_one_shows_it_before_signing_out_elsewhere(required: FoundSite) -> None:
    client, other, device = lee_at(required), lee_at(required), Device()
    add(client, device)
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    assert client.post("/account/sessions").status_code == 403
    assert other.get("/account").status_code == 200
    show(client, device)
    assert client.post("/account/sessions").status_code == 303
    assert other.get("/account").status_code == 303


def test_passkeys_that_are_out_of_use_are_not_asked_for(required: FoundSite) -> None:
    client, other = lee_at(required), lee_at(required)
    add(client, Device())
    required.settings = required.settings.model_copy(update={"passkeys": "off"})
    required.clock = lambda: build.NOON + timedelta(minutes=14)
    assert client.post("/account/sessions").status_code == 303
    assert other.get("/account").status_code == 303


def test_who_has_one_shows_it_before_adding_or_removing(required: FoundSite) -> None:
    client, device = lee_at(required), Device()
    add(client, device)
    required.clock = lambda: build.NOON + timedelta(minutes=16)
    assert client.get("/account/passkeys/add").headers["Location"].startswith("/step-up?")
    key = _text(device.id)
    assert client.post("/account/passkeys/remove", data={"id": key}).status_code == 403
    show(client, device)
    assert client.post("/account/passkeys/remove", data={"id": key}).status_code == 303
    assert "You have none yet" in words_of(client.get("/account/passkeys").text)


def test_only_these_pages_run_scripts(required: FoundSite) -> None:
    client = lee_at(required)
    assert client.get("/account/passkeys/add").headers["Content-Security-Policy"].endswith("; script-src 'self'")
    assert "script-src" not in client.get("/account").headers["Content-Security-Policy"]


def test_passkeys_need_a_host_name() -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_PASSKEYS: passkeys need a host name"):
        load({"SIGNPOST_PASSKEYS": "offered", "SIGNPOST_BASE_URL": "http://127.0.0.1:8000"})
    assert load({"SIGNPOST_PASSKEYS": "offered", "SIGNPOST_BASE_URL": "http://localhost:8000"}).passkeys == "offered"
