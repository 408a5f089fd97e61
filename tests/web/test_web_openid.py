"""Signing in with one's organisation: by a provider that tells the truth, and by one that lies in every way we know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from starlette.responses import Response

from directory.store import people, roster, sign_ins
from tests import build
from tests.web import provider as making
from tests.web.conftest import FoundSite, TestClient, client_of, h1, words_of
from tests.web.provider import Provider, running
from tests.web.test_web_sign_in import code_in, link_in, mail_to, name_on

LEE = "lee@northmoor.example"
NOW = int(build.NOON.timestamp())
LARGE = 10**400


@pytest.fixture(scope="module")
def at_work() -> Iterator[Provider]:
    with running(build.NOON) as provider:
        yield provider


@pytest.fixture
def provider(site: FoundSite, at_work: Provider) -> Provider:
    at_work.be_truthful()
    site.settings = site.settings.model_copy(
        update={
            "oidc_issuer": at_work.issuer,
            "oidc_client_id": making.CLIENT,
            "oidc_client_secret": SecretStr(making.SECRET),
            "oidc_acr": "aal2, aal3",
            "oidc_name": "Northmoor account",
        }
    )
    return at_work


def come_in(client: TestClient, provider: Provider, **given: str) -> Any:
    """The whole way, as a browser goes it: to the provider, which lets anybody in, and back."""
    away = client.get("/sign-in/openid", params={"next": "/changes"})
    assert away.status_code == 303, words_of(away.text)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["Location"]).query).items()}
    provider.nonce = asked["nonce"]
    return client.get("/sign-in/openid/callback", params={"code": "c", "state": asked["state"]} | given)


def test_the_request_says_what_is_needed(client: TestClient, provider: Provider) -> None:
    assert "Sign in with Northmoor account" in words_of(client.get("/sign-in").text)
    away = client.get("/sign-in/openid")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["Location"]).query).items()}
    assert asked["client_id"] == making.CLIENT
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/openid/callback"
    assert asked["scope"] == "openid email profile"
    assert asked["acr_values"] == "aal2 aal3"
    assert asked["max_age"] == "43200"
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43


def test_who_the_provider_vouches_for_is_in(client: TestClient, provider: Provider, site: FoundSite) -> None:
    answer = come_in(client, provider)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/changes")
    assert name_on(client) == LEE
    assert provider.asked[0]["code_verifier"]
    with site.database.read() as connection:
        assert sign_ins.person_of(connection, provider.issuer, "u-1") is not None


def test_who_the_provider_did_not_ask_is_asked_before_others_are_signed_out(
    client: TestClient, provider: Provider, site: FoundSite
) -> None:
    other = client_of(site)
    come_in(other, provider)
    provider.claims = {"auth_time": NOW - 3600}
    come_in(client, provider)
    assert client.post("/account/sessions").status_code == 401
    # From here on it is told not to answer from what it remembers.
    assert "max_age=900" in client.get("/sign-in/openid").headers["Location"]
    come_in(client, provider)
    assert client.post("/account/sessions").status_code == 401
    provider.claims = {}
    come_in(client, provider)
    assert client.post("/account/sessions").status_code == 303
    assert other.get("/account").status_code == 303


def test_a_passkey_is_asked_of_who_came_in_by_the_provider_too(
    client: TestClient, provider: Provider, site: FoundSite
) -> None:
    come_in(client, provider)
    with site.database.write() as connection:
        lee = people.by_email(connection, LEE)
        people.join(connection, person_id=lee.id, team_id="tissue-viability", role="lead", at=build.NOON)
    assert client.post("/offers/none/again").status_code == 404
    site.settings = site.settings.model_copy(update={"passkeys": "required"})
    refused = client.post("/offers/none/again")
    assert (refused.status_code, h1(refused.text)) == (403, "Show your passkey to go on")


def test_it_is_the_subject_that_counts_not_the_address(client: TestClient, provider: Provider, site: FoundSite) -> None:
    come_in(client, provider)
    provider.claims = {"email": "ed@northmoor.example"}
    again = client_of(site)
    come_in(again, provider)
    assert name_on(again) == LEE
    provider.claims = {"sub": "u-2", "email": "ed@northmoor.example"}
    other = client_of(site)
    come_in(other, provider)
    assert name_on(other) == "ed@northmoor.example"


def test_an_address_that_nobody_vouches_for_is_asked_by_mail(
    client: TestClient, provider: Provider, site: FoundSite
) -> None:
    provider.claims = {"email_verified": False}
    answer = come_in(client, provider)
    assert h1(answer.text) == "Look at your email"
    assert name_on(client) is None
    assert client.post(link_in(mail_to(site, LEE))).status_code == 303
    assert name_on(client) == LEE
    again = client_of(site)
    assert come_in(again, provider).status_code == 303
    assert name_on(again) == LEE


def test_nobody_ties_their_identity_to_anothers_address(
    client: TestClient, provider: Provider, site: FoundSite
) -> None:
    """Whose address it is types the code in their own browser: the stranger's identity does not become theirs."""
    provider.claims = {"sub": "stranger", "email_verified": False}
    come_in(client, provider)
    text, lee = mail_to(site, LEE), client_of(site)
    assert lee.post(link_in(text), data={"code": code_in(text)}).status_code == 303
    with site.database.read() as connection:
        assert sign_ins.person_of(connection, provider.issuer, "stranger") is None


