"""The `signpost` command at a glance."""

from __future__ import annotations

from importlib import import_module

import click

# Where each command lives. Only the one that is asked for is imported: `signpost serve` starts in half the time.
COMMANDS = {
    "serve": "running:serve",
    "work": "running:work",
    "find": "asking:find",
    "show": "asking:show",
    "import": "publishing:import_command",
    "publish": "publishing:publish_command",
    "subscribe": "people:subscribe",
    "user": "people:user",
    "key": "people:key",
    "digest": "keeping:digest",
    "content": "keeping:content",
    "reindex": "running:reindex",
    "migrate": "running:migrate",
    "settings": "running:settings",
    "version": "running:version",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Every command, in the order in which they are listed above."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"directory.commands.{module}"), name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Signpost: who handles a referral now, who is told when that changes, and why it did."""


if __name__ == "__main__":
    main(prog_name="signpost")
