"""Looking after the records from the command line, as the runbooks do it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.commands.conftest import Signpost, printed


def test_a_checkpoint_is_made_kept_and_held_against(stocked: Signpost, tmp_path: Path) -> None:
    out = tmp_path / "checkpoint.json"
    said = stocked("content", "checkpoint", str(out)).output
    public = said.split()[-1]
    stocked("work", "--once")
    stocked("content", "verify", "--checkpoint", str(out))
    stocked("content", "verify", "--checkpoint", str(out), "--public-key", public)
    assert "exists" in stocked("content", "checkpoint", str(out), code=1).output
    out.write_text(out.read_text(encoding="utf-8").replace('"changes": ', '"changes": 1'), encoding="utf-8")
    refused = stocked("content", "verify", "--checkpoint", str(out), code=1).output
    assert "the checkpoint was edited, or signed with another key" in refused


def test_a_database_that_is_lost_is_made_anew(stocked: Signpost, home: Path) -> None:
    stocked("work", "--once")
    before = printed(stocked("content", "verify", "--json"))
    refused = stocked("content", "rebuild", code=1).output
    assert "the database is not empty" in refused
    for path in home.glob("signpost.db*"):
        path.unlink()
    made = printed(stocked("content", "rebuild", "--json"))
    assert (made["changes"], made["head"], made["problems"]) == (before["records"], before["head"], [])
    assert stocked("content", "verify").exit_code == 0
    shutil.rmtree(home / "content" / "changes")
    assert "there are no records" in _into_nothing(stocked, home)


def _into_nothing(signpost: Signpost, home: Path) -> str:
    for path in home.glob("signpost.db*"):
        path.unlink()
    return signpost("content", "rebuild", code=1).output


def test_the_audit_trail_is_verified(stocked: Signpost) -> None:
    stocked("work", "--once")
    found = printed(stocked("audit", "verify", "--json"))
    assert found["entries"] > 0
    assert (found["waiting"], found["problems"]) == (0, [])
    assert "each as it was sealed" in stocked("audit", "verify").output
