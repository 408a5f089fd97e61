"""The command line of what the directory learns: vocabulary, gaps, pages to follow."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import Signpost, printed

FORUM = "---\ntitle: Discharge forum\nkind: forum\nneeds: [discharge]\nupdated: 2026-10-01\n---\nAnyone can come.\n"


def test_a_line_is_added_found_removed_and_put_back(stocked: Signpost) -> None:
    stocked("vocabulary", "add", "wound club", "leg ulcer", "--kind", "misnomer")
    assert printed(stocked("vocabulary", "list", "--json")) == [
        {"term": "wound club", "means": ["leg ulcer"], "kind": "misnomer"}
    ]
    assert "leg-ulcer-clinic" in stocked("find", "wound club", "--json").stdout
    assert stocked("vocabulary", "list", "--with", "nothing").stdout == ""
    stocked("vocabulary", "remove", "wound club")
    assert stocked("vocabulary", "list").stdout == ""
    assert "wound club: leg ulcer (misnomer)" in stocked("vocabulary", "list", "--removed").stdout
    stocked("vocabulary", "restore", "wound club")
    assert "wound club" in stocked("vocabulary", "list").stdout


def test_a_line_that_cannot_be_is_refused_in_one_line(signpost: Signpost) -> None:
    result = signpost("vocabulary", "add", "legs", "Legs", code=1)
    assert result.stderr == "signpost: a term cannot mean itself\n"
    assert "There is no “legs”" in signpost("vocabulary", "remove", "legs", code=1).stderr


def test_only_editors_change_it(stocked: Signpost) -> None:
    stocked("user", "add", "amina@northmoor.example")
    assert (
        "need to be an editor"
        in stocked("vocabulary", "add", "a", "b", "--as", "amina@northmoor.example", code=1).stderr
    )


def test_gaps_are_listed_and_closed(stocked: Signpost) -> None:
    assert printed(stocked("gaps", "list", "--json")) == []
    assert "no open gap" in stocked("gaps", "close", "foot warmers", code=1).stderr


def test_a_page_is_followed_and_found(stocked: Signpost, tmp_path: Path) -> None:
    folder = tmp_path / "more" / "pages"
    folder.mkdir(parents=True)
    page = folder / "discharge.md"
    page.write_text(FORUM, encoding="utf-8")
    stocked("import", str(folder.parent))
    assert (
        "hears weekly of page Discharge forum"
        in stocked("subscribe", "amina@northmoor.example", "--page", "discharge", "--every", "weekly").stdout
    )
    refused = stocked("subscribe", "amina@northmoor.example", "--page", "nothing", code=1)
    assert "there is no page 'nothing'" in refused.stderr
    both = stocked("subscribe", "a@northmoor.example", "--page", "discharge", "--kind", "owner", code=1)
    assert "a page is followed by itself" in both.stderr
    assert "Forum: Discharge forum (http://127.0.0.1:8000/pages/discharge)" in stocked("find", "discharge").stdout
    [found] = printed(stocked("find", "discharge", "--json"))["pages"]
    assert (found["title"], found["kind"], found["matched"]["field"]) == ("Discharge forum", "forum", "need")
    page.write_text(FORUM + "\n## 2026-11-01: Key safes\n\nLate.\n", encoding="utf-8")
    stocked("import", str(folder.parent))
    stocked("work", "--once")
    preview = printed(stocked("digest", "preview", "amina@northmoor.example", "--at", "2099-01-05T06:00", "--json"))
    assert preview["pages"] == [{"slug": "discharge", "version": 2, "title": "Discharge forum: Key safes"}]