LIES: dict[str, dict[str, Any]] = {
    "another audience": {"claims": {"aud": "another"}},
    "no audience": {"without": ("aud",)},
    "an empty list of audiences": {"claims": {"aud": []}},
    "two audiences and no party": {"claims": {"aud": [making.CLIENT, "another"]}},
    "another authorised party": {"claims": {"aud": [making.CLIENT, "another"], "azp": "another"}},
    "another authorised party alone": {"claims": {"azp": "another"}},
    "an audience that only begins so": {"claims": {"aud": making.CLIENT + "x"}},
    "an audience that is an object": {"claims": {"aud": {making.CLIENT: 1}}},
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"without": ("nonce",)},
    "a nonce that is no text": {"claims": {"nonce": 1}},
    "another issuer": {"claims": {"iss": "http://127.0.0.1:1"}},
    "no issuer": {"without": ("iss",)},
    "an issuer that is nothing": {"claims": {"iss": None}},
    "expired": {"claims": {"exp": NOW - 61}},
    "no expiry": {"without": ("exp",)},
    "an expiry that is text": {"claims": {"exp": "tomorrow"}},
    "an expiry that is true": {"claims": {"exp": True}},
    "an expiry beyond numbers": {"claims": {"exp": LARGE}},
    "an endless expiry": {"claims": {"exp": float("inf")}},
    "issued tomorrow": {"claims": {"iat": NOW + 86_400}},
    "not issued": {"without": ("iat",)},
    "not valid yet": {"claims": {"nbf": NOW + 86_400}},
    "signed in long ago": {"claims": {"auth_time": NOW - 43_200 - 61}},
    "signed in tomorrow": {"claims": {"auth_time": NOW + 86_400}},
    "signed in at no time": {"without": ("auth_time",)},
    "a low level": {"claims": {"acr": "aal1"}},
    "no level": {"without": ("acr",)},
    "a level that is a list": {"claims": {"acr": ["aal2"]}},
    "no subject": {"without": ("sub",)},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is a number": {"claims": {"sub": 1}},
    "a subject without end": {"claims": {"sub": "x" * 256}},
    "a subject with a line break": {"claims": {"sub": "u\n1"}},
    "no address": {"without": ("email",)},
    "an address that is none": {"claims": {"email": "lee"}},
    "an address of many": {"claims": {"email": [LEE]}},
    "no signature": {"sign": making.unsigned},
    "another's signature": {"sign": making.signed_by_another},
    "the public key as a secret": {"sign": making.signed_with_the_public_key},
    "the client secret as a key": {"sign": making.signed_with_the_client_secret},
    "a key that the token brings": {"sign": making.signed_with_a_key_of_its_own},
    "a key of another kind": {"sign": making.of_an_elliptic_curve},
    "claims changed after signing": {"sign": making.tampered},
    "no token at all": {"sign": lambda _claims: "nonsense"},
    "a token without end": {"sign": lambda _claims: "x" * 100_000},
    "a token of two parts": {"sign": lambda _claims: "a.b"},
    "claims that are a list": {"sign": lambda _claims: making.unsigned([1])},  # type: ignore[arg-type]
    "the answer of nobody": {"token": lambda: Response('{"access_token": "a"}', media_type="application/json")},
    "an error": {"token": lambda: Response('{"error": "invalid_grant"}', 400, media_type="application/json")},
}
BROKEN: dict[str, dict[str, Any]] = {
    "no keys": {"keys": {"keys": []}},
    "keys that are none": {"keys": {"keys": [{"kty": "RSA", "n": "x"}]}},
    "keys that are text": {"keys": "keys"},
    "keys that are a number": {"keys": {"keys": 7}},
    "another name of itself": {"metadata": {"issuer": "https://another.example"}},
    "a token endpoint elsewhere in clear": {"metadata": {"token_endpoint": "http://192.0.2.1/token"}},
    "a token endpoint that is a file": {"metadata": {"token_endpoint": "file:///etc/passwd"}},
    "keys that are nowhere": {"metadata": {"jwks_uri": None}},
    "an address of no host": {"metadata": {"authorization_endpoint": "http://[::1"}},
    "an error of its own": {"token": lambda: Response("<h1>Oops</h1>", 500)},
    "no JSON": {"token": lambda: Response("hello", media_type="application/json")},
    "JSON that is no object": {"token": lambda: Response("[1]", media_type="application/json")},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_with_a_page(client: TestClient, provider: Provider, site: FoundSite, lie: str) -> None:
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    answer = come_in(client, provider)
    assert answer.status_code == 403, words_of(answer.text)
    assert h1(answer.text) == "You could not be signed in"
    _nobody_came_in(client, site)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_provider_that_makes_no_sense_is_said_to(
    client: TestClient, provider: Provider, site: FoundSite, fault: str
) -> None:
    for name, value in BROKEN[fault].items():
        setattr(provider, name, value)
    answer = client.get("/sign-in/openid")
    if answer.status_code == 303:
        answer = come_in(client, provider)
    assert answer.status_code in (403, 503), words_of(answer.text)
    assert making.SECRET not in answer.text
    _nobody_came_in(client, site)


def _nobody_came_in(client: TestClient, site: FoundSite) -> None:
    assert name_on(client) is None
    with site.database.read() as connection:
        assert LEE not in {each.email for each in roster.listed(connection)}


def test_a_provider_that_is_away_is_a_page(client: TestClient, site: FoundSite) -> None:
    update = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x"}
    site.settings = site.settings.model_copy(update=update)
    answer = client.get("/sign-in/openid")
    assert answer.status_code == 503
    assert "sign in by email" in words_of(answer.text)


@pytest.mark.parametrize(
    "given",
    [{"state": "another"}, {"state": ""}, {"code": ""}, {"error": "access_denied"}, {"iss": "https://another.example"}],
)
def test_an_answer_that_was_not_asked_for_is_refused(
    client: TestClient, provider: Provider, site: FoundSite, given: dict[str, str]
) -> None:
    assert come_in(client, provider, **given).status_code == 403
    _nobody_came_in(client, site)


def test_an_answer_in_another_browser_is_refused(client: TestClient, provider: Provider, site: FoundSite) -> None:
    asked = parse_qs(urlsplit(client.get("/sign-in/openid").headers["Location"]).query)
    provider.nonce = asked["nonce"][0]
    stranger = client_of(site)
    answer = stranger.get("/sign-in/openid/callback", params={"code": "c", "state": asked["state"][0]})
    assert answer.status_code == 403
    _nobody_came_in(stranger, site)


def test_an_answer_counts_once(client: TestClient, provider: Provider) -> None:
    come_in(client, provider)
    assert client.get("/sign-in/openid/callback", params={"code": "c", "state": "x"}).status_code == 403


def test_a_provider_may_change_its_keys(client: TestClient, provider: Provider, site: FoundSite) -> None:
    come_in(client, provider)
    provider.sign, provider.keys = making.signed_by_another, {"keys": [making.OTHER_KEY.as_dict(private=False)]}
    again = client_of(site)
    assert come_in(again, provider).status_code == 303


def test_the_domains_of_the_setting_hold_here_too(client: TestClient, provider: Provider, site: FoundSite) -> None:
    site.settings = site.settings.model_copy(update={"sign_in_domains": "nhs.example"})
    answer = come_in(client, provider)
    assert answer.status_code == 403
    _nobody_came_in(client, site)


def test_a_provider_can_be_the_only_way_in(client: TestClient, provider: Provider, site: FoundSite) -> None:
    """Else a message would be a way around the level that is asked for."""
    site.settings = site.settings.model_copy(update={"sign_in_by_mail": "no"})
    assert "Your work email address" not in client.get("/sign-in").text
    assert client.post("/sign-in", data={"email": LEE}).status_code == 403
    assert come_in(client, provider).status_code == 303
    site.settings = site.settings.model_copy(update={"oidc_issuer": None})
    assert client_of(site).post("/sign-in", data={"email": LEE}).status_code == 200


def test_without_a_provider_there_is_no_such_page(client: TestClient) -> None:
    assert client.get("/sign-in/openid").status_code == 404
    assert client.get("/sign-in/openid/callback?code=a&state=b").status_code == 404
