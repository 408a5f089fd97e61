"""An OpenID provider on loopback that lies on demand: its discovery, keys and tokens are whatever a test says."""

from __future__ import annotations

import hmac
import json
import socket
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CLIENT, SECRET = "signpost", "s3cret"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})


def _signed(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)


@dataclass
class Provider:
    """What it answers; by default, the truth."""

    now: datetime
    port: int = 0
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    sign: Callable[[dict[str, Any]], str] = _signed
    metadata: dict[str, Any] = field(default_factory=dict)
    keys: Any = None
    token: Callable[[], Response] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def be_truthful(self) -> None:
        """Forget what an earlier test had it say."""
        vars(self).update(vars(Provider(self.now, self.port)))

    def id_token(self) -> str:
        now = int(self.now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": "u-1", "aud": CLIENT, "exp": now + 300, "iat": now, "auth_time": now - 60,
            "nonce": self.nonce, "acr": "aal2", "email": "lee@northmoor.example", "email_verified": True,
        }  # fmt: skip
        claims |= self.claims
        return self.sign({name: value for name, value in claims.items() if name not in self.without})

    def discovery(self, _request: Request) -> Response:
        about = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return _json(about | self.metadata)

    def jwks(self, _request: Request) -> Response:
        return _json(self.keys if self.keys is not None else {"keys": [KEY.as_dict(private=False)]})

    async def issue(self, request: Request) -> Response:
        self.asked.append(dict(parse_qsl((await request.body()).decode())))
        if self.token is not None:
            return self.token()
        return _json({"access_token": "a", "token_type": "Bearer", "id_token": self.id_token()})


def unsigned(claims: dict[str, Any]) -> str:
    """The oldest trick: a token that says that it needs no signature."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def signed_by_another(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER_KEY)


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """HS256 with what everybody knows as the secret."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    # By hand: the library would not do it.
    signature = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def signed_with_the_client_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 6))


def signed_with_a_key_of_its_own(claims: dict[str, Any]) -> str:
    """With the key that the token itself brings along."""
    return jwt.encode({"alg": "RS256", "jwk": OTHER_KEY.as_dict(private=False)}, claims, OTHER_KEY)


def of_an_elliptic_curve(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, ECKey.generate_key("P-256"))


def tampered(claims: dict[str, Any]) -> str:
    head, _, signature = _signed(claims).split(".")
    return f"{head}.{_part(claims | {'email': 'ed@northmoor.example'})}.{signature}"


def _part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _json(value: Any) -> Response:
    return Response(value if isinstance(value, bytes) else json.dumps(value), media_type="application/json")


@contextmanager
def running(now: datetime) -> Iterator[Provider]:
    """A provider at work until the block ends."""
    provider = Provider(now)
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/keys", provider.jwks),
            Route("/token", provider.issue, methods=["POST"]),
        ]
    )
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        provider.port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield provider
        server.should_exit = True
        thread.join(10)
