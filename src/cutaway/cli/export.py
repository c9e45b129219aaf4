"""cutaway export: a trained network for other programs."""

from __future__ import annotations

import click

from cutaway.cli.options import Choice, json_option, runs_option
from cutaway.cli.streams import print_json
from cutaway.export import FORMATS


@click.command("export")
@click.argument("run")
@click.option("--to", "formats", multiple=True, required=True, type=Choice(list(FORMATS)),
              help="format; several are given by several --to")  # fmt: skip
@click.option("--into", metavar="FILE", help="file or folder to write to  [the run's folder]")
@click.option("--force", is_flag=True, help="replace what exists")
@runs_option
@json_option
def command(
    run: str, formats: tuple[str, ...], into: str | None, force: bool, runs: str, as_json: bool
) -> None:
    """Write the network of RUN for other programs, compared with it before it is written.

    RUN is a folder, a name, a unique beginning of one, `last`, or a model.safetensors file.
    """
    from cutaway.cli.console import field, make_console, waiting
    from cutaway.export.exporting import destination, export, find_subject
    from cutaway.export.parity import examples

    subject, folder = find_subject(run, runs)
    paths = {name: destination(name, run, folder, into) for name in dict.fromkeys(formats)}
    console = make_console(silent=as_json)
    with waiting(console, "reading"):
        compared = examples(subject, folder)
    done = {
        name: export(subject, name, path, compared, overwrite=force) for name, path in paths.items()
    }
    if as_json:
        print_json(
            [
                {"format": name, "files": [str(path) for path in result.files],
                 "compared_on": result.words, "largest_difference": result.difference,
                 "not_compared": result.why or None}
                for name, result in done.items()
            ]
        )  # fmt: skip
        return
    for name, result in done.items():
        field(console, name, *map(str, result.files), wrap=False)
        if result.difference is None:
            field(console, "", f"written, not compared with the network: {result.why}")
        else:
            apart = f"{result.difference:.1g} at most" if result.difference else "nothing"
            field(console, "", f"differs from the network by {apart} on {result.words}")
