"""Follow the Dockerfile in a clean Debian root, and start what it makes: read-only, as its user, until it is healthy.

The base is Debian's own Python and not the image that the Dockerfile names; everything else is done as it says, line by
line, and an instruction that is not known here ends it.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

HERE = Path(__file__).resolve().parents[2]
PACKAGES = "python3,python3-venv,ca-certificates"
# How the network is reached from this machine, and whom it trusts.
OF_THIS_MACHINE = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE = 60


@dataclass(slots=True)
class Stage:
    """The root that a stage fills, and what it said of it."""

    root: Path
    folder: str = "/"
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    entry: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str], *, user: str | None = None) -> None:
        """A command inside, its words on ours."""
        subprocess.run(self.inside(command, user=user), check=True, env=self._known())

    def inside(self, command: Sequence[str], *, user: str | None = None) -> list[str]:
        """The command that runs another in this root."""
        who = [f"--userspec={user}"] if user else []
        return [
            "chroot",
            *who,
            str(self.root),
            "sh",
            "-c",
            f"cd {shlex.quote(self.folder)} && exec {shlex.join(command)}",
        ]

    def _known(self) -> dict[str, str]:
        path = {"PATH": PATH}
        given = {
            name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "NODE_", "npm_"))
        }
        return path | given | self.environment


def main() -> int:
    """Prove the Dockerfile; returns 0 where its health check passed."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        sys.exit("This needs root, and debootstrap: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="signpost-image-", dir="/var/tmp") as folder:
        base = Path(folder) / "base"
        _make_base(base)
        stages = _build(base, Path(folder))
        last = stages[-1]
        made = _megabytes(last.root) - _megabytes(base)
        print(f"{made} MB are added to the base image")
        with _serving(last):
            _wait(last)
    print("the health check passes: read-only, as user", last.user)
    return 0


def _make_base(base: Path) -> None:
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"], check=True, capture_output=True, text=True
    ).stdout.split("\n")
    release, mirror = next(line.split() for line in found if line and "-" not in line.split()[0])
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, str(base), mirror],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    for path in map(Path, OF_THIS_MACHINE):
        if path.exists():
            shutil.copy(path, base / path.relative_to("/"))


def _build(base: Path, folder: Path) -> list[Stage]:
    """Every stage of the Dockerfile, done as it says."""
    stages: list[Stage] = []
    names: dict[str, Stage] = {}
    with (HERE / "Dockerfile").open("rb") as file:
        instructions = DockerfileParser(fileobj=file).structure
    for each in instructions:
        word, value = each["instruction"], each["value"]
        if word == "FROM":
            root = folder / f"stage{len(stages)}"
            subprocess.run(["cp", "-a", str(base), str(root)], check=True)
            stages.append(Stage(root))
            names[value.partition(" AS ")[2]] = stages[-1]
        elif word not in ("COMMENT", "LABEL", "EXPOSE"):
            print(word, value, flush=True)
            _follow(stages[-1], word, value, names)
    return stages


def _follow(stage: Stage, word: str, value: str, names: dict[str, Stage]) -> None:
    if word == "RUN":
        stage.run(["sh", "-ec", value])
    elif word == "COPY":
        _copy(stage, value.split(), names)
    elif word == "WORKDIR":
        stage.folder = value
        (stage.root / value.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif word == "ENV":
        for pair in shlex.split(value):
            name, _, given = pair.partition("=")
            stage.environment[name] = given.replace("$PATH", PATH)
    elif word == "USER":
        stage.user = value
    elif word == "VOLUME":
        stage.volumes.append(value)
    elif word == "HEALTHCHECK":
        stage.health = json.loads(value[value.index("[") :])
    elif word == "ENTRYPOINT":
        stage.entry = json.loads(value)
    elif word == "CMD":
        stage.arguments = json.loads(value)
    else:
        sys.exit(f"{word}: say in {Path(__file__).name} how it is done")


def _copy(stage: Stage, words: list[str], names: dict[str, Stage]) -> None:
    source = HERE
    if words[0].startswith("--from="):
        source = names[words.pop(0).partition("=")[2]].root
    *found, goal = words
    into = stage.root / (Path(stage.folder) / goal).relative_to("/")
    for name in found:
        path = source / name.lstrip("/")
        if path.is_dir():
            shutil.copytree(path, into, symlinks=True, dirs_exist_ok=True)
        else:
            # A goal that ends in a slash is a folder, as is one that is there.
            within = into / path.name if goal.endswith("/") or into.is_dir() else into
            within.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, within)


@contextmanager
def _serving(stage: Stage) -> Iterator[None]:
    """Its command at work, nothing writable but its volumes and /tmp, in mounts that end with it."""
    mounts = [f"mount --bind {stage.root} {stage.root}"]
    mounts += [f"mount -t tmpfs tmpfs {stage.root}/tmp"]
    for volume in stage.volumes:
        mounts += [f"mount -t tmpfs -o uid={stage.user} tmpfs {stage.root}{volume}"]
    mounts += [f"mount -o remount,bind,ro {stage.root}"]
    command = shlex.join(stage.inside([*stage.entry, *stage.arguments], user=f"{stage.user}:{stage.user}"))
    script = " && ".join([*mounts, f"exec {command}"])
    server = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], env=stage._known())
    try:
        yield
        assert server.poll() is None, "it ended by itself"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait(stage: Stage) -> None:
    until = time.monotonic() + PATIENCE
    check = stage.inside(stage.health)
    while subprocess.run(check, capture_output=True, env=stage._known()).returncode:
        if time.monotonic() > until:
            sys.exit("its health check does not pass")
        time.sleep(0.5)


def _megabytes(root: Path) -> int:
    return int(subprocess.run(["du", "-sxm", str(root)], check=True, capture_output=True, text=True).stdout.split()[0])


if __name__ == "__main__":
    sys.exit(main())
