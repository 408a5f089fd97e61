"""No form takes patient data: it is refused at its place, with what was typed kept and the stretch marked.

Every field of every template in which somebody can write freely is tried. A new one fails here until it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from directory.actions import governing
from directory.actions.submit import submit
from directory.domain.change import Edit
from directory.domain.offer import Offer
from directory.domain.policy import OPERATOR
from directory.domain.service import Owner, ReferralRoute
from directory.store import gaps, people, reports
from directory.store.tables.learning import gaps as gap_table
from directory.web import rendering
from tests import build
from tests.web.conftest import FoundSite, TestClient, signed_in
from tests.web.publishing import CLINIC, begun, step

TEMPLATES = Path(rendering.__file__).parent / "templates"


def nhs_number(nine: str) -> str:
    """Nine digits with their check digit, in groups, as people write it."""
    check = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    digits = f"{nine}{check % 11}"
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


NUMBER = nhs_number("943476591")
BORN = "born on 3/4/1961"
# What is looked for, not kept; days, codes, addresses and numbers, each read as what it is; and what only shows.
NOT_FREE = {
    ("as_of.html", "date"), ("as_of.html", "known_at"), ("changes.html", "area"), ("critical.html", "service"),
    ("figures.html", "area"),
    ("find.html", "area"), ("find.html", "as_of"), ("find.html", "near"), ("gap.html", "service"), ("home.html", "q"),
    ("imports.html", "effective_from"), ("layout.html", "q"), ("manage_report.html", "change"),
    ("page_edit.html", "slug"), ("page_note.html", "day"), ("people.html", "q"), ("publish.html", "q"),
    ("publish_date.html", "day"), ("publish_details.html", "owner-code"), ("sign_in_link.html", "code"),
    ("sign_in_sent.html", "code"), ("update.html", "until"), ("update.html", "from"), ("updates.html", "from"),
    ("updates.html", "until"), ("update_new.html", "q"),
    ("update_new.html", "area"), ("update_new.html", "url"), ("champions.html", "topic"),
    ("vocabulary.html", "q"), ("error.html", ""), ("page_edit.html", ""),
    ("_again.html", "{{ name }}"),
}  # fmt: skip
# Tried beside the import that it undoes, in test_web_imports.
ELSEWHERE = {("import_undo.html", "why")}


class Forms:
    """Things to write about, and the people who may."""

    def __init__(self, site: FoundSite) -> None:
        self.site = site
        self.ed = signed_in(site, "ed@northmoor.example", editor=True)
        self.tom = signed_in(site, "tom@northmoor.example", role="lead", team="tissue-viability")
        self.nia = signed_in(site, "nia@northmoor.example", role="lead", team="district-nursing")

    def draft(self, *kinds: str) -> str:
        path = begun(self.tom)
        if kinds:
            step(self.tom, path, "what", kinds=list(kinds))
        return path

    def offer(self) -> str:
        handing = build.draft(Edit(CLINIC, {"owner": Owner("community-trust", "district-nursing")}))
        with self.site.database.write() as connection:
            by = people.by_email(connection, "tom@northmoor.example").actor
            done = submit(connection, handing, by=by, at=build.NOON, zone=build.LONDON)
        assert isinstance(done, Offer)
        return f"/offers/{done.ref}"

    def review(self) -> str:
        routes = (ReferralRoute("email", "new@northmoor.example"),)
        with self.site.database.write() as connection:
            governing.mark(connection, CLINIC, by=OPERATOR, at=build.NOON)
            by = people.by_email(connection, "tom@northmoor.example").actor
            draft = build.draft(Edit(CLINIC, {"referral_routes": routes}), override="Full.")
            submit(connection, draft, by=by, at=build.NOON, zone=build.LONDON)
            number = connection.exec_driver_sql("SELECT change_number FROM reviews").scalar_one()
        return str(number)

    def report(self) -> str:
        with self.site.database.write() as connection:
            made = reports.Report(
                ref="7kqm-2xhw-9ptr", kind="number", text="", received_at=build.NOON, service_id=CLINIC,
                team="tissue-viability",
            )  # fmt: skip
            reports.add(connection, made)
        return f"/manage/reports/{made.ref}"

    def gap(self) -> str:
        with self.site.database.write() as connection:
            row = {"query": "night nurse", "times": 1, "first_at": build.NOON, "last_at": build.NOON}
            connection.execute(gap_table.insert().values(row))
            assert gaps.load(connection, "night nurse")
        return "/manage/gap"

    def ready(self) -> str:
        """A draft that waits for another team, looked at and to be published."""
        path = begun(self.ed)
        step(self.ed, path, "what", kinds=["owner"])
        step(self.ed, path, "details", owner="hospital-trust/vascular")
        step(self.ed, path, "date", when="today")
        step(self.ed, path, "words", title="It goes", weight="major", what_to_do="Ring.")
        step(self.ed, path, "told")
        step(self.ed, path, "message")
        return path

    def forum(self) -> str:
        text = "---\ntitle: A forum\nkind: forum\nupdated: 2026-11-01\n---\nAnyone can come.\n"
        done = self.ed.post("/pages/new", data={"slug": "a-forum", "text": text, "version": "0"})
        assert done.status_code == 303, done.text
        return "/pages/a-forum"


Sent = Callable[[Forms, str], tuple[TestClient, str, dict[str, str]]]
WORDS = {"title": "A title", "weight": "major"}
ROW = {"referral_routes-0-method": "phone", "referral_routes-0-address": "01632 960999"}
OWNER = "community-trust/tissue-viability"
# By template and field: who sends what to where, and the field of the form where it differs.
FREE: dict[tuple[str, str], Sent] = {
    ("report.html", "text"): lambda at, text: (
        at.tom, f"/services/{CLINIC}/report", {"kind": "number", "text": text}),
    ("manage_report.html", "text"): lambda at, text: (at.tom, at.report(), {"outcome": "answered", "text": text}),
    ("offer.html", "why"): lambda at, text: (at.nia, f"{at.offer()}/decline", {"why": text}),
    ("offer.html", "override"): lambda at, text: (at.ed, f"{at.offer()}/override", {"version": "1", "override": text}),
    ("reviews.html", "why"): lambda at, text: (
        at.ed, "/manage/reviews", {"number": at.review(), "withdraw": "1", "why": text}),
    ("publish.html", "name"): lambda at, text: (at.tom, "/publish", {"name": text, "owner": OWNER}),
    ("publish_words.html", "{{ name }}"): lambda at, text: (
        at.tom, f"{at.draft()}/words", {**WORDS, "in_flight": text}),
    ("publish_words.html", "title"): lambda at, text: (at.tom, f"{at.draft()}/words", {**WORDS, "title": text}),
    ("publish_check.html", "override"): lambda at, text: (
        at.ed, f"{at.ready()}/check", {"without": "1", "override": text}),
    ("publish_after.html", "{{ id }}"): lambda at, text: (
        at.tom, f"{at.draft('replaced')}/after", {"do": "open", "look": text}),
    ("_publish.html", "{{ id }}"): lambda at, text: (
        at.tom, f"{at.draft('referral-route')}/details", {**ROW, "referral_routes-0-notes": text}),
    ("gap.html", "term"): lambda at, text: (
        at.ed, at.gap(), {"q": "night nurse", "do": "synonym", "term": text, "means": "x", "kind": "synonym"}),
    ("gap.html", "means"): lambda at, text: (
        at.ed, at.gap(), {"q": "night nurse", "do": "synonym", "term": "x", "means": text, "kind": "synonym"}),
    ("gap.html", "text"): lambda at, text: (at.ed, at.gap(), {"q": "night nurse", "do": "report", "text": text}),
    ("vocabulary_line.html", "term"): lambda at, text: (
        at.ed, "/manage/vocabulary/line", {"term": text, "means": "x", "kind": "synonym"}),
    ("vocabulary_line.html", "means"): lambda at, text: (
        at.ed, "/manage/vocabulary/line", {"term": "x", "means": text, "kind": "synonym"}),
    ("page_edit.html", "text"): lambda at, text: (
        at.ed, "/pages/new",
        {"slug": "new", "version": "0",
         "text": f"---\ntitle: A\nkind: guidance\nupdated: 2026-11-01\n---\n\n{text}\n"}),
    ("page_edit.html", "why"): lambda at, text: (
        at.ed, f"{at.forum()}/edit",
        {"text": "---\ntitle: A\nkind: guidance\nupdated: 2026-11-01\n---\n\nA.\n", "why": text, "version": "1"}),
    ("page_note.html", "title"): lambda at, text: (
        at.ed, f"{at.forum()}/note", {"day": "1/11/2026", "title": text, "note": "A."}),
    ("page_note.html", "note"): lambda at, text: (
        at.ed, f"{at.forum()}/note", {"day": "1/11/2026", "title": "A", "note": text}),
    ("people.html", "name"): lambda at, text: (
        at.ed, "/manage/people", {"email": "x@northmoor.example", "name": text, "team": OWNER, "role": "lead"}),
}  # fmt: skip
# Kept for their own owner alone, and in no form that others read; asked in a test of their own.
OWN = {("passkey_add.html", "name")}


def test_every_field_in_which_somebody_can_write_is_tried() -> None:
    found = set()
    for path in TEMPLATES.glob("*.html"):
        for field in re.findall(r"<(?:textarea|input)\b((?:[^>{]|\{\{.*?\}\}|\{%.*?%\})*)>", path.read_text()):
            kind = re.search(r'type="(\w+)"', field)
            name = re.search(r'(?<!\w)name="([^"]*)"', field)
            if kind is None or kind[1] in ("text", "search"):
                found.add((path.name, name[1] if name else ""))
    assert found - {("_publish.html", "{{ name }}")} <= FREE.keys() | NOT_FREE | ELSEWHERE | OWN
    assert FREE.keys() <= found


@pytest.mark.parametrize("where", FREE, ids=" ".join)
def test_patient_data_is_refused_and_marked_where_it_stands(site: FoundSite, where: tuple[str, str]) -> None:
    forms = Forms(site)
    for stretch in (NUMBER, BORN) if where[1] in ("text", "why") else (NUMBER,):
        client, path, data = FREE[where](forms, f"Ask for {stretch} please")
        before = counted(site)
        answer = client.post(path, data=data)
        assert answer.status_code == 422, (where, answer.status_code)
        assert f"<mark>{stretch}</mark>" in answer.text
        field = next(name for name, value in data.items() if stretch in value)
        field = f"why-{data['number']}" if where[0] == "reviews.html" else field
        assert f'id="{field}-error"' in answer.text
        assert re.search(rf'aria-describedby="[^"]*\b{field}-error"', answer.text)
        # Kept in its field, beside the mark that shows where it stands.
        assert answer.text.count(f"Ask for {stretch} please") >= 1
        assert counted(site) == before
        site.clock = lambda: build.NOON + timedelta(minutes=1)
        if where[0] in ("manage_report.html", "gap.html", "offer.html", "reviews.html", "page_edit.html"):
            return


def counted(site: FoundSite) -> list[int]:
    tables = ("changes", "reports", "offers", "page_versions", "vocabulary", "people", "drafts")
    with site.database.read() as connection:
        return [connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in tables]


@pytest.mark.parametrize("number", [NUMBER, NUMBER.replace(" ", "-"), NUMBER.replace(" ", "")])
def test_however_it_is_written(site: FoundSite, number: str) -> None:
    client = signed_in(site, "tom@northmoor.example", role="lead", team="tissue-viability")
    answer = client.post(f"/services/{CLINIC}/report", data={"kind": "number", "text": f"It is {number}."})
    assert (answer.status_code, f"<mark>{number}</mark>" in answer.text) == (422, True)
