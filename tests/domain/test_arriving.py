"""The code in a mail, and whose address may sign in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.arriving import address_of, code_of, may_sign_in, same_code


@given(st.text(max_size=40), st.text(min_size=1, max_size=60))
def test_a_code_is_eight_digits_and_the_same_every_time(sign_in: str, secret: str) -> None:
    code = code_of(sign_in, secret)
    assert len(code) == 8
    assert code.isdecimal()
    assert code_of(sign_in, secret) == code
    assert same_code(f" {code[:4]} {code[4:]}\u00a0", code)


def test_codes_of_other_sign_ins_and_other_secrets_are_others() -> None:
    codes = {code_of(f"{number}", "one") for number in range(1000)} | {code_of("1", "two")}
    assert len(codes) >= 1000


@given(st.text(max_size=20))
def test_what_is_not_the_code_is_not_taken(typed: str) -> None:
    code = code_of("a", "secret")
    digits = "".join(each for each in typed if each.isdecimal())
    assert same_code(typed, code) <= (digits == code)


@pytest.mark.parametrize("typed", ["Lee@Northmoor.Example ", "a.b+c@nhs.example", "o'neil@x.example"])
def test_addresses(typed: str) -> None:
    assert address_of(typed) == typed.strip().lower()


@pytest.mark.parametrize(
    "typed",
    [
        "", "@", "a@", "@b.example", "a b@c.example", "a@b..example", "a@-b.example", "a@b@c.example", "<a@b.example>",
        "a,b@c.example", "a@b.example, c@d.example", "ä@b.example", "a@b_c.example", "a" * 250 + "@b.example",
        'a"@b.example', "a\r\nBcc: x@y.example", "a@b.example\n\nx",
    ],
)  # fmt: skip
def test_no_addresses(typed: str) -> None:
    assert address_of(typed) is None


@pytest.mark.parametrize(
    ("address", "domains", "allowed"),
    [
        ("a@nhs.example", "*", True),
        ("a@nhs.example", "nhs.example", True),
        ("a@nhs.example", "other.example, NHS.example", True),
        ("a@nhs.example", "@nhs.example", True),
        ("a@sub.nhs.example", "nhs.example", False),
        ("a@notnhs.example", "nhs.example", False),
        ("a@nhs.example.evil.example", "nhs.example", False),
        ("a@nhs.example", "", False),
        ("nhs.example@evil.example", "nhs.example", False),
    ],
)
def test_who_may_sign_in(address: str, domains: str, allowed: bool) -> None:
    assert may_sign_in(address, domains) is allowed
