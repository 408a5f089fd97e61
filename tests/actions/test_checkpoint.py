"""A checkpoint that was kept elsewhere: it shows what whoever may write everything cannot hide."""

from __future__ import annotations

import json
import shutil
import stat
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from directory.actions import checkpoint
from directory.actions.audit_trail import seal_trail, verify_trail
from directory.actions.follow import write_records
from directory.actions.verify import verify_content
from directory.domain.change import Edit
from directory.errors import RecordDamaged
from directory.store.database import Database
from tests import build

KEY = Ed25519PrivateKey.generate()


def _made(database: Database) -> checkpoint.Checkpoint:
    seal_trail(database, at=build.NOON)
    return checkpoint.make(database, at=build.NOON)


def _changed(database: Database, *hours: str) -> None:
    for said in hours:
        build.change(database, build.draft(Edit("leg-ulcer-clinic", {"hours": said}), title=said))


def test_what_came_after_it_does_not_matter(database: Database) -> None:
    build.directory(database)
    kept = checkpoint.read_signed(checkpoint.signed(_made(database), KEY), KEY.public_key())
    _changed(database, "24/7")
    seal_trail(database, at=build.NOON)
    assert kept.changes == 1
    assert checkpoint.differences(database, kept) == ()


def test_of_an_empty_directory(database: Database) -> None:
    kept = _made(database)
    assert (kept.changes, checkpoint.differences(database, kept)) == (0, ())


def test_a_history_made_anew_fits_and_is_found(sqlite_url: str, tmp_path: Path) -> None:
    """Both chains are sound, in the database and on disk; the checkpoint says that they were others."""
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "forged.db")
    with closing(Database(sqlite_url)) as real, closing(Database(f"sqlite:///{tmp_path / 'forged.db'}")) as forged:
        build.directory(real)
        _changed(real, "Mo 09:00-10:00", "Tu 09:00-10:00")
        kept = _made(real)
        build.directory(forged)
        _changed(forged, "Mo 09:00-10:00", "Tu 09:00-23:00")
        write_records(forged, tmp_path, at=build.NOON)
        seal_trail(forged, at=build.NOON)
        assert verify_content(forged, tmp_path).problems == ()
        assert verify_trail(forged).problems == ()
        first, second = checkpoint.differences(forged, kept)
    assert first.startswith("change 3, or one before it, is not what it was")
    assert second.startswith("entry 3 of the audit trail")


def test_chains_cut_off_with_their_counters_are_found(sqlite_url: str, tmp_path: Path) -> None:
    """As when an old copy of the database is put in place of the real one."""
    with closing(Database(sqlite_url)) as real:
        build.directory(real)
        seal_trail(real, at=build.NOON)
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "old.db")
        _changed(real, "24/7")
        kept = _made(real)
    with closing(Database(f"sqlite:///{tmp_path / 'old.db'}")) as old:
        assert verify_trail(old).problems == ()
        first, second = checkpoint.differences(old, kept)
    assert first.startswith("there were 2 changes on")
    assert second.startswith("the audit trail had 2 entries")


@pytest.mark.parametrize("name", ["made_at", "changes", "changes_sha256", "audit", "audit_sha256", "public_key"])
def test_an_edited_checkpoint_is_refused(database: Database, name: str) -> None:
    plain = json.loads(checkpoint.signed(_made(database), KEY))
    plain[name] = plain[name] + 1 if isinstance(plain[name], int) else plain[name][:-2] + "x="
    with pytest.raises(RecordDamaged, match="edited, or signed with another key"):
        checkpoint.read_signed(json.dumps(plain), KEY.public_key())


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"signature": "é"}', '{"signature": 5}'])
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(RecordDamaged):
        checkpoint.read_signed(text, KEY.public_key())


def test_a_checkpoint_of_another_key_is_refused_whatever_key_it_names(database: Database) -> None:
    text = checkpoint.signed(_made(database), Ed25519PrivateKey.generate())
    with pytest.raises(RecordDamaged, match="another key"):
        checkpoint.read_signed(text, KEY.public_key())


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-key"
    first, second = (checkpoint.public_text(checkpoint.kept_key(path).public_key()) for _ in range(2))
    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert checkpoint.public_text(checkpoint.public_of(first)) == first


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é" * 44])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(RecordDamaged):
        checkpoint.public_of(text)
    with pytest.raises(RecordDamaged, match="openssl genpkey"):
        checkpoint.key_of(text)
