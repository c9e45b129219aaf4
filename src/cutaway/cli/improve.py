"""cutaway improve: diagnose, try the remedy that promises most, keep what helps, and go on."""

from __future__ import annotations

import os
import re
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import command_line
from cutaway.cli.interrupts import Interrupts, resumable
from cutaway.cli.options import (
    GroupedCommand,
    answer,
    hyperparameter_options,
    read_hyperparameters,
    require_one_source,
    training_options,
)
from cutaway.tracking import require as require_trackers

if TYPE_CHECKING:
    from rich.console import Console

    from cutaway.experiments.improvement import Improved
    from cutaway.experiments.story import Experiment
    from cutaway.training.setup import Setup

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """Seconds, or 90s, 10m, 1.5h."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a duration in seconds."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|)", str(value).strip())
        if found is None or float(found[1]) <= 0:
            self.fail(f"'{value}' is no duration; write 90s, 10m or 1h", param, ctx)
        return float(found[1]) * UNITS[found[2]]


@click.command("improve", cls=GroupedCommand)
@click.argument("data", metavar="[PATH]", required=False)
@click.option("--target-error", type=click.FloatRange(min=0), help="the error that is aimed at")
@click.option("--human-error", type=click.FloatRange(min=0), default=0.0,
              help="what a careful person gets wrong")  # fmt: skip
@click.option("--budget", type=Duration(), default="10m", show_default=True, metavar="TIME",
              help="time that it may take: 90s, 10m, 1h")  # fmt: skip
@click.option("--seeds", type=click.IntRange(2, 100), default=5, show_default=True, metavar="K",
              help="networks of each experiment")  # fmt: skip
@hyperparameter_options()
@training_options("name of the final run; its steps are NAME-01-1, ..", kept="the final run")
@click.option("--resume", metavar="RUN", help="go on with an improvement that was interrupted")
def command(
    data: str | None,
    target_error: float | None,
    human_error: float,
    budget: float,
    seeds: int,
    labels: str | None,
    task: Any,
    strict: bool,
    name: str | None,
    runs: str,
    resume: str | None,
    track: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **values: str | None,
) -> None:
    """Train on PATH, diagnose, try remedies one after the other, and keep what helps.

    It stops at the target, at the budget, or when no remedy is left. Train and dev decide; the test
    set is read once, at the end. The options are those of the start.

    \b
      cutaway improve pets/ --target-error 0.05 --budget 10m
      cutaway improve --resume NAME                          goes on with the rest of the budget
    """
    given = read_hyperparameters(values)
    common = {n: getattr(given, n) for n, text in values.items() if text is not None}
    require_one_source(data, resume, "improvement")
    require_trackers(track)
    with Interrupts() as interrupts:
        # Heavy imports come after the options have been read: a misspelling is told at once.
        from cutaway.cli.console import make_console, show_setup, waiting
        from cutaway.cli.together import watching
        from cutaway.experiments import improve as experiment
        from cutaway.experiments.ensemble import set_up_ensemble
        from cutaway.experiments.improvement import Improvement
        from cutaway.experiments.story import read_story
        from cutaway.experiments.trained import target_of
        from cutaway.report import keep_card
        from cutaway.report.improve import write_improvement
        from cutaway.training.files import write_text
        from cutaway.training.runs import find

        console = make_console(silent=as_json or quiet)
        with waiting(console, "reading") as say:
            if resume is not None:
                folder = find(resume, Path(runs))
                setups, known = experiment.reopen_improvement(folder, say)
            else:
                setups = set_up_ensemble(
                    str(data), seeds, labels=labels, task=task, strict=strict, say=say, **common
                )
                aims = {"human_error": human_error, "target_error": target_error}
                target_of(setups[0], aims)
                known = {"aims": aims, "budget": budget}
                folder = experiment.begin_improvement(
                    setups, Path(runs), name, **known, command=command_line()
                )
        with resumable(folder, "improve"):
            show_setup(console, setups[0])
            tell = partial(_tell, console, setups[0].plan.metric)
            for one in known.get("before", ((), 0))[0]:
                tell(one)
            with watching(console, setups, folder, interrupts, track) as (watch, _):
                improved = Improvement(setups, folder, **known, watch=watch, tell=tell).run()
            human, target = known["aims"]["human_error"], target_of(setups[0], known["aims"])
            page = write_improvement(improved, human, target, _again(setups[0], improved))
            keep_card(folder, improved.whole.model)
            write_text(folder.story, page)
    _close(console, improved, folder.story)
    answer(read_story(folder), folder.path, as_json=as_json, quiet=quiet)
    interrupts.end()


def _again(start: Setup, improved: Improved) -> str:
    """Return the command that trains networks like the final ones."""
    from cutaway.experiments.story import best
    from cutaway.wording import options

    last, source = best(improved.story), start.dataset.source
    typed = start.hyperparameters.typed(source)
    path = os.path.relpath(data) if os.path.isabs(data := source["path"]) else data
    words = f"cutaway ensemble {shlex.quote(path)} --members {len(last.runs)}"
    return f"{words} {options({**typed, **last.settings})}".strip()


def _tell(console: Console, metric: str, one: Experiment) -> None:
    from cutaway import wording
    from cutaway.cli.console import field
    from cutaway.experiments.story import START, TOGETHER

    names = {START: "the start", TOGETHER: "all seeds together"}
    head = f"{names.get(one.remedy, one.remedy)}  {wording.options(one.changed)}".strip()
    lines = [f"{one.number}. {head}"]
    errors = (
        f"   train {wording.error(one.train_error, metric)}, "
        f"dev {wording.error(one.dev_error, metric)}"
    )
    if one.gain is not None and one.gain_interval is not None:
        lines.append(f"   because {one.reason}")
        expected = "-" if one.expected is None else wording.error(one.expected, metric)
        bounds = wording.interval(one.gain_interval, metric)
        errors += (
            f"; gain {wording.error(one.gain, metric)} ({bounds}), expected {expected}: "
            f"{'kept' if one.kept else 'dropped'}"
        )
        errors += "" if one.is_told_apart else " (not distinguishable from chance)"
    lines.append(errors)
    if one.verdict and one.kept:
        lines.append(f"   {one.verdict}")
    field(console, "" if one.number > 1 else "steps", *lines)


def _close(console: Console, improved: Improved, page: Path) -> None:
    from cutaway import wording
    from cutaway.cli.console import field, verdict
    from cutaway.experiments.story import summary

    metric, folder = improved.whole.plan.metric, improved.whole.folder
    assert folder is not None
    field(console, "end", improved.reason, summary(improved.story, metric))
    if improved.test is not None:
        bounds = wording.interval(improved.test.interval, metric)
        error = wording.error(improved.test.error, metric)
        line = f"{error}  (95 % interval {bounds}), read once, of {improved.test.m:,} examples"
        field(console, "test", line)
        if improved.test_start is not None:
            one = improved.test_start
            ends = wording.interval(one.interval, metric)
            gain = wording.error(one.single - one.ensemble, metric)
            before = wording.error(one.single, metric)
            field(console, "", f"a network of the start: {before}; the gain is {gain} ({ends})")
    lines = [verdict(improved.dev, improved.baselines, metric)]
    if improved.whole.setup.hyperparameters.class_weight:
        lines.append(improved.dev.found())
    field(console, "verdict", *filter(None, [*lines, improved.dev.one_class()]))
    for advice in improved.left:
        field(console, "left", f"{advice.name}: {advice.reason}")
    field(console, "run", f"{folder.path}   {page}", wrap=False)
    field(console, "next", f"cutaway predict {folder.typed} PATH", wrap=False)
    if improved.status == "interrupted":
        field(console, "kept", f"all runs; {folder.path} answers with what was best so far")
        field(console, "", f"go on with: cutaway improve --resume {folder.typed}", wrap=False)
