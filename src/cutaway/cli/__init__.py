"""The command line: one module a command, loaded when it is used.

`cutaway --help` needs click alone; NumPy and everything else come with the command that runs.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

import click

from cutaway.cli.streams import prepare_streams, printable
from cutaway.errors import CutawayError, nearest

USAGE = 2
INTERRUPTED = 130
# Called with the exit code by what has to end the process in its own way
ENDS: list[Callable[[int], None]] = []


class Entry(NamedTuple):
    """One command: the module that holds its function `command`, and its line in --help."""

    module: str
    text: str


COMMANDS: Mapping[str, Entry] = {
    "train": Entry("cutaway.cli.train", "Train a network on pictures, a table, or data by name."),
    "sweep": Entry("cutaway.cli.sweep", "Train many networks and tell which settings did best."),
    "improve": Entry("cutaway.cli.improve", "Diagnose, try remedies, keep what helps, tell why."),
    "ensemble": Entry("cutaway.cli.ensemble", "Train several networks that answer together."),
    "predict": Entry("cutaway.cli.predict", "Answer for new pictures or rows."),
    "evaluate": Entry("cutaway.cli.evaluate", "Measure a network on labelled examples."),
    "diagnose": Entry("cutaway.cli.diagnose", "Say what is wrong, how sure, and what to do next."),
    "compare": Entry("cutaway.cli.compare", "Tell whether two networks or two settings differ."),
    "runs": Entry("cutaway.cli.runs", "List what was tried, and how well it did."),
    "show": Entry("cutaway.cli.show", "Write a page of training pictures, changed by --augment."),
    "export": Entry("cutaway.cli.export", "Write a network for other programs: ONNX, NumPy, C, .."),
    "import": Entry(
        "cutaway.cli.import_model", "Make a run of a dense network of another program."
    ),
    "cache": Entry("cutaway.cli.cache", "List what large data were converted to, or remove it."),
    "lesson": Entry("cutaway.cli.lesson", "Run an experiment of the course."),
    "gradcheck": Entry("cutaway.cli.gradcheck", "Check a gradient, ours or your own."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name].module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(
                f"there is no command '{args[0]}'{nearest(args[0], COMMANDS) or ';'} "
                f"choose from {', '.join(COMMANDS)}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.text) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cutaway", message="cutaway %(version)s")
def cutaway() -> None:
    """Train, judge and save neural networks built from the equations of the course.

    \b
      cutaway train digits             real handwritten digits, built in
      cutaway train pets/              a folder of pictures for each class
      cutaway train houses.csv --target price
      cutaway evaluate last --test     the honest figure, once at the end
      cutaway predict last new.jpg
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command; whatever goes wrong ends in one clear line and an exit code."""
    prepare_streams()
    try:
        code = cutaway.main(arguments, prog_name="cutaway", standalone_mode=False)
        # A full disk, or a reader that went away (| head), shows when the last output is flushed.
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        code = USAGE
    except click.UsageError as error:
        _say(_usage(error))
        if error.ctx is not None:
            print(f"help: {error.ctx.command_path} --help", file=sys.stderr)
        code = USAGE
    except click.ClickException as error:
        _say(error.format_message())
        code = USAGE
    except CutawayError as error:
        _say(str(error))
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        code = INTERRUPTED
    except SystemExit:
        # How click reports a reader that went away: it has seen enough, nothing failed.
        code = 0
    except BrokenPipeError:
        _discard_output()
        code = 0
    except MemoryError:
        _say("not enough memory; use fewer or smaller examples (--size for pictures)")
        code = USAGE
    except OSError as error:
        _say(f"{error.filename or 'standard output'}: {error.strerror or error}")
        _discard_output()
        code = USAGE
    except Exception as error:
        if os.environ.get("CUTAWAY_TRACEBACK"):
            raise
        _say(
            f"something failed inside cutaway ({type(error).__name__}: {error}); "
            "this is a fault of ours: please report it with what "
            "CUTAWAY_TRACEBACK=1 before the same command prints"
        )
        code = 1
    for end in ENDS:
        end(code or 0)
    sys.exit(code)


def _say(message: str) -> None:
    print(f"error: {printable(message)}", file=sys.stderr)


def _usage(error: click.UsageError) -> str:
    """Say what is wrong with the words that were typed, the nearest option first."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        parameters = error.ctx.command.get_params(error.ctx)
        options = [word for p in parameters if isinstance(p, click.Option) for word in p.opts]
        return f"there is no option '{error.option_name}'{nearest(error.option_name, options)}"
    # click lists the choices of a missing option one a line.
    return re.sub(r"\s*\n\s*", " ", error.format_message())


def _discard_output() -> None:
    """Keep Python from flushing, at its end, what can no longer be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


def command_line() -> str:
    """Return the command as it was typed, for run.json and the report."""
    import shlex

    words: list[Any] = ["cutaway", *sys.argv[1:]]
    return shlex.join(words)
