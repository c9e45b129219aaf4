"""cutaway diagnose: what is wrong with a network, how sure that is, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli.options import json_option, runs_option
from cutaway.cli.streams import print_json

if TYPE_CHECKING:
    from cutaway.insight.diagnosis import Diagnosis
    from cutaway.insight.evidence import Evidence
    from cutaway.insight.faults.setting import Found
    from cutaway.insight.part_errors import Errors
    from cutaway.insight.recipe import Advice
    from cutaway.training.run_folder import RunFolder
    from cutaway.training.trainee import Run


class Error(click.FloatRange):
    """An error, as it is typed."""

    name = "error"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        try:
            float(value)
        except ValueError:
            self.fail(f"'{value}' is no number; write 1 % as 0.01", param, ctx)
        return super().convert(value, param, ctx)


SHARE = Error(min=0)
COUNT = click.IntRange(min=1)
# What is a file, not a run
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")


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
@click.option(
    "--learning-curve",
    is_flag=True,
    help="train on parts of the training set, to say how many more examples would do",
)
@click.option(
    "--suspects",
    is_flag=True,
    help="train on parts of the training set, to find labels that look wrong in the others",
)
@click.option("--all", "every", is_flag=True, help="tell of all remedies why and how")
@runs_option
@json_option
def command(
    run: str | None,
    runs: str,
    as_json: bool,
    epoch: str | None,
    columns: tuple[str, ...],
    learning_curve: bool,
    suspects: bool,
    every: bool,
    **given: Any,
) -> None:
    """Say whether bias or variance keeps a network from its target, and what to do about it.

    HISTORY is what another framework wrote: a CSV file of Keras or Lightning, Hugging Face's
    trainer_state.json, a folder of TensorBoard's events, or JSON lines.

    What --learning-curve and --suspects find is kept in the run, and counts from then on.

    \b
      cutaway diagnose last --human-error 0.01
      cutaway diagnose --train-error .01 --dev-error .11 --n-dev 2000
      cutaway diagnose history.csv --n-dev 2000 --epoch best
    """
    from cutaway.cli.diagnosis_text import show, show_found, show_history
    from cutaway.insight.diagnosis import diagnose
    from cutaway.insight.evidence import Evidence
    from cutaway.insight.part_errors import Errors
    from cutaway.insight.recipe import advise
    from cutaway.insight.runs import errors_of, evidence_of, faults_of, notes_of
    from cutaway.training.runs import find, is_run

    aims = {name: given.pop(name) for name in ("human_error", "target_error")}
    typed = {name: value for name, value in given.items() if value is not None}
    if run is None and "train_error" not in typed:
        raise click.UsageError("give a RUN, or its errors: --train-error .01 --dev-error .11")
    from pathlib import Path

    is_history = run is not None and Path(run).exists() and not is_run(Path(run), Path(runs, run))
    if run is not None and typed and not is_history:
        name = next(iter(typed)).replace("_", "-")
        raise click.UsageError(f"give either a RUN or its errors; --{name} is one, and {run} a run")
    if (learning_curve or suspects) and (run is None or is_history):
        raise click.UsageError(
            "--learning-curve and --suspects train again: they need a RUN of cutaway"
        )
    if (epoch or columns) and not is_history:
        raise click.UsageError(
            "--epoch and --column go with a HISTORY, as another framework writes it"
        )
    notes: Sequence[str] = ()
    source: dict[str, Any] = {"run": run}
    search = trained = None
    if run is None:
        errors, evidence = Errors(**typed, **aims), Evidence(m=typed.get("n_train"))
    elif is_history:
        from cutaway.insight.faults.search import find as find_in
        from cutaway.insight.faults.setting import Setting
        from cutaway.insight.histories import read_history

        history = read_history(Path(run), _columns(columns))
        source = {
            "history": str(history.path),
            "epochs": len(history.records),
            "epoch": history.at(epoch or "last").epoch,
            "columns": dict(history.columns),
        }
        search = find_in(
            history.written or history.records, Setting(epochs=history.records[-1].epoch)
        )
        if not as_json:
            # Where it tells too little for a diagnosis, the faults are still worth knowing.
            show_history(**source)
            show_found(search, elsewhere=True)
        errors = history.errors(epoch or "last", **typed, **aims)
        evidence = Evidence(records=history.records, m=typed.get("n_train"), elsewhere=True)
        notes = history.notes_beside(typed)
    else:
        if "/" in run or Path(run).suffix in SUFFIXES:
            _must_exist(run, runs)
        folder = find(run, Path(runs))
        errors = errors_of(folder, **aims)
        if learning_curve or suspects:
            trained = _look_further(folder, errors, learning_curve, suspects, silent=as_json)
        evidence, notes = evidence_of(folder), notes_of(folder, errors)
        search = faults_of(folder)
    evidence = evidence.aimed_at(errors.target)
    diagnosis = diagnose(errors, notes)
    fault = search.first if search else None
    advice = advise(diagnosis, evidence, fault=fault)
    if trained is not None:
        source["page"] = _write_page(trained, diagnosis, advice, evidence, fault)
    if as_json:
        for name, found in (("learning_curve", evidence.curve), ("suspects", evidence.suspects)):
            source |= {name: found.to_json()} if found else {}
        # The laws of the bootstrap are kept in the run.
        source.get("learning_curve", {}).pop("laws", None)
        document = {**source, **diagnosis.to_json(), "advice": [a._asdict() for a in advice]}
        document["faults"] = search.to_json() if search else None
        print_json(document)
        return
    if search is not None and not is_history:
        show_found(search)
    show(
        diagnosis,
        advice,
        _looked_further(evidence, source),
        fault,
        elsewhere=is_history,
        every=every,
    )


def _must_exist(run: str, runs: str) -> None:
    from pathlib import Path

    if not (Path(run).exists() or Path(runs, run).exists()):
        raise click.UsageError(f"there is no file or folder {run}, and no run of that name")


def _columns(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (role, _, name) in zip(texts, pairs, strict=True):
        if not role or not name:
            raise click.UsageError(
                f"--column {text}: write what it is and its name: --column dev_accuracy=top_1"
            )
    return {role: name for role, _, name in pairs}


def _look_further(
    folder: RunFolder, errors: Errors, learning_curve: bool, suspects: bool, *, silent: bool
) -> Run:
    """Train what was asked for, and keep what it tells in the folder of the run; return the run."""
    from cutaway.cli.console import make_console, waiting
    from cutaway.experiments import learning_curve as curves
    from cutaway.experiments import suspects as labels
    from cutaway.training.files import write_json
    from cutaway.training.resume import ended, reopen

    with waiting(make_console(silent=silent), "reading") as say:
        setup = reopen(folder, say)
        run = ended(folder, setup)
        # What cannot be done is said before anything is trained.
        for asked, module in ((learning_curve, curves), (suspects, labels)):
            if asked:
                module.check(setup)
        if learning_curve:
            curve = curves.learning_curve(setup, errors.target, say=say)
            write_json(folder.curve, curve.to_json())
        if suspects:
            write_json(folder.suspects, labels.suspects(setup, say).to_json())
    return run


def _write_page(
    run: Run,
    diagnosis: Diagnosis,
    advice: list[Advice],
    evidence: Evidence,
    fault: Found | None,
) -> str:
    """Write the pictures of a diagnosis beside the report."""
    from cutaway.report.diagnosis import write_diagnosis
    from cutaway.training.files import write_text

    assert run.folder is not None
    page = write_diagnosis(run, diagnosis, advice, evidence, fault)
    write_text(run.folder.diagnosis, page)
    return str(run.folder.diagnosis)


def _looked_further(evidence: Evidence, source: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return what was found by training again, in words."""
    found = []
    if evidence.curve is not None:
        found.append(("curve", evidence.curve.in_words()))
    if evidence.suspects is not None:
        found.append(("labels", evidence.suspects.in_words()))
    if "page" in source:
        found.append(("page", [source["page"]]))
    return found
