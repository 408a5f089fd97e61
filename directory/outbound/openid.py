"""An OpenID provider, spoken to by Authlib: where to send somebody, and what comes back, its signature checked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import OAuth2Client, OAuthError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from directory.domain.openid import Asked
from directory.domain.paths import is_loopback
from directory.errors import ProviderFailed, SignInRefused

TIMEOUT_SECONDS = 10.0
METADATA_SECONDS = 3600.0
# Never "none", and none by which the provider and we would share a key.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LARGEST_TOKEN = 64 * 1024


@dataclass(slots=True)
class Provider:
    """The provider of the settings. Its metadata are read when they are first needed, and again after an hour."""

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    scopes: str
    clock: Callable[[], float] = monotonic
    _metadata: Mapping[str, Any] = field(default_factory=dict)
    _read_at: float = 0.0
    _keys: KeySet | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Reading the machine's authorities takes longer than all the rest of a sign-in: once is enough.
    _tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def address(self, asked: Asked, *, max_age: int, acr: str) -> str:
        """Where to send the browser; raises ProviderFailed. `acr` are levels separated by spaces, or empty."""
        given: dict[str, Any] = {"nonce": asked.nonce, "code_verifier": asked.verifier, "max_age": max_age}
        if acr:
            given["acr_values"] = acr
        endpoint = self._about()["authorization_endpoint"]
        with self._client() as client:
            address, _ = client.create_authorization_url(endpoint, state=asked.state, **given)
        return str(address)

    def claims(self, code: str, asked: Asked, *, answered_by: str | None) -> Mapping[str, Any]:
        """What the ID token for a code says; raises ProviderFailed, and SignInRefused where it is not to be believed.

        `answered_by` is the `iss` of the answer (RFC 9207), None where there was none.
        """
        metadata = self._about()
        promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if answered_by != self.issuer and (promised or answered_by is not None):
            raise SignInRefused("Another provider answered than the one that was asked. Start again.")
        with self._client() as client:
            try:
                answer = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=asked.verifier)
            except OAuthError:
                raise SignInRefused("Your organisation's sign-in did not accept this answer. Start again.") from None
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, KeyError, AttributeError) as failure:
                raise ProviderFailed(_away(failure)) from failure
        token = answer.get("id_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or len(token) > LARGEST_TOKEN:
            raise SignInRefused("Your organisation's sign-in did not say who you are.")
        return self._verified(token)

    def _verified(self, token: str) -> Mapping[str, Any]:
        for fresh in (False, True):
            try:
                return jwt.decode(token, self._key_set(fresh=fresh), algorithms=list(ALGORITHMS)).claims
            except (JoseError, ValueError, TypeError, KeyError, AttributeError):
                # Perhaps it changed its keys since we read them: once more, with those of now.
                continue
        raise SignInRefused("The signature of your organisation's sign-in does not hold.")

    def _about(self) -> Mapping[str, Any]:
        with self._lock:
            if not self._metadata or self.clock() - self._read_at > METADATA_SECONDS:
                found = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                self._check(found)
                self._metadata, self._read_at, self._keys = found, self.clock(), None
            return self._metadata

    def _check(self, found: Mapping[str, Any]) -> None:
        if found.get("issuer") != self.issuer:
            raise ProviderFailed("The OpenID provider calls itself by another name than SIGNPOST_OIDC_ISSUER.")
        for name in _ENDPOINTS:
            address = found.get(name)
            if not isinstance(address, str) or not is_safe_address(address, self.issuer):
                raise ProviderFailed(f"The OpenID provider gives no usable {name}.")

    def _key_set(self, *, fresh: bool) -> KeySet:
        address = self._about()["jwks_uri"]
        with self._lock:
            if fresh or self._keys is None:
                found = self._read(address)
                try:
                    self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
                except (JoseError, ValueError, TypeError, KeyError, AttributeError) as failure:
                    raise ProviderFailed("The OpenID provider's keys cannot be read.") from failure
            return self._keys

    def _read(self, address: str) -> Mapping[str, Any]:
        try:
            with httpx2.Client(timeout=TIMEOUT_SECONDS, verify=self._tls) as client:
                answer = client.get(address, headers={"Accept": "application/json"})
                answer.raise_for_status()
                found = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as failure:
            raise ProviderFailed(_away(failure)) from failure
        if not isinstance(found, dict):
            raise ProviderFailed(_away(None))
        return found

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
            redirect_uri=self.redirect_uri,
            scope=self.scopes,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            verify=self._tls,
        )


def is_safe_address(address: str, issuer: str) -> bool:
    """Whether we may be sent to an address of the provider: https, or this machine where the provider is on it too."""
    try:
        parts, home = urlsplit(address), urlsplit(issuer)
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and is_loopback(parts.hostname) and home.scheme == "http"


def _away(failure: Exception | None) -> str:
    # Its own words may quote codes and secrets: only the kind of failure is told.
    kind = type(failure).__name__ if failure else "no JSON object"
    return f"Your organisation's sign-in does not answer as it should ({kind}). Try again, or sign in by email."
