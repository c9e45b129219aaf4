"""Options of the command line, made from the table of hyper-parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import click

from cutaway.cli.streams import print_json
from cutaway.errors import unknown
from cutaway.hyperparameters import DEFAULTS, ROWS, Hyperparameters
from cutaway.tracking import TRACKERS

TITLES = {
    "network": "Network",
    "training": "Training",
    "regularisation": "Regularisation",
    "data": "Data",
    "execution": "Execution",
}


class GroupedCommand(click.Command):
    """A command whose --help lists the hyper-parameters by the groups of their table."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section a group."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        sections |= {title: [] for title in TITLES.values()}
        for parameter in self.get_params(ctx):
            line = parameter.get_help_record(ctx)
            if line is not None and isinstance(parameter, click.Option):
                row = ROWS.get(parameter.name or "")
                sections[TITLES[row.group] if row else "Options"].append(line)
        for title, lines in sections.items():
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines, col_max=28)


class Choice(click.Choice[str]):
    """A choice that suggests the nearest word."""

    def get_invalid_choice_message(self, value: str, ctx: click.Context | None) -> str:
        """Say which word is unknown, the nearest one, and all of them."""
        return unknown("the word", value, self.choices)


def hyperparameter_options(
    names: Collection[str] = tuple(ROWS),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: one option for each row named; values stay text until they are read."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(tuple(names)):
            function = _option(name)(function)
        return function

    return decorate


def _option(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    row = ROWS[name]
    default = _shown(DEFAULTS[name])
    choices = (*row.words, *row.choices)
    text = row.help + (f" ({', '.join(choices)})" if row.choices else "")
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        metavar=row.metavar,
        help=f"{text}  [{default}]" if default else text,
    )


def read_hyperparameters(values: dict[str, Any]) -> Hyperparameters:
    """Read the options that were given."""
    return Hyperparameters.of(**{name: text for name, text in values.items() if text is not None})


def _shown(default: Any) -> str:
    if default is None:
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


runs_option = click.option(
    "--runs", default="runs", metavar="DIR", show_default=True, help="folder of the runs"
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="print one JSON document on standard output"
)


def training_options(name: str, kept: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: the options of a command that trains, beside the hyper-parameters.

    `name` is the help of --name, and `kept` is what --quiet prints the place of.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--quiet", is_flag=True, help=f"print only where {kept} is"),
            json_option,
            click.option("--track", multiple=True, type=Choice(list(TRACKERS)),
                         help="show the training in another program too (cutaway[track])"),
            runs_option,
            click.option("--name", metavar="NAME", help=name),
            reading_options,
        ):  # fmt: skip
            function = option(function)
        return function

    return decorate


def answer(document: Any, path: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Print what a command that trains was asked for: --json the document, --quiet the place."""
    if as_json:
        print_json(document)
    elif quiet and path is not None:
        print(path)


# What --resume may stand beside in every command
_OF_THE_MOMENT = ("resume", "runs", "as_json", "quiet")


def require_one_source(
    data: str | None, resume: str | None, what: str, beside: Collection[str] = ()
) -> None:
    """Check that the command was given a PATH, or else nothing but what to resume.

    beside  parameters of this command that go with --resume

    Raises:
        click.UsageError: it was given neither, or settings beside --resume.
    """
    if resume is None:
        if data is None:
            raise click.UsageError(
                "PATH is missing: a folder of pictures, a table, or a name such as digits"
            )
        return
    others = [n for n in click.get_current_context().params if n not in (*_OF_THE_MOMENT, *beside)]
    if _typed(others):
        raise click.UsageError(
            f"--resume RUN goes on with the settings of that {what}; give no other"
        )


def require_sense(names: Iterable[str], beside: str) -> None:
    """Check that none of these options was typed: they mean nothing, for `beside` is not there.

    Raises:
        click.UsageError: one was.
    """
    for name in _typed(names):
        raise click.UsageError(f"--{name.replace('_', '-')} goes with {beside}; leave it out")


def _typed(names: Iterable[str]) -> list[str]:
    """Return the parameters among these that a person has typed."""
    context, typed = click.get_current_context(), click.core.ParameterSource.COMMANDLINE
    return [name for name in names if context.get_parameter_source(name) is typed]


def reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a path is read: --labels, --task, --strict."""
    task = Choice(["classification", "multi-label", "regression"])
    for option in (
        click.option("--strict", is_flag=True, help="stop at the first unreadable picture"),
        click.option("--task", type=task, help="what to learn, where the target leaves it open"),
        click.option("--labels", metavar="FILE", help="a table with the label of each picture"),
    ):
        function = option(function)
    return function
