"""People and their roles: who sees and changes whom, that nothing in a form raises rights, and who can always help."""

from __future__ import annotations

import json
from threading import Barrier, Thread

import pytest

from directory.actions.roles import set_editor
from directory.errors import Invalid, PersonNotFound
from directory.store import people
from directory.store.database import Database
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, signed_in, words_of

TEAM = "tissue-viability"
CLAIMS = {"editor": "1", "by": "operator", "is_editor": "true", "scope": "publish", "person_id": "1"}


@pytest.fixture
def ada(site: FoundSite) -> TestClient:
    return signed_in(site, "ada@northmoor.example", role="team-admin", team=TEAM)


def person(site: FoundSite, email: str) -> people.Person:
    with site.database.read() as connection:
        return people.by_email(connection, email)


def trail(site: FoundSite) -> list[tuple[str, str, dict[str, object]]]:
    with site.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT action, object, details FROM audit ORDER BY id").all()
    return [(row[0], row[1], json.loads(row[2])) for row in rows]


def test_an_editor_finds_adds_and_changes_anybody(site: FoundSite, editor: TestClient, lead: TestClient) -> None:
    given = {"email": "New@northmoor.example", "name": "Noor", "team": f"community-trust/{TEAM}", "role": "lead"}
    where = editor.post("/manage/people", data=given).headers["location"].partition("?")[0]
    noor = person(site, "new@northmoor.example")
    assert (noor.name, noor.roles, noor.editor) == ("Noor", {TEAM: "lead"}, False)
    assert where == f"/manage/people/{noor.id}"
    for query in ("?q=noor", "?q=NEW@", f"?team={TEAM}", ""):
        assert "Noor" in words_of(editor.get(f"/manage/people{query}").text)
    assert "Noor" not in words_of(editor.get("/manage/people?team=vascular").text)
    assert "Nobody found" in words_of(editor.get("/manage/people?q=%25").text)
    vascular = "hospital-trust/vascular"
    assert editor.post(where, data={"do": "give", "team": vascular, "role": "team-admin"}).status_code == 303
    assert person(site, noor.email).roles == {TEAM: "lead", "vascular": "team-admin"}
    editor.post(where, data={"do": "take", "team": TEAM})
    editor.post(f"{where}/editor")
    assert (person(site, noor.email).roles, person(site, noor.email).editor) == ({"vascular": "team-admin"}, True)
    editor.post(f"{where}/editor", data={"end": "1"})
    assert not person(site, noor.email).editor
    deeds = [(deed, details.get("role")) for deed, whom, details in trail(site) if whom == f"person {noor.id}"]
    assert deeds == [
        ("add-user", None), ("give-role", "lead"), ("give-role", "team-admin"), ("take-role", None),
        ("make-editor", None), ("unmake-editor", None),
    ]  # fmt: skip
    assert lead.get("/manage/people").status_code == 403


def test_an_administrator_looks_after_their_own_team(site: FoundSite, ada: TestClient) -> None:
    signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
    rea = signed_in(site, "rea@northmoor.example", role="reader", team=TEAM)
    both = signed_in(site, "bo@northmoor.example", role="reader", team=TEAM)
    with site.database.write() as connection:
        key = people.by_email(connection, "bo@northmoor.example").id
        people.join(connection, person_id=key, team_id="vascular", role="lead", at=build.NOON)
    said = words_of(ada.get("/manage/people").text)
    assert "rea@northmoor.example" in said
    assert "vera@" not in said
    assert "Vascular" not in said
    vera, one = person(site, "vera@northmoor.example").id, person(site, "rea@northmoor.example").id
    assert ada.get(f"/manage/people/{vera}").status_code == 404
    assert ada.get("/manage/people?team=vascular").text.count("vera@") == 0
    at = f"/manage/people/{one}"
    assert ada.post(at, data={"do": "give", "team": TEAM, "role": "lead"}).status_code == 303
    assert person(site, "rea@northmoor.example").roles == {TEAM: "lead"}
    assert rea.get("/account").status_code == 200
    assert ada.post(at, data={"do": "sign-out"}).status_code == 303
    assert rea.get("/account").status_code == 303
    # Somebody of another team too is not theirs alone to sign out.
    assert ada.post(f"/manage/people/{key}", data={"do": "sign-out"}).status_code == 403
    assert both.get("/account").status_code == 200
    assert "Vascular" not in words_of(ada.get(f"/manage/people/{key}").text)
    assert ada.post(at, data={"do": "take", "team": TEAM}).headers["location"].startswith("/manage/people?")
    assert ada.get(at).status_code == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"do": "give", "team": TEAM, "role": "editor"}, 422),
        ({"do": "give", "team": TEAM, "role": "operator"}, 422),
        ({"do": "give", "team": "vascular", "role": "lead"}, 403),
        ({"do": "give", "team": "", "role": "lead"}, 403),
        ({"do": "take", "team": "vascular"}, 403),
    ],
)
def test_nothing_in_a_form_raises_rights(site: FoundSite, ada: TestClient, data: dict[str, str], status: int) -> None:
    own = person(site, "ada@northmoor.example")
    before = trail(site)
    for claims in ({}, CLAIMS):
        assert ada.post(f"/manage/people/{own.id}", data=data | claims).status_code == status
        assert ada.post(f"/manage/people/{own.id}/editor", data=data | claims).status_code == 403
    given = {"email": "x@northmoor.example", **data, **CLAIMS}
    assert ada.post("/manage/people", data=given).status_code in {403, 422}
    assert person(site, "ada@northmoor.example") == own
    assert trail(site) == before
    with site.database.read() as connection, pytest.raises(PersonNotFound):
        people.by_email(connection, "x@northmoor.example")


def test_the_last_editor_stays(site: FoundSite, editor: TestClient) -> None:
    at = f"/manage/people/{person(site, 'ed@northmoor.example').id}"
    answer = editor.post(f"{at}/editor", data={"end": "1"})
    assert answer.status_code == 422
    assert "This is the only editor" in words_of(answer.text)
    assert person(site, "ed@northmoor.example").editor


def test_two_editors_who_let_go_of_each_other_leave_one(database: Database) -> None:
    build.directory(database)
    with database.write() as connection:
        keys = [
            people.add(connection, email=f"{name}@northmoor.example", name="", editor=True, at=build.NOON)
            for name in ("ed", "eve")
        ]
        actors = [people.by_id(connection, key).actor for key in keys]
    together, refused = Barrier(2), list[int]()

    def let_go(by: int, whom: int) -> None:
        together.wait(10)
        try:
            with database.write() as connection:
                set_editor(connection, keys[whom], editor=False, by=actors[by], at=build.NOON)
        except Invalid:
            refused.append(by)

    threads = [Thread(target=let_go, args=pair) for pair in ((0, 1), (1, 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1


def test_what_is_no_address_or_name_is_said_at_its_place_and_kept(editor: TestClient) -> None:
    answer = editor.post("/manage/people", data={"email": "nobody", "name": "Ann", "team": "x/none", "role": "king"})
    assert answer.status_code == 422
    for field in ("email", "team", "role"):
        assert f'id="{field}-error"' in answer.text
    assert 'value="Ann"' in answer.text
    assert 'value="nobody"' in answer.text


def test_nobody_else_comes_there(site: FoundSite) -> None:
    assert client_of(site).get("/manage/people").headers["location"].startswith("/sign-in")
    assert signed_in(site, "rea@northmoor.example", role="reader", team=TEAM).get("/manage/people").status_code == 403
