"""Metrics on cases worked out by hand, the engines beside Signpost's, and the command from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import bench
from bench.keeping import kept, read_stream, write_stream
from bench.measure import Spread, medians, memory_now, percentile
from bench.search.goals import Goal
from bench.search.peers import PEERS, peer
from bench.search.queries.labelled import Labelled
from bench.search.relevance import Confidence, Given, confidence, recall, reciprocal_rank, score
from bench.search.signpost import Signpost
from bench.tables import table
from directory.search.document import Document


def given(*ids: str, best: set[str], also: set[str] | None = None, sure: bool = False, doubt: bool = False) -> Given:
    asked = Labelled("exact", "?", frozenset(best), frozenset(also or ()), doubt=doubt)
    return Given(asked, ids, sure)


def test_recall_counts_the_right_ones_in_the_first_ten() -> None:
    assert recall(given("a", "x", best={"a", "b"})) == 0.5
    assert recall(given(*[f"x{at}" for at in range(10)], "a", best={"a"})) == 0
    many = {f"r{at}" for at in range(30)}
    assert recall(given(*sorted(many)[:10], best=many)) == 1


def test_reciprocal_rank_is_that_of_the_first_right_one() -> None:
    assert reciprocal_rank(given("x", "y", "a", best={"a"})) == pytest.approx(1 / 3)
    assert reciprocal_rank(given("x", "b", "a", best={"a"}, also={"b"})) == 0.5
    assert reciprocal_rank(given(best={"a"})) == 0


def test_a_score_leaves_out_what_has_no_right_answer() -> None:
    found = score([given("a", best={"a"}), given("x", "a", best={"a"}), given("x", best=set(), doubt=True)])
    assert (found.questions, found.recall, found.reciprocal_rank, found.first) == (2, 1, 0.75, 0.5)


def test_confidence_is_right_only_where_the_answer_is_and_doubt_is_not() -> None:
    found = confidence(
        [
            given("a", best={"a"}, sure=True),
            given("b", best={"a"}, sure=True),
            given("a", best={"a"}, sure=False),
            given("a", best={"a", "b", "c", "d"}, sure=True, doubt=True),
        ]
    )
    assert found == Confidence(4, 3, 1)
    assert found.share_sure == 0.75
    assert found.share_right == pytest.approx(1 / 3)


def test_percentiles_and_medians() -> None:
    assert [percentile(range(1, 101), share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([7], 0.99) == 7
    assert medians([[1, 9], [2, 8], [30, 7]]) == [2, 8]
    assert Spread.of([0.001, 0.002, 0.003]) == Spread(2, 3, 3)
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_a_goal_holds_at_its_bound() -> None:
    assert Goal("p95", 60, 60).holds
    assert not Goal("p95", 60.1, 60).holds
    assert Goal("MRR", 0.97, 0.97, at_least=True).holds


def test_memory_of_this_process_is_more_than_nothing() -> None:
    measured = memory_now()
    assert 0 < measured.private <= measured.resident


def test_a_table_is_in_line() -> None:
    assert table(("engine", "ms"), [("a", "1.00")]).splitlines() == [
        "| engine |   ms |",
        "| ------ | ---: |",
        "| a      | 1.00 |",
    ]


def test_what_is_kept_is_whole_or_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "kept"

    def fail(unfinished: Path) -> None:
        (unfinished / "half").touch()
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        kept(folder, fail)
    assert not folder.exists()
    kept(folder, lambda unfinished: write_stream(unfinished / "values", range(2_500)))
    assert list(read_stream(folder / "values")) == list(range(2_500))


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_answers_the_same_plans(name: str, tmp_path: Path) -> None:
    documents = [
        Document(id="leg", slug="leg", name="Leg ulcer clinic", needs=("leg ulcer",), areas=("Eastmarsh",)),
        Document(id="far", slug="far", name="Leg ulcer clinic", needs=("leg ulcer",), areas=("Westhallow",)),
        Document(id="old", slug="old", name="Leg ulcer clinic", areas=("Eastmarsh",), superseded=True),
        Document(id="phone", slug="phone", name="Podiatry", phones=("01632 960101",), areas=("Eastmarsh",)),
    ]
    signpost, contender = Signpost(tmp_path / "ours"), peer(name)(tmp_path / name)
    signpost.build(documents)
    contender.build(documents)
    contender.open()

    def ask(text: str, area: str | None = None) -> list[str]:
        return contender.search(signpost.wanted(Labelled("", text, frozenset(), area=area)))

    assert ask("leg ulcers Eastmarsh")[0] == "leg"
    assert ask("leg ulcer westhallow")[0] == "far"
    assert ask("leg ulcer", area="Westhallow") == ["far"]
    assert ask("01632 960 101") == ["phone"]
    assert ask("???") == []
    contender.apply(Document(id="phone", slug="phone", name="Podiatry", phones=("01632 960202",)))
    again = peer(name)(tmp_path / name)
    again.open()
    assert again.search(signpost.wanted(Labelled("", "01632 960 101", frozenset()))) == []


def test_the_command_prints_figures_and_goals(tmp_path: Path) -> None:
    call = [
        "search",
        "--size",
        "700",
        "--peers",
        "fts5",
        "--only",
        "relevance",
        "--set",
        "tuning",
        "--cache",
        str(tmp_path),
    ]
    runner = CliRunner()
    shown = runner.invoke(bench, [*call, "--failures"], catch_exceptions=False)
    assert shown.exit_code == 0
    assert "MRR@10, weakest kind" in shown.stdout
    printed = json.loads(runner.invoke(bench, [*call, "--json"], catch_exceptions=False).stdout)
    assert printed["scores"]["signpost"]["exact"]["recall"] > 0.9
    assert {goal["name"] for goal in printed["goals"]} >= {"hit@1", "MRR@10, all kinds"}


def test_an_unknown_peer_is_named(tmp_path: Path) -> None:
    shown = CliRunner().invoke(bench, ["search", "--peers", "lucene", "--cache", str(tmp_path)])
    assert shown.exit_code == 2
    assert "lucene" in shown.output
