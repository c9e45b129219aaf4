"""What `train` shows, in the order in which it happens."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cutaway import wording
from cutaway.cli.streams import printable
from cutaway.data.dataset import Dataset
from cutaway.engine.executors import JAX
from cutaway.equations import Network
from cutaway.equations.example_space import EXAMPLE_SPACE
from cutaway.experiments.baselines import Baseline
from cutaway.training.evaluation import Evaluation, Evaluations
from cutaway.training.plan import Plan
from cutaway.training.setup import Setup
from cutaway.training.standing import NamedErrors, standing
from cutaway.training.trainee import Run

MOST_SKIPPED = 5
MARGIN = 10
WIDTH_OF_A_FILE = 100


class Terminal(Console):
    """A console whose reader may go away (| head): then a training goes on in silence."""

    def on_broken_pipe(self) -> None:
        """Print nothing any more, instead of ending the program."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def make_console(*, silent: bool = False) -> Console:
    """Return the console of standard output; a silent one prints nothing."""
    console = Terminal(quiet=silent, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH_OF_A_FILE
    return console


@contextmanager
def waiting(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being waited for; yield a function that changes the words.

    Elsewhere only the first words that are changed to are printed: a long wait is announced.
    """
    if console.is_terminal:
        with console.status(what, spinner="line") as status:
            yield lambda text: status.update(printable(text))
    else:
        said: list[str] = []

        def say(text: str) -> None:
            if not said:
                field(console, "wait", text)
            said.append(text)

        yield say


def field(console: Console, name: str, *lines: str, wrap: bool = True) -> None:
    """Print a heading in the margin and lines of text beside it; commands are not wrapped."""
    for i, line in enumerate(map(printable, lines)):
        indent = len(line) - len(line.lstrip()) + 2
        wrapped = textwrap.wrap(
            line,
            console.width - MARGIN - 1 if wrap else len(line) + 1,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for j, part in enumerate(wrapped):
            heading = "" if i or j else name
            console.print(Text.assemble((heading.ljust(MARGIN), "bold cyan"), part), soft_wrap=True)


def table(
    console: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    margin: int = MARGIN,
) -> None:
    """Print a table: the first column on the left, the others on the right."""
    for i, line in enumerate(aligned((columns, *rows))):
        console.print(Text(" " * margin + line, style="" if i else "dim"), soft_wrap=True)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table: the first column on the left, the others on the right."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(*shown, strict=True)]
    lines = []
    for first, *others in shown:
        cells = [first + " " * (widths[0] - cell_len(first))]
        cells += [
            " " * (width - cell_len(cell)) + cell
            for cell, width in zip(others, widths[1:], strict=True)
        ]
        lines.append("   ".join(cells).rstrip())
    return lines


def show_setup(console: Console, setup: Setup) -> None:
    """Show what was read, the split and the network."""
    dataset, prepared, plan = setup.dataset, setup.prepared, setup.plan
    field(console, "data", *_read(dataset), *setup.notes)
    sizes = [f"{len(prepared.split.train):,} train"]
    sizes += [f"{len(prepared.split.dev):,} dev"] if prepared.dev else ["no dev set"]
    aside = len(prepared.split.train_dev)
    sizes += [f"{aside:,} train-dev"] if aside else []
    sizes += [f"{len(prepared.split.test):,} test"] if len(prepared.split.test) else []
    field(console, "split", f"{', '.join(sizes)}  ({prepared.split.method}, seed {plan.seed})")
    field(console, "network", _settings(plan))
    show_layers(console, plan.network)


def show_layers(console: Console, network: Network) -> None:
    """Show the layers, a line each."""
    names = (*network.activations, network.output)
    rows = [
        (
            f"layer {l}",
            name,
            f"{n_l:,} x {n_prev:,}",
            f"{n_l:,} x 1",
            f"{n_l * n_prev + n_l:,}",
        )
        for l, ((n_l, n_prev), name) in enumerate(zip(network.shapes, names, strict=True), 1)
    ]
    total = ("", "", "", "", f"{network.n_parameters:,}")
    rows += [total] if network.L > 1 else []
    table(console, ("", "activation", "W", "b", "parameters"), rows)


def _read(dataset: Dataset) -> list[str]:
    examples = wording.plural(dataset.m, "example")
    if dataset.picture:
        shape = dataset.picture
        colour = "grey" if shape.channels == 1 else "colour"
        examples = f"{wording.plural(dataset.m, 'picture')}, {shape.height}x{shape.width} {colour}"
    what = f"to learn {', '.join(dataset.target_names)}"
    if dataset.task == "regression":
        what += " (regression)"
    elif dataset.task == "multi-label":
        what = (
            f"{wording.plural(len(dataset.classes), 'label')}: {wording.counts(dataset.counts())}"
        )
    else:
        what = (
            f"{wording.plural(len(dataset.classes), 'class')}: {wording.counts(dataset.counts())}"
        )
    lines = [f"{dataset.name}: {examples}; {what}"]
    if dataset.skipped:
        lines.append(f"skipped {len(dataset.skipped)}:")
        lines += [f"  {where}: {why}" for where, why in dataset.skipped[:MOST_SKIPPED]]
        more = len(dataset.skipped) - MOST_SKIPPED
        lines += [f"  and {more} more (all are in the report)"] if more > 0 else []
    return lines


def _settings(plan: Plan) -> str:
    batch = f"batches of {plan.batch_size}" if plan.batch_size else "full batch"
    parts = [
        f"{plan.network.loss} loss",
        f"{plan.optimizer} at {plan.rates.alpha:.4g}",
        batch,
        f"at most {wording.plural(plan.epochs, 'epoch')}"
        if plan.early_stopping
        else wording.plural(plan.epochs, "epoch"),
    ]
    parts += [plan.schedule] if plan.schedule != "constant" else []
    parts += [f"{name} {weight:g}" for name, weight in plan.penalties.items()]
    parts += ["in example space"] if plan.path == EXAMPLE_SPACE else []
    backend, device, _ = plan.execution
    parts += [f"by JAX on {device}"] if backend == JAX else []
    parts += [f"augment {plan.augment}"] if plan.augment else []
    if min(plan.keep_prob) < 1:
        parts.append(f"keep_prob {wording.setting(plan.keep_prob)}")
    return ", ".join(parts)


def show_closing(
    console: Console, run: Run, found: Evaluations, baselines: Sequence[Baseline]
) -> None:
    """Show how training ended, the network beside the baselines, and what to do next."""
    if run.model.members is not None:
        field(console, run.outcome.status, run.outcome.reason)
    elif run.outcome.status != "finished" or run.best_epoch != run.outcome.state.epoch:
        kept = f"kept: the parameters after epoch {run.best_epoch}"
        field(console, run.outcome.status, f"{run.outcome.reason}; {kept}")
    metric, (train, dev, train_dev) = run.plan.metric, found
    rows = [
        (
            "this network" if run.model.members is None else "this ensemble",
            wording.error(train.error, metric),
            wording.error(dev.error if dev else None, metric),
            wording.interval(dev.interval, metric) if dev else "",
        )
    ]
    rows += [
        (b.name, wording.error(b.train_error, metric), wording.error(b.dev_error, metric), "")
        for b in baselines
    ]
    name = "rmse" if metric == "rmse" else "error"
    header = ("", f"train {name}", f"dev {name}", "95 % interval" if rows[0][3] else "")
    console.print()
    table(console, header, rows)
    console.print()
    if train_dev is not None:
        bounds = wording.interval(train_dev.interval, metric)
        field(
            console,
            "train-dev",
            f"{wording.error(train_dev.error, metric)}  (95 % interval {bounds}) on "
            f"{wording.plural(train_dev.m, 'example')} of the training set's origin that nothing "
            "was learned from; cutaway diagnose tells variance from data mismatch by it",
        )
    if baselines:
        lines = [verdict(dev, baselines, metric)]
        lines += [found.judged.found()] if run.setup.hyperparameters.class_weight else []
        field(console, "verdict", *lines)
    pairs = found.judged.confused(3)
    if pairs:
        field(console, "confused", wording.confused(pairs))
    if run.folder:
        report = f"   {run.folder.report}" if run.folder.report.is_file() else ""
        field(console, "run", f"{run.folder.path}{report}", wrap=False)
        field(console, "next", *_next(run), wrap=False)


def verdict(dev: Evaluation | None, baselines: Sequence[Baseline], metric: str) -> str:
    """Say which baselines the network beats, as far as the dev examples can tell."""
    if dev is None:
        return (
            "without a dev set nothing can be said about new examples: "
            "a network can learn its training examples by heart"
        )
    groups = standing(dev, baselines)
    examples = wording.plural(dev.m, "dev example")
    sentences = [
        f"{words} {_listed(members, metric)}{end}"
        for members, words, end in (
            (groups.better, "does not beat", ", which would serve better as it is"),
            (groups.alike, "cannot be told apart from", f" on {examples}"),
            (groups.worse, "better than", ""),
        )
        if members
    ]
    return "; ".join(sentences)


def _listed(baselines: Sequence[NamedErrors], metric: str) -> str:
    *most, last = (f"{b.name} ({wording.error(b.dev_error, metric)})" for b in baselines)
    return f"{', '.join(most)} and {last}" if most else last


def _next(run: Run) -> list[str]:
    assert run.folder is not None
    typed = run.folder.typed
    if run.outcome.status == "interrupted":
        command = "train" if run.model.members is None else "ensemble"
        return [f"cutaway {command} --resume {typed}"]
    if run.outcome.status == "diverged":
        if run.setup.hyperparameters.learning_rate != "auto":
            return ["the same command without --learning-rate, or with a lower one"]
        return [f"the same command with --learning-rate {run.plan.rates.alpha / 10:.2g} or lower"]
    return judge_and_use(typed, run.setup)


def judge_and_use(typed: str, setup: Setup) -> list[str]:
    """Return the commands that come after a training; `typed` is how they name the run."""
    lines = [f"cutaway evaluate {typed} --test"] if len(setup.prepared.split.test) else []
    return [*lines, f"cutaway predict {typed} PATH"]
