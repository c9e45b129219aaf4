"""cutaway lesson: the course's experiments, one command each."""

from __future__ import annotations

from pathlib import Path

import click

from cutaway.cli.interrupts import Interrupts, StoppedByHandError
from cutaway.cli.options import require_sense
from cutaway.lessons import LESSONS, TAKE_DATA


@click.command("lesson")
@click.argument("name", required=False)
@click.option(
    "--data",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help=f"your own data, for {', '.join(TAKE_DATA)}",
)
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default="lessons",
    show_default=True,
    help="folder of the figures",
)
@click.option("--quick", is_flag=True, help="small settings: to see whether it runs")
def command(name: str | None, data: Path | None, output: Path, quick: bool) -> None:
    """Run the lesson NAME, or list all lessons.

    A lesson prints its numbers, beside the published ones where there are any, says what to see in
    them, and writes its figure.
    """
    if name is None:
        require_sense(("data", "output", "quick"), "the NAME of a lesson")
        width = max(map(len, LESSONS))
        for lesson, text in LESSONS.items():
            click.echo(f"{lesson.ljust(width)}  {text}")
        return
    from cutaway.lessons.runner import run_lesson

    # Its numbers would be those of trainings that were ended.
    with Interrupts(StoppedByHandError):
        run_lesson(name, quick=quick, data=data, folder=output)
