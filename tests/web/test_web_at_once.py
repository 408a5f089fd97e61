"""Two people write about one service and press at the same moment: one is published, the other sees both texts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.web.conftest import FoundSite, TestClient, signed_in, words_of
from tests.web.publishing import CLINIC, begun, entry, last, step, told_and_checked


@pytest.fixture
def two(site: FoundSite) -> dict[str, TestClient]:
    rights = {"role": "lead", "team": "tissue-viability"}
    return {name: signed_in(site, f"{name}@northmoor.example", **rights) for name in ("lee", "ann")}  # type: ignore[arg-type]


def written(client: TestClient, hours: str, summary: str) -> str:
    path = begun(client)
    step(client, path, "what", kinds=["hours", "correction"])
    given = {"hours": hours, "summary": summary, "name": "Leg ulcer clinic", "setting": "community"}
    step(client, path, "details", **given)
    step(client, path, "date", when="today")
    told_and_checked(client, path)
    return path


def test_one_is_published_and_the_other_reads_both(site: FoundSite, two: dict[str, TestClient]) -> None:
    texts = {"lee": ("Mo 09:00-12:00", "Lee's words."), "ann": ("Tu 13:00-17:00", "Ann's words.")}
    paths = {name: written(two[name], *texts[name]) for name in two}
    before, start = last(site).number, Barrier(2)

    def press(name: str) -> str:
        start.wait()
        answer = two[name].post(f"{paths[name]}/check")
        return str(answer.headers["location"]).rpartition("/")[2]

    with ThreadPoolExecutor(2) as pool:
        became = dict(zip(two, pool.map(press, two), strict=True))
    assert sorted(became.values()) == ["done", "merge"]
    assert last(site).number == before + 1
    first, second = sorted(became, key=lambda name: became[name])
    assert two[first].get(f"{paths[first]}/done").status_code == 200
    both = two[second].get(f"{paths[second]}/merge")
    assert both.status_code == 409
    said = words_of(both.text)
    for word in ("Monday", "Tuesday", "Lee's words.", "Ann's words."):
        assert word in said
    version = str(entry(site).latest_version)
    mine = {f"version-{CLINIC}": version, f"{CLINIC}-hours": "mine", f"{CLINIC}-summary": "theirs"}
    assert step(two[second], paths[second], "merge", **mine) == "told"
    told_and_checked(two[second], paths[second])
    assert two[second].post(f"{paths[second]}/check").headers["location"].endswith("/done")
    facts = entry(site).facts
    assert (facts.hours, facts.summary) == (texts[second][0], texts[first][1])
