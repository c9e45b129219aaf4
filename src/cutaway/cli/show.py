"""cutaway show: a page of training pictures, and what augmentation makes of them."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import click

from cutaway.cli.options import (
    GroupedCommand,
    hyperparameter_options,
    json_option,
    read_hyperparameters,
    reading_options,
    require_sense,
)
from cutaway.cli.streams import print_json
from cutaway.errors import RunError

OPTIONS = ("augment", "seed", "dev", "test", "split", "split_seed", "size", "target", "cache")


@click.command("show", cls=GroupedCommand)
@click.argument("data", metavar="PATH")
@hyperparameter_options(OPTIONS)
@reading_options
@click.option("--examples", type=click.IntRange(1, 1000), default=8, show_default=True,
              metavar="N", help="how many pictures")  # fmt: skip
@click.option("--into", metavar="FILE", help="page to write  [NAME-examples.html, numbered]")
@click.option("--force", is_flag=True, help="replace FILE if it exists")
@json_option
def command(
    data: str,
    labels: str | None,
    task: Any,
    strict: bool,
    examples: int,
    into: str | None,
    force: bool,
    as_json: bool,
    **values: str | None,
) -> None:
    """Write a page of training pictures to look at, with --augment beside what training sees.

    \b
      cutaway show pets/ --augment flip,rotate:15,shift:0.1
      cutaway train pets/ --augment flip,rotate:15,shift:0.1
    """
    given = read_hyperparameters(values)
    if into is None:
        require_sense(("force",), "--into")
    from cutaway.cli.console import field, make_console, waiting
    from cutaway.report.examples import write_examples
    from cutaway.training.files import write_text
    from cutaway.training.setup import set_up

    if into is not None and Path(into).exists() and not force:
        raise RunError(f"{into} exists already; --force replaces it")
    console = make_console(silent=as_json)
    with waiting(console, "reading") as say:
        setup = set_up(data, given, labels=labels, task=task, strict=strict, say=say)
    page = write_examples(setup, examples)
    path = _free(setup.dataset.name) if into is None else Path(into)
    write_text(path, page, "--into")
    if as_json:
        print_json({"page": str(path), "augment": setup.plan.augment})
        return
    field(console, "page", str(path), wrap=False)
    if given.augment:
        field(
            console,
            "next",
            f"cutaway train {shlex.quote(data)} --augment {given.augment}",
            wrap=False,
        )


def _free(name: str) -> Path:
    """Return NAME-examples.html, or with the next number where it is taken."""
    stem = re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "data"
    names = (f"{stem}-examples{'' if n == 1 else f'-{n}'}.html" for n in itertools.count(1))
    return next(path for path in map(Path, names) if not path.exists())
