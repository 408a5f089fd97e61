"""The `signpost` command at a glance."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from directory.rubbish import look_seldom

# Where each command lives. Only the one that is asked for is imported: `signpost serve` starts in half the time.
COMMANDS = {
    "serve": "running:serve",
    "work": "running:work",
    "find": "asking:find",
    "show": "asking:show",
    "import": "importing:import_command",
    "export": "exporting:export",
    "source": "sources:source",
    "publish": "publishing:publish_command",
    "subscribe": "people:subscribe",
    "user": "people:user",
    "key": "people:key",
    "vocabulary": "learning:vocabulary",
    "gaps": "learning:gaps",
    "digest": "keeping:digest",
    "content": "keeping:content",
    "audit": "keeping:audit",
    "doctor": "inspecting:doctor",
    "backup": "backing_up:backup",
    "restore": "backing_up:restore",
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


def run() -> None:
    """The console script: whatever goes wrong is one line on stderr that says what to do."""
    look_seldom()
    try:
        code = main.main(prog_name="signpost", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "signpost"
        click.echo(f"signpost: {error.format_message()} See `{command} --help`.", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("signpost: stopped", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    run()
