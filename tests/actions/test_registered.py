"""Areas and memberships come in and go out as files, and a practice named in a question says where a patient counts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from directory.actions.export import Export, export_folder
from directory.actions.follow import follow_index
from directory.actions.gaps import record_gap
from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, import_file
from directory.answer import answer
from directory.content.folder import read_folder
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR
from directory.domain.query import Answer, Query
from directory.domain.service import Area
from directory.errors import Invalid
from directory.exchange.reading import READERS
from directory.settings import load
from directory.site import Site
from directory.store import areas
from directory.store.services import entry
from tests import build
from tests.conftest import STARTER


def opened(folder: Path, template: Path) -> Site:
    if template.parent != folder:
        shutil.copy(template, folder / "signpost.db")
    site = Site.open(load({"SIGNPOST_HOME": str(folder)}))
    site.clock = lambda: build.NOON
    return site


@pytest.fixture(scope="module")
def template(_sqlite_template: Path) -> Path:
    return _sqlite_template


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[Site]:
    made = opened(tmp_path, template)
    yield made
    made.close()


def take(site: Site, folder: Path) -> int:
    done = import_folder(site.database, read_folder(folder), by=OPERATOR, at=build.NOON, zone=build.LONDON)
    return len(done.changes)


@pytest.fixture(scope="module")
def stocked(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation with the starter content, made once and copied for each test."""
    home = tmp_path_factory.mktemp("northmoor")
    made = opened(home, template)
    take(made, STARTER)
    follow_index(made.database, made.engine, today=made.today())
    made.close()
    return home


@pytest.fixture
def northmoor(stocked: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(stocked, tmp_path, dirs_exist_ok=True)
    made = opened(tmp_path, tmp_path / "signpost.db")
    yield made
    made.close()


def ask(site: Site, text: str, **given: object) -> Answer:
    with site.database.read() as connection:
        query = Query(text, **given)  # type: ignore[arg-type]
        return answer(connection, query, site.search, today=site.today(), gazetteer=site.gazetteer())


def test_areas_and_memberships_go_out_and_come_in_again(northmoor: Site, template: Path, tmp_path: Path) -> None:
    export_folder(northmoor.database, Export(tmp_path / "one", build.TODAY, build.LONDON))
    (tmp_path / "other").mkdir()
    other = opened(tmp_path / "other", template)
    take(other, tmp_path / "one")
    export_folder(other.database, Export(tmp_path / "two", build.TODAY, build.LONDON))
    other.close()
    for name in ("areas.yaml", "memberships.yaml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert take(northmoor, tmp_path / "one") == 0
    with northmoor.database.read() as connection:
        assert {area.name for area in areas.load(connection)} == {
            "Northmoor", "Northmoor East", "Northmoor West", "Eastmarsh", "Northgate", "Westhallow", "Southfen"
        }  # fmt: skip


def test_the_same_folder_twice_leaves_the_register_as_it_is(northmoor: Site) -> None:
    def stamp() -> object:
        with northmoor.database.read() as connection:
            return areas.stamp(connection)

    before, known = stamp(), northmoor.gazetteer()
    northmoor.clock = lambda: build.NOON.replace(hour=20)
    take(northmoor, STARTER)
    assert stamp() == before
    assert northmoor.gazetteer() is known


def test_an_edited_register_is_seen_at_once(northmoor: Site, tmp_path: Path) -> None:
    assert northmoor.gazetteer().named("Far Moor") is None
    (tmp_path / "edit").mkdir()
    (tmp_path / "edit" / "areas.yaml").write_text("- {name: Far Moor, kind: borough, outward: [NM9]}\n")
    take(northmoor, tmp_path / "edit")
    assert [area.name for area in northmoor.gazetteer().of_outward("NM9")] == ["Far Moor"]


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("areas.yaml", "- {name: A, within: [B]}", "A lies within B"),
        ("areas.yaml", "- {name: A}\n- {name: a}", "a is there twice"),
        ("areas.yaml", "- {name: A, outward: [NM1 2AB]}", "first half of a postcode"),
        ("areas.yaml", "- {name: A, colour: red}", "colour"),
        ("areas.yaml", "{", "not YAML"),
        ("areas.yaml", "- 7", "areas.yaml"),
        (
            "memberships.yaml",
            "- {member: nobody, of: no-one, kind: group, start: 2022-07-01}",
            "no organisation nobody",
        ),
        ("memberships.yaml", "- {member: nobody, of: no-one, kind: group, start: soon}", "start"),
    ],
)
def test_a_mistake_in_a_list_is_named(site: Site, tmp_path: Path, file: str, text: str, wrong: str) -> None:
    (tmp_path / "edit").mkdir()
    (tmp_path / "edit" / file).write_text(text)
    with pytest.raises(Invalid, match=wrong):
        take(site, tmp_path / "edit")


