"""Claims are somebody else's text: whatever they are, they let in whom they should, or are refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.openid import Expected, Identity, identity_in
from directory.errors import SignInRefused

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
EXPECTED = Expected("https://login.example", "signpost", "nonce-of-this", timedelta(hours=12), frozenset({"aal2"}))
GOOD: dict[str, Any] = {
    "iss": "https://login.example", "sub": "u-1", "aud": "signpost", "exp": AT + 300, "iat": AT, "auth_time": AT - 60,
    "nonce": "nonce-of-this", "acr": "aal2", "email": "Lee@Northmoor.example", "email_verified": True,
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=5,
)


def test_what_holds_is_believed() -> None:
    found = identity_in(GOOD, EXPECTED, at=NOW)
    assert found == Identity("https://login.example", "u-1", "lee@northmoor.example", True, NOW - timedelta(minutes=1))


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING))
def test_any_claims_are_believed_or_refused(change: dict[str, Any]) -> None:
    claims = GOOD | change
    try:
        found = identity_in(claims, EXPECTED, at=NOW)
    except SignInRefused:
        return
    assert claims["iss"] == EXPECTED.issuer
    assert claims["aud"] == "signpost" or "signpost" in claims["aud"]
    assert claims["nonce"] == EXPECTED.nonce
    assert claims["acr"] == "aal2"
    assert found.subject == claims["sub"]
    assert claims["exp"] > AT - 61
    assert AT - 12 * 3600 - 60 <= claims["auth_time"] <= AT + 60


@given(st.dictionaries(st.text(max_size=10), ANYTHING, max_size=8))
def test_strangers_claims_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        identity_in(claims, EXPECTED, at=NOW)


@pytest.mark.parametrize("verified", [False, None, 1, "yes", "True", [True]])
def test_only_true_is_verified(verified: object) -> None:
    assert not identity_in(GOOD | {"email_verified": verified}, EXPECTED, at=NOW).verified


def test_clocks_may_be_a_minute_apart() -> None:
    for change in ({"exp": AT - 59}, {"iat": AT + 60}, {"auth_time": AT - 12 * 3600 - 60}, {"auth_time": AT + 60}):
        identity_in(GOOD | change, EXPECTED, at=NOW)


def test_without_levels_any_will_do() -> None:
    anything = Expected(EXPECTED.issuer, EXPECTED.client_id, EXPECTED.nonce, EXPECTED.max_age)
    identity_in({name: value for name, value in GOOD.items() if name != "acr"}, anything, at=NOW)
