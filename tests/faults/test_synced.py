"""What a power cut may not take: on SQLite the log that a change stands in is on disk before its 201 goes out.

The kernel's own account of a server that publishes (strace) is read. A kill proves nothing here: what was written and
not synced outlives the process, and not the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.conftest import Tried
from tests.faults.publishing import key_of_editor, publish
from tests.running import Signpost, wait_for

PUBLISHED = 100
WATCHED = "read,recvfrom,recvmsg,write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync"
INSTALL = "apt-get install -y strace"
ASKED, ANSWERED, WAL = '"POST /api/v1/changes ', '"HTTP/1.1 201', ".db-wal>"
_LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. \w+ resumed>)?(?P<call>.*)")


@dataclass(slots=True)
class Account:
    """What happened to each request for a change, in the order in which the kernel was asked."""

    answered: int = 0
    # Requests whose answer went out while their change was not known to be on disk, by their place.
    too_soon: list[int] = field(default_factory=list)
    _written: set[str] = field(default_factory=set)
    _on_disk: bool = False

    def hear(self, thread: str, call: str, *, begins: bool, ends: bool) -> None:
        """Take in a call of a thread when it begins, when it ends, or both at once."""
        name = call.partition("(")[0]
        if name.startswith(("read", "recv")) and ends and ASKED in call:
            self._written, self._on_disk = set(), False
        elif WAL in call and name in ("write", "pwrite64") and begins:
            self._written.add(thread)
            self._on_disk = False
        elif WAL in call and name in ("fsync", "fdatasync") and ends and call.endswith("= 0"):
            # Only what was written before is on disk, and only by its own writer is it known to be whole.
            self._on_disk = thread in self._written
        elif name in ("write", "writev", "sendto", "sendmsg") and begins and ANSWERED in call:
            if not self._on_disk:
                self.too_soon.append(self.answered)
            self.answered += 1


def account_of(trace: Iterator[str]) -> Account:
    """Read `strace -f -yy`, in which a call that another thread interrupted stands in two lines."""
    account, begun = Account(), dict[str, str]()
    for line in trace:
        found = _LINE.match(line.rstrip())
        if found is None:
            continue
        thread, call = found["thread"], found["call"]
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
            account.hear(thread, begun[thread], begins=True, ends=False)
        else:
            before = begun.pop(thread, "")
            account.hear(thread, before + call, begins=not before, ends=True)
    return account


@contextmanager
def traced(signpost: Signpost, trace: Path) -> Iterator[None]:
    """A server that only answers: what syncs there is synced for a request."""
    serve = [sys.executable, "-m", "directory", "serve", "--no-work", "--port", str(signpost.port)]
    # With -D it is the server, not strace, that is ended; what is not watched costs nothing by --seccomp-bpf.
    strace = ["strace", "-D", "-f", "--seccomp-bpf", "-yy", "-s", "64", "-o", str(trace), "-e", f"trace={WATCHED}"]
    with subprocess.Popen([*strace, *serve], env=signpost.environment, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(signpost.answers, "the server to answer")
            yield
        finally:
            server.terminate()
    ends = re.compile(rf"^{server.pid} +\+\+\+ ", re.MULTILINE)
    wait_for(lambda: ends.search(trace.read_text()), "the account to be whole")


@pytest.fixture
def _strace() -> None:
    if shutil.which("strace") is None:
        message = f"strace is not installed: {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.mark.again
@pytest.mark.usefixtures("_strace")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_change_is_answered_before_it_is_on_disk(
    signpost: Signpost, tmp_path: Path, tried: Callable[[Tried], None]
) -> None:
    key, trace = key_of_editor(signpost), tmp_path / "trace"
    with traced(signpost, trace), signpost.client(key) as client:
        for number in range(PUBLISHED):
            assert publish(client, f"Change {number}").status_code == 201
    with trace.open() as lines:
        account = account_of(lines)
    assert account.answered == PUBLISHED
    assert account.too_soon == []
    tried(Tried("publishing: the log synced before each answer", "sqlite", PUBLISHED, 0, 0))


REQUEST = (
    '7 recvfrom(11<TCP:[127.0.0.1:8000->127.0.0.1:5]>, "POST /api/v1/changes HTTP/1.1\\r"..., 262144, 0, NULL) = 309'
)
WRITTEN = '9 pwrite64(15</d/signpost.db-wal>, "\\0"..., 4096, 136648) = 4096'
SYNCED = "9 fdatasync(15</d/signpost.db-wal>) = 0"
ANSWER = (
    '7 sendto(11<TCP:[127.0.0.1:8000->127.0.0.1:5]>, "HTTP/1.1 201 Created\\r\\nlocation: h"..., 480, 0, NULL, 0) = 480'
)


@pytest.mark.parametrize(
    ("trace", "too_soon"),
    [
        ([REQUEST, WRITTEN, SYNCED, ANSWER], []),
        ([REQUEST, WRITTEN, ANSWER, SYNCED], [0]),
        ([REQUEST, WRITTEN, SYNCED, WRITTEN, ANSWER], [0]),
        ([WRITTEN, SYNCED, REQUEST, ANSWER], [0]),
        ([REQUEST, WRITTEN, SYNCED.replace("db-wal", "db"), ANSWER], [0]),
        ([REQUEST, WRITTEN, SYNCED.replace("= 0", "= -1 EIO (Input/output error)"), ANSWER], [0]),
        ([REQUEST, WRITTEN, SYNCED.replace("9 ", "8 ", 1), ANSWER], [0]),
        (
            [REQUEST, WRITTEN, SYNCED.replace(") = 0", " <unfinished ...>"), ANSWER, "9 <... fdatasync resumed>) = 0"],
            [0],
        ),
        (
            [REQUEST, WRITTEN, SYNCED.replace(") = 0", " <unfinished ...>"), "9 <... fdatasync resumed>) = 0", ANSWER],
            [],
        ),
    ],
)
def test_an_answer_that_is_too_soon_is_found(trace: list[str], too_soon: list[int]) -> None:
    account = account_of(iter(trace))
    assert (account.answered, account.too_soon) == (1, too_soon)
