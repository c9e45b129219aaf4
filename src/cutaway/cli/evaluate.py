"""cutaway evaluate: how good a network is on labelled examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli.options import json_option, require_sense, runs_option
from cutaway.cli.streams import print_json

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cutaway.data.dataset import Dataset
    from cutaway.training.evaluation import Evaluation
    from cutaway.training.run_folder import RunFolder

LARGEST_MATRIX = 12
LONGEST_NAME = 16


@click.command("evaluate")
@click.argument("run")
@click.argument("path", required=False)
@click.option("--labels", metavar="FILE", help="a table with the label of each picture")
@click.option("--test", is_flag=True, help="evaluate on the run's own test set, and count the look")
@runs_option
@json_option
def command(
    run: str, path: str | None, labels: str | None, test: bool, runs: str, as_json: bool
) -> None:
    """Measure the network of RUN on the labelled examples at PATH, or on its own test set.

    The test set is kept for one look at the end: choosing by it makes its figure too good. How
    often it was read is counted and shown.
    """
    if test == (path is not None):
        raise click.UsageError(
            "give either PATH, a labelled set, or --test, the run's own test set"
        )
    if test:
        require_sense(("labels",), "PATH")
    import numpy as np

    from cutaway.cli.console import make_console, waiting
    from cutaway.data.load import load
    from cutaway.data.parts import part
    from cutaway.report import keep_card
    from cutaway.training.evaluation import evaluate
    from cutaway.training.model import find_model

    model, folder = find_model(run, runs)
    if test:
        if folder is None:
            raise click.UsageError("--test needs a run, not a model file alone")
        with waiting(make_console(silent=as_json), "reading") as say:
            dataset, index, notes = _own_test_set(folder, say)
        what = f"test set of {folder.name}"
    else:
        with waiting(make_console(silent=as_json), "reading") as say:
            preparation = model.preparation
            dataset = load(str(path), labels=labels, preparation=preparation, cache="auto", say=say)
        index = np.arange(dataset.m)
        what = str(path)
        notes = [*dataset.notes, *(f"skipped {s.where}: {s.why}" for s in dataset.skipped)]
        if folder is not None and _is_its_own(dataset, folder):
            notes.append(
                "it was trained on a part of these examples, so that the error is too good: "
                "--test measures it on those that it has never seen"
            )
    examples, more = part(dataset, index, model.preparation, model.theta.dtype)
    result = evaluate(model, examples)
    notes += more
    if test and folder is not None:
        folder.update(test=result.to_json())
        if not keep_card(folder, model):
            notes.append(f"{folder.card} was changed by hand: this figure is not in it")
    if as_json:
        document: dict[str, Any] = {"run": run, "data": what, **result.to_json(), "notes": notes}
        print_json(document)
    else:
        _show(result, what, notes)


def _is_its_own(dataset: Dataset, folder: RunFolder) -> bool:
    """Whether the examples come from where those of the run came from."""
    source = folder.read().get("data", {}).get("source") or {}
    return bool(dataset.source) and dataset.source["path"] == source.get("path")


def _own_test_set(
    folder: RunFolder, say: Callable[[str], None]
) -> tuple[Dataset, npt.NDArray[np.intp], list[str]]:
    """Read the data of a run again and count the look; return them, the test indices and notes."""
    from cutaway.errors import RunError
    from cutaway.training.resume import reopen

    setup = reopen(folder, say)
    index = setup.prepared.split.test
    if not len(index):
        raise RunError(
            f"{folder.path} has no test set; evaluate it on a labelled folder or table, "
            "or train with a split that leaves one"
        )
    reads = int(folder.read()["test_reads"]) + 1
    folder.update(test_reads=reads)
    if reads == 1:
        return setup.dataset, index, []
    note = (
        f"the test set has been read {reads} times: what was chosen by it looks better than it is"
    )
    return setup.dataset, index, [note]


def _show(result: Evaluation, what: str, notes: list[str]) -> None:
    from cutaway import wording
    from cutaway.cli.console import field, make_console, table

    console = make_console()
    field(console, "data", f"{what}: {wording.plural(result.m, 'example')}", *notes)
    metric, *others = result.metrics
    bounds = wording.interval(result.interval, metric)
    if metric == "rmse":
        more = "".join(f", {name} {wording.figure(result.metrics[name])}" for name in others)
        error = wording.error(result.error, metric)
        field(console, "error", f"rmse {error}  (95 % interval {bounds}){more}")
    else:
        error = wording.error(result.error, metric)
        field(console, "error", f"{error}  (95 % interval {bounds}, Wilson)")
    if result.confusion is None or result.precision is None or result.recall is None:
        return
    counts = result.confusion.astype(int)
    names = [wording.short(name, LONGEST_NAME) for name in result.classes]
    rows = [
        [
            name,
            f"{counts[i].sum():,}",
            f"{100 * result.precision[i]:.1f} %",
            f"{100 * result.recall[i]:.1f} %",
        ]
        for i, name in enumerate(names)
    ]
    console.print()
    table(console, ["class", "examples", "precision", "recall"], rows)
    if len(names) <= LARGEST_MATRIX:
        matrix = [
            [name, *(str(n) if n else "." for n in counts[i])] for i, name in enumerate(names)
        ]
        console.print()
        table(console, ["true \\ answer", *names], matrix)
    console.print()
    pairs = result.confused(5)
    if pairs:
        field(console, "confused", wording.confused(pairs))