@pytest.mark.parametrize("practice", ["Harbour Street Practice", "ZZN81", "harbour street practice", "zzn81"])
def test_a_practice_in_a_question_says_which_borough_s_service_it_is(northmoor: Site, practice: str) -> None:
    found = ask(northmoor, f"district nursing {practice}")
    assert found.best is not None
    assert found.best.entry.slug == "district-nursing-eastmarsh"
    assert found.best.registered is not None
    assert (found.best.registered.area, found.query.text) == ("Eastmarsh", f"district nursing {practice}")
    other = ask(northmoor, "district nursing Hallow Hill Surgery")
    assert other.best is not None
    assert other.best.entry.slug == "district-nursing-westhallow"


def test_a_practice_alone_finds_what_its_patients_may_use(northmoor: Site) -> None:
    found = ask(northmoor, "Dyke Road Medical Centre")
    takes = [result for result in found.results if result.registered]
    assert takes
    assert found.practice == "Dyke Road Medical Centre"
    assert not record_gap(northmoor.database, found, at=northmoor.now())
    assert ask(northmoor, "diet Dyke Road Medical Centre").practice is None
    assert {result.registered.area for result in takes if result.registered} == {"Southfen"}
    assert "district-nursing-southfen" in {result.entry.slug for result in takes}
    assert {result.registered.practice for result in takes if result.registered} == {"Dyke Road Medical Centre"}


def test_a_practice_that_runs_a_service_is_still_its_owner(northmoor: Site) -> None:
    assert ask(northmoor, "Quay Road Surgery").results[0].entry.slug == "homeless-health"


def test_services_for_other_areas_come_last_and_are_never_the_answer(northmoor: Site) -> None:
    found = ask(northmoor, "district nursing Westhallow ZZN81", limit=100)
    assert found.best is None or found.best.entry.slug != "district-nursing-westhallow"
    order = [result.entry.slug for result in found.results]
    assert order.index("district-nursing-eastmarsh") < order.index("district-nursing-westhallow")


def test_before_it_belonged_anywhere_a_practice_says_nothing(northmoor: Site) -> None:
    found = ask(northmoor, "ZZN81", as_of=date(2022, 6, 30))
    assert not any(result.registered for result in found.results)


@pytest.mark.realdata
def test_a_real_practice_finds_the_service_for_its_commissioner(site: Site, real_data: Path) -> None:
    """A81001 belonged to 5E1 until 31 March 2013, and has belonged to 00K since."""
    # Of thirteen thousand practices the first few hundred, with all that they belonged to.
    lines = (real_data / "epcmem.csv").read_bytes().splitlines(keepends=True)
    reading = READERS["ods-memberships"](b"".join(line for line in lines if line.startswith(b'"A81')))
    import_file(site.database, Import(reading, "epcmem.csv", OPERATOR, build.NOON, build.LONDON, build.TODAY))
    build.directory(site.database)
    podiatry = build.opening("podiatry", areas=(Area("00K", basis="registered"),), needs=("foot care",), contacts=())
    physio = build.opening("physio", areas=(Area("5E1", basis="registered"),), needs=("back pain",))
    build.change(site.database, build.draft(podiatry, physio, kinds=("opened",), effective_from=date(2001, 4, 1)))
    with site.database.read() as connection:
        assert entry(connection, "podiatry", on=build.TODAY).facts.areas[0].name == "00K"
    with site.database.write() as connection:
        key = connection.exec_driver_sql("SELECT id FROM organisations WHERE ods_code = 'A81001'").scalar_one()
    named = Draft(
        title="A81001 has a name",
        effective_from=date(2001, 4, 1),
        organisations=(Edit(key, {"name": "The Densham Surgery"}),),
        why="The list of practices says so.",
        what_to_do="Use the name.",
    )
    build.change(site.database, named)
    follow_index(site.database, site.engine, today=site.today())
    for question in ("A81001", "a81001 foot care", "the Densham surgery", "Densham Surgery foot care"):
        found = ask(site, question)
        takes = {result.entry.slug: result.registered for result in found.results if result.registered}
        assert set(takes) == {"podiatry"}, question
        assert takes["podiatry"] is not None
        assert takes["podiatry"].area == "00K"
    then = ask(site, "A81001", as_of=date(2013, 3, 31))
    assert {result.entry.slug for result in then.results if result.registered} == {"physio"}
