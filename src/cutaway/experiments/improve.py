"""An improvement from its data to its end, begun anew or gone on with after an interruption."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cutaway.data.dataset import Dataset
from cutaway.experiments.ensemble import set_up_ensemble
from cutaway.experiments.improvement import BUDGET, Improved, Improvement
from cutaway.experiments.story import before_interruption
from cutaway.experiments.trained import target_of
from cutaway.training.resume import reopen, require_unfinished
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin
from cutaway.training.setup import Setup

SEEDS = 5


def improve(
    data: str | Path | Dataset,
    *,
    target_error: float | None = None,
    human_error: float = 0.0,
    budget: float = BUDGET,
    seeds: int = SEEDS,
    runs: str | Path = "runs",
    name: str | None = None,
    **common: Any,
) -> Improved:
    """Improve a network on a path, a built-in name or a Dataset until its dev error is low enough.

    target_error, human_error  as `diagnose` takes them
    budget                     seconds
    seeds                      networks of each experiment
    common                     hyper-parameters of the start, and how to read a path

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit, there is no dev set, or the target is none.
        RunError: a folder cannot be written.
    """
    setups = set_up_ensemble(data, seeds, **common)
    aims = {"human_error": human_error, "target_error": target_error}
    target_of(setups[0], aims)
    folder = begin_improvement(setups, Path(runs), name, aims, budget)
    return Improvement(setups, folder, aims, budget=budget).run()


def begin_improvement(
    setups: Sequence[Setup],
    runs: Path,
    name: str | None,
    aims: Mapping[str, Any],
    budget: float,
    command: str = "",
) -> RunFolder:
    """Make the folder that will keep the final model and the story.

    Raises:
        RunError: it exists, or it cannot be made.
    """
    stem = f"{setups[0].dataset.name}-improve"
    folder = begin(setups[0], runs, name, stem=stem, command=command)
    start = setups[0].hyperparameters.to_json()
    known = {"seeds": len(setups), "aims": dict(aims), "budget": budget, "start": start}
    folder.update(improve=known)
    return folder


def reopen_improvement(
    folder: RunFolder, say: Callable[[str], None] = lambda text: None
) -> tuple[list[Setup], dict[str, Any]]:
    """Set up the start of an interrupted improvement again; return also what `Improvement` takes.

    Raises:
        RunError: it has ended, the data are gone or have changed, or it is no improvement.
    """
    require_unfinished(folder, "improve")
    known = folder.read()["improve"]
    setups = set_up_ensemble(reopen(folder, say).dataset, known["seeds"], **known["start"])
    before = before_interruption(folder)
    folder.update(status="running")
    return setups, {"aims": known["aims"], "budget": known["budget"], "before": before}
