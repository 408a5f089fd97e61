"""Publishing what ends a service: what takes its place, which part goes where, and that it closes with advice."""

from __future__ import annotations

from datetime import date

from directory.store import services
from tests.web.conftest import FoundSite, TestClient, found, hit, words_of
from tests.web.publishing import CLINIC, ROUTE, begun, entry, last, looked, sent, step, told_and_checked


def test_a_service_is_replaced_by_one_that_is_found(site: FoundSite, editor: TestClient) -> None:
    site.finds = lambda query: found(hit("adult-dietetics"))
    path = begun(editor)
    assert step(editor, path, "what", kinds=["replaced"]) == "after"
    assert editor.post(f"{path}/after").status_code == 422
    results = editor.post(f"{path}/after", data={"do": "look", "look": "diet"})
    assert "Adult dietetics" in words_of(results.text)
    assert step(editor, path, "after", do="add", service="adult-dietetics") == "after"
    assert step(editor, path, "after") == "date"
    step(editor, path, "date", when="day", day="1/1/2027")
    assert "Replaced: Adult dietetics" in words_of(told_and_checked(editor, path))
    sent(editor, path)
    (link,) = last(site).succession
    assert (link.predecessor, link.successor, link.kind) == (CLINIC, "adult-dietetics", "replaced")
    assert link.effective_from == date(2027, 1, 1)
    assert entry(site, date(2027, 1, 1)).facts.status == "closed"


def test_a_service_closes_only_with_what_to_do_instead(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    assert step(lead, path, "what", kinds=["closed"]) == "date"
    step(lead, path, "date", when="today")
    step(lead, path, "words", title="It closes", weight="major")
    cannot = lead.get(f"{path}/told")
    assert cannot.status_code == 422
    assert f'href="{path}/words"' in cannot.text
    assert "lead to a service that closes" in words_of(_told_after(lead, path))
    step(lead, path, "told")
    step(lead, path, "message")
    lead.post(f"{path}/check")
    assert entry(site).facts.status == "closed"
    assert last(site).kinds == ("closed",)


def _told_after(lead: TestClient, path: str) -> str:
    step(lead, path, "words", title="It closes", weight="major", what_to_do="Ring 01632 960511.")
    return str(lead.get(f"{path}/told").text)


def test_a_service_is_split_into_a_new_one_and_one_that_is_there(site: FoundSite, editor: TestClient) -> None:
    path = begun(editor)
    step(editor, path, "what", kinds=["split"])
    step(editor, path, "after", do="open", look="Young legs")
    step(editor, path, "after", do="add", service="adult-dietetics")
    parts = {"text-young-legs": "Children", "age_max-young-legs": "17"}
    wrong = editor.post(f"{path}/after", data=parts)
    assert wrong.status_code == 422
    assert 'value="Children"' in wrong.text
    wrong = editor.post(f"{path}/after", data=parts | {"age_max-young-legs": "seventeen"})
    assert "whole years" in wrong.text
    assert 'value="seventeen"' in wrong.text
    parts |= {
        "text-adult-dietetics": "Adults",
        "age_min-adult-dietetics": "18",
        "areas-adult-dietetics": "Eastmarsh, Fen",
    }
    assert step(editor, path, "after", **parts) == "details?service=young-legs"
    given = {"name": "Young legs", "owner": "community-trust/tissue-viability", "setting": "community", **ROUTE}
    assert step(editor, path, "details?service=young-legs", **given) == "date"
    step(editor, path, "date", when="day", day="2027-01-01")
    assert looked(editor, path) == f"{path}/done"
    made = {link.successor: link.part for link in last(site).succession}
    assert made["adult-dietetics"].age_min == 18  # type: ignore[union-attr]
    assert made["adult-dietetics"].areas == ("Eastmarsh", "Fen")  # type: ignore[union-attr]
    assert made["young-legs"].text == "Children"  # type: ignore[union-attr]
    with site.database.read() as connection:
        young = services.entry(connection, "young-legs", on=date(2027, 1, 1))
    assert young.facts.referral_routes[0].address == "01632 960999"


def test_two_services_merge_into_a_third(site: FoundSite, editor: TestClient) -> None:
    path = begun(editor)
    step(editor, path, "what", kinds=["merged"])
    step(editor, path, "after", do="add", service="childrens-dietetics", joins="1")
    assert editor.post(f"{path}/after").status_code == 422
    step(editor, path, "after", do="add", service="adult-dietetics")
    assert "Adult dietetics takes all over" in words_of(editor.get(f"{path}/after").text)
    step(editor, path, "after")
    step(editor, path, "date", when="today")
    looked(editor, path)
    ends = {(link.predecessor, link.successor, link.kind) for link in last(site).succession}
    assert ends == {
        (CLINIC, "adult-dietetics", "merged"),
        ("childrens-dietetics", "adult-dietetics", "merged"),
    }


def test_what_was_added_is_taken_out_again(site: FoundSite, editor: TestClient) -> None:
    path = begun(editor)
    step(editor, path, "what", kinds=["moved"])
    step(editor, path, "after", do="open", look="New clinic")
    out = editor.post(f"{path}/after", data={"remove": "new-clinic"})
    assert out.status_code == 422
    step(editor, path, "after", do="add", service="adult-dietetics")
    assert step(editor, path, "after") == "date"
    assert "New clinic" not in editor.get(path).text
