"""cutaway import: a dense network of another program as a run."""

from __future__ import annotations

from typing import Any

import click

from cutaway.cli import command_line
from cutaway.cli.options import Choice, json_option, runs_option
from cutaway.cli.streams import print_json


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(","))


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--output", type=Choice(["softmax", "sigmoid", "identity", "relu", "tanh"]),
              help="what is done to the last Z, where the file leaves it open")  # fmt: skip
@click.option("--activation", type=Choice(["relu", "tanh", "sigmoid", "leaky_relu", "identity"]),
              help="of the hidden layers, where the file holds weights only")  # fmt: skip
@click.option("--classes", metavar="NAMES", help="cat,dog: their names in the order of the outputs")
@click.option("--columns", metavar="NAMES", help="a,b: the inputs' names, so that tables are read")
@click.option("--target", metavar="NAMES", help="name of what is predicted")
@click.option("--trust", is_flag=True, help="read a pickle, which runs the code that is in it")
@click.option("--name", metavar="NAME", help="name of the run's folder")
@runs_option
@json_option
def command(
    file: str, name: str | None, runs: str, as_json: bool, trust: bool, **given: str | None
) -> None:
    """Make a run of FILE: an .onnx graph, a .safetensors file, or scikit-learn's MLP (.joblib).

    The network must be dense: layers one after another. It is compared with what onnxruntime or
    scikit-learn answer before it is kept. Then predict, evaluate and export take it.

    \b
      cutaway import model.onnx --classes cat,dog
      cutaway import model.safetensors --activation relu --output softmax
      cutaway import mlp.joblib --trust
    """
    from cutaway.importers.imported import Given
    from cutaway.importers.importing import import_file

    said: dict[str, Any] = {key: given[key] for key in ("output", "activation")}
    said |= {key: _names(given[key]) for key in ("classes", "columns", "target")}
    kept = import_file(
        file, Given(**said, trust=trust), runs=runs, name=name, command=command_line()
    )
    if as_json:
        print_json(
            {"run": str(kept.folder.path), "format": kept.format,
             "sizes": list(kept.model.network.sizes), "compared_on": kept.words,
             "largest_difference": kept.difference, "not_compared": kept.why or None,
             "notes": list(kept.notes)}
        )  # fmt: skip
        return
    _show(kept, file)


def _show(kept: Any, file: str) -> None:
    from cutaway.cli.console import field, make_console, show_layers
    from cutaway.export.subject import Subject

    console = make_console()
    field(console, "file", f"{file}: {Subject(kept.folder.name, kept.model).title()}", *kept.notes)
    show_layers(console, kept.model.network)
    if kept.difference is None:
        field(console, "compared", f"not with the file: {kept.why}")
    else:
        apart = f"by {kept.difference:.1g} at most" if kept.difference else "by nothing"
        field(console, "compared", f"differs from the file {apart} on {kept.words}")
    field(console, "run", str(kept.folder.path), wrap=False)
    after = [f"cutaway {verb} {kept.folder.typed} PATH" for verb in ("evaluate", "predict")]
    field(console, "next", *after, wrap=False)
