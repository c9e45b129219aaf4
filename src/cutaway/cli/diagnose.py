"""cutaway diagnose: what is wrong with a network, how sure that is, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli.options import json_option, runs_option
from cutaway.cli.streams import print_json

if TYPE_CHECKING:
    from cutaway.insight.diagnosis import Diagnosis, Errors, Quantity
    from cutaway.insight.faults.search import Search
    from cutaway.insight.recipe import Advice

SHARE = click.FloatRange(min=0)
COUNT = click.IntRange(min=1)


@click.command("diagnose")
@click.argument("run", metavar="[RUN|HISTORY]", required=False)
@click.option("--human-error", type=SHARE, default=0.0, help="what a careful person gets wrong")
@click.option("--target-error", type=SHARE, help="the error that is aimed at")
@click.option("--train-error", type=SHARE, help="in place of RUN: 0.01 for 1 %")
@click.option("--dev-error", type=SHARE, help="in place of RUN")
@click.option(
    "--train-dev-error",
    type=SHARE,
    help="of examples like train that nothing was learned from, where dev is of another origin",
)
@click.option("--test-error", type=SHARE, help="in place of RUN, where the test set was read")
@click.option("--n-train", type=COUNT, metavar="N", help="examples of the train error")
@click.option("--n-dev", type=COUNT, metavar="N", help="examples of the dev error")
@click.option("--n-train-dev", type=COUNT, metavar="N", help="examples of the train-dev error")
@click.option("--n-test", type=COUNT, metavar="N", help="examples of the test error")
@click.option(
    "--epoch",
    metavar="N|last|best",
    help="epoch of a HISTORY whose network was kept; best: by the dev set  [last]",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=NAME",
    help="what a column of a HISTORY is, such as dev_accuracy=top_1; may be repeated",
)
@runs_option
@json_option
def command(
    run: str | None,
    runs: str,
    as_json: bool,
    epoch: str | None,
    columns: tuple[str, ...],
    **given: Any,
) -> None:
    """Say whether bias or variance keeps a network from its target, and what to do about it.

    HISTORY is what another framework wrote: a CSV file of Keras or Lightning, Hugging Face's
    trainer_state.json, a folder of TensorBoard's events, or JSON lines.

    \b
      cutaway diagnose last --human-error 0.01
      cutaway diagnose --train-error .01 --dev-error .11 --n-dev 2000
      cutaway diagnose history.csv --n-dev 2000 --epoch best
    """
    from cutaway.insight.diagnosis import Errors, diagnose
    from cutaway.insight.recipe import Evidence, advise
    from cutaway.insight.runs import errors_of, evidence_of, faults_of, notes_of
    from cutaway.training.run_folder import find, is_run

    aims = {name: given.pop(name) for name in ("human_error", "target_error")}
    typed = {name: value for name, value in given.items() if value is not None}
    if run is None and "train_error" not in typed:
        raise click.UsageError("give a RUN, or its errors: --train-error .01 --dev-error .11")
    from pathlib import Path

    is_history = run is not None and Path(run).exists() and not is_run(Path(run), Path(runs, run))
    if run is not None and typed and not is_history:
        name = next(iter(typed)).replace("_", "-")
        raise click.UsageError(f"give either a RUN or its errors; --{name} is one, and {run} a run")
    if (epoch or columns) and not is_history:
        raise click.UsageError(
            "--epoch and --column go with a HISTORY, as another framework writes it"
        )
    notes: Sequence[str] = ()
    source: dict[str, Any] = {"run": run}
    search = None
    if run is None:
        errors, evidence = Errors(**typed, **aims), Evidence(m=typed.get("n_train"))
    elif is_history:
        from cutaway.insight.faults.search import find as find_in
        from cutaway.insight.faults.setting import Setting
        from cutaway.insight.histories import read_history

        history = read_history(Path(run), _columns(columns))
        source = {
            "history": run,
            "epochs": len(history.records),
            "epoch": history.at(epoch or "last").epoch,
            "columns": dict(history.columns),
        }
        errors = history.errors(epoch or "last", **typed, **aims)
        evidence = Evidence(records=history.records, m=typed.get("n_train"), elsewhere=True)
        notes = history.notes
        search = find_in(history.records, Setting(epochs=history.records[-1].epoch))
    else:
        folder = find(run, Path(runs))
        errors, evidence = errors_of(folder, **aims), evidence_of(folder)
        notes = notes_of(folder, errors)
        search = faults_of(folder)
    diagnosis = diagnose(errors, notes)
    advice = advise(diagnosis, evidence)
    if as_json:
        document = {**source, **diagnosis.to_json(), "advice": [a._asdict() for a in advice]}
        document["faults"] = search.to_json() if search else None
        print_json(document)
    else:
        if "history" in source:
            _show_history(**source)
        _show(diagnosis, advice, search)


def _show_history(history: str, epochs: int, epoch: int, columns: dict[str, str]) -> None:
    from cutaway import wording
    from cutaway.cli.console import field, make_console

    read = [f"{role.replace('_', ' ')} from {name}" for role, name in columns.items()]
    field(
        make_console(),
        "history",
        f"{history}: {wording.plural(epochs, 'epoch')}, diagnosed at epoch {epoch}",
        f"read: {', '.join(read)}",
    )


def _columns(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (role, _, name) in zip(texts, pairs, strict=True):
        if not role or not name:
            raise click.UsageError(
                f"--column {text}: write what it is and its name: --column dev_accuracy=top_1"
            )
    return {role: name for role, _, name in pairs}


def _show(diagnosis: Diagnosis, advice: list[Advice], search: Search | None) -> None:
    from cutaway import wording
    from cutaway.cli.console import field, make_console
    from cutaway.cli.faults import show_fault, show_faults

    console, errors = make_console(), diagnosis.errors
    # A fault comes first: what it has done to the errors is no bias or variance.
    for found in search.found if search else ():
        show_fault(console, found)
    if search is not None:
        show_faults(console, search)
    field(console, "errors", *_errors(errors))
    for quantity in diagnosis.quantities:
        field(console, HEADINGS.get(quantity.name, quantity.name), *_quantity(quantity, diagnosis))
    field(console, "verdict", diagnosis.in_words(), *diagnosis.notes)
    for i, one in enumerate(advice, start=1):
        field(console, "" if i > 1 else "next", f"{i}. {one.name}: {one.reason}")
        gain = wording.error(one.gain, errors.metric)
        field(console, "", f"   for {one.treats}, about {gain} of the error (an estimate)")
        if one.command:
            field(console, "", f"   {one.command}", wrap=False)
    if diagnosis.verdict == "undecided" and not advice:
        needed = [q.n_needed for q in diagnosis.quantities if q.n_needed]
        more = f" of about {wording.plural(max(needed), 'example')}" if needed else ""
        field(console, "next", f"a larger dev set{more}, before anything else is changed")


HEADINGS = {"data mismatch": "mismatch", "over-use of dev": "over-use"}


def _errors(errors: Errors) -> list[str]:
    from cutaway import wording
    from cutaway.insight.diagnosis import PARTS

    lines = []
    there = [part for part in PARTS if getattr(errors, f"{part}_error") is not None]
    width = max(map(len, there))
    for part in there:
        n, bounds = getattr(errors, f"n_{part}"), errors.interval(part)
        line = f"{part.replace('_', '-'):<{width}} "
        line += wording.error(getattr(errors, f"{part}_error"), errors.metric)
        line += f"  of {wording.plural(n, 'example')}" if n else ""
        if part != "train" and bounds is not None:
            line += f"  (95 % interval {wording.interval(bounds, errors.metric)})"
        line += f", R2 {errors.r2[part]:.3f}" if part in errors.r2 else ""
        lines.append(line)
    human = wording.error(errors.human_error, errors.metric)
    aim = wording.error(errors.target, errors.metric)
    said = "" if errors.target_error is not None else "  (assumed: give --target-error)"
    return [*lines, f"human {human}, target {aim}{said}"]


def _quantity(quantity: Quantity, diagnosis: Diagnosis) -> list[str]:
    from cutaway import wording

    metric = diagnosis.errors.metric
    line = wording.error(quantity.value, metric)
    if quantity.interval:
        line += f"  (95 % interval {wording.interval(quantity.interval, metric)})"
    if quantity.name != "over-use of dev":
        line += f": {quantity.verdict}, high is above {wording.error(diagnosis.threshold, metric)}"
    else:
        line += f": {quantity.why}"
    if not quantity.n_needed:
        return [line]
    needed = wording.plural(quantity.n_needed, f"{quantity.part.replace('_', '-')} example")
    return [line, f"about {needed} would decide it, if the error stayed the same"]
