"""The `signpost` command at a glance."""

from __future__ import annotations

import click

from directory.commands.asking import find, show
from directory.commands.keeping import content, digest
from directory.commands.people import key, subscribe, user
from directory.commands.publishing import import_command, publish_command
from directory.commands.running import migrate, reindex, serve, settings, version, work


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Signpost: who handles a referral now, who is told when that changes, and why it did."""


for command in (
    serve, work, find, show, import_command, publish_command, subscribe, user, key,
    digest, content, reindex, migrate, settings, version,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="signpost")
