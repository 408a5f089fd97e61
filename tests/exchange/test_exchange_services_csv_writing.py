"""What is written as a spreadsheet is read back the same, runs in no program, and is written the same again."""

from __future__ import annotations

import csv
import io
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from directory.domain.service import Area, Contact, Facts, Location, Owner, ReferralRoute
from directory.exchange import services_csv
from directory.exchange.cells import guarded, joined, parts, unguarded
from directory.exchange.services_csv_writing import SheetService, columns_for, said, write
from directory.exchange.tabular import present
from tests.exchange.hostile import facts, named, texts

FACTS = Facts(name="Leg ulcer clinic", owner=Owner("community-trust"))


def written(service: SheetService) -> str:
    out = io.StringIO(newline="")
    assert write(out, [service], routes=len(service.facts.referral_routes)) == 1
    return out.getvalue()


@given(texts)
def test_a_guarded_cell_is_harmless_and_gives_its_text_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(present(cell)) == text


@given(st.lists(texts))
def test_a_list_in_a_cell_gives_its_items_back(items: list[str]) -> None:
    assert parts(joined(items)) == tuple(dict.fromkeys(filter(None, items)))


def test_lists_that_people_write_read_as_they_always_did() -> None:
    assert parts("leg ulcer; compression;; leg ulcer ;") == ("leg ulcer", "compression")
    assert parts(r"either\or; C:\\x") == (r"either\or", r"C:\\x")


@given(facts, named)
def test_what_is_written_is_read_without_a_problem_and_written_the_same(given_facts: Facts, owner: str) -> None:
    service = SheetService("leg-ulcer-clinic", given_facts, owner, "ZZN01", owner, date(2026, 1, 2), date(2026, 1, 3))
    text = written(service)
    reading = services_csv.read(text.encode())
    assert reading.problems == ()
    (read,) = reading.services
    assert (read.organisation.name, read.organisation.ods_code, read.team) == (owner, "ZZN01", owner)
    assert (read.slug, read.effective_from, read.checked_at) == (service.slug, date(2026, 1, 2), date(2026, 1, 3))
    assert read.set == said(given_facts, service.slug)
    again = Facts(owner=given_facts.owner, **read.set)  # type: ignore[arg-type]
    second = SheetService(service.slug, again, owner, "ZZN01", owner, service.effective_from, service.checked_at)
    assert written(second) == text


@given(facts)
def test_no_cell_runs_but_a_number(given_facts: Facts) -> None:
    for row in csv.DictReader(io.StringIO(written(SheetService("x", given_facts, "=cmd|' /C calc'!A0")), newline="")):
        for column, cell in row.items():
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                assert column in ("latitude", "longitude")
                float(cell)


@given(facts)
def test_the_fields_that_a_sheet_has_columns_for_are_whole(given_facts: Facts) -> None:
    read = said(given_facts, "x")
    for field in ("name", "status", "setting", "summary", "description", "eligibility", "hours"):
        assert read[field] == getattr(given_facts, field), field


def test_an_entry_that_is_no_richer_than_a_sheet_is_carried_whole() -> None:
    whole = Facts(
        name="-Leg; clinic",
        owner=FACTS.owner,
        needs=("a; b", "c\\"),
        areas=(Area("Eastmarsh", "E09000099", "registered"), Area("Southfen")),
        contacts=(Contact("phone", "+44 1632 960145"), Contact("email", "a@b.example")),
        locations=(Location("", "1 High Street\nNorthmoor", "NM1 1AA", 51.5, -0.41),),
        referral_routes=(ReferralRoute("email", "a@b.example", "Any nurse", "urgent", "24/7", "A letter", "=no"),
                         ReferralRoute("self", "Walk in")),
    )  # fmt: skip
    read = said(whole, "x")
    assert Facts(owner=whole.owner, **{**read, "identifiers": ()}) == whole  # type: ignore[arg-type]


def test_as_many_routes_as_are_needed_and_no_more_columns_than_the_reader_knows() -> None:
    assert columns_for(0) == columns_for(1) == services_csv.COLUMNS
    assert columns_for(2)[-7:] == tuple(f"referral_2_{part}" for part in
        ("method", "address", "who", "urgency", "hours", "what_to_send", "notes"))  # fmt: skip
    many = Facts(name="x", owner=FACTS.owner, referral_routes=(ReferralRoute("self"),) * 120)
    assert services_csv.read(written(SheetService("x", many, "Trust")).encode()).problems == ()
