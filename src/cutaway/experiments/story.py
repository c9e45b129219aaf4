"""What an improvement tells: its experiments one after the other, each with what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cutaway import wording
from cutaway.training.files import read_json, write_json
from cutaway.training.run import INTERRUPTED
from cutaway.training.run_folder import RunFolder

START, TOGETHER = "start", "together"
STORY = "improve.json"


@dataclass(frozen=True)
class Experiment:
    """One setting, trained with several seeds, beside the setting that it came from.

    parent    number of the experiment that it changes, None for the first
    remedy    what was tried, against what (`treats`), and why
    changed   hyper-parameters that it changes, as they are typed; settings has all that differ
              from what the person gave
    expected  gain that was predicted, in units of the error; None for the first
    runs      names of the runs, one a seed
    errors    means over the seeds; dev_interval is that of the dev error
    gain      parent's dev error less its own, with its 95 % interval; None for the first
    verdict   of the diagnosis
    """

    number: int
    parent: int | None
    remedy: str
    treats: str
    reason: str
    changed: Mapping[str, str]
    settings: Mapping[str, str]
    expected: float | None
    runs: tuple[str, ...]
    train_error: float
    dev_error: float
    dev_interval: tuple[float, float]
    dev_loss: float
    gain: float | None
    gain_interval: tuple[float, float] | None
    kept: bool
    verdict: str
    seconds: float

    @property
    def is_told_apart(self) -> bool:
        """Whether the difference to the parent is more than chance."""
        return self.gain_interval is not None and not (
            self.gain_interval[0] <= 0 <= self.gain_interval[1]
        )

    @property
    def is_refuted(self) -> bool:
        """Whether the predicted gain lies outside the interval of the measured one."""
        if self.expected is None or self.gain_interval is None:
            return False
        return not self.gain_interval[0] <= self.expected <= self.gain_interval[1]

    def to_json(self) -> dict[str, Any]:
        """Return the experiment as JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Experiment:
        """Read an experiment back."""
        tuples = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
        return cls(**{**row, **tuples})


def summary(story: Sequence[Experiment], metric: str) -> str:
    """Say in a sentence how far it came."""
    first, last = story[0], best(story)
    trials = [one for one in story if one.remedy not in (START, TOGETHER)]
    word = "remedy" if len(trials) == 1 else "remedies"
    return (
        f"dev error {wording.error(first.dev_error, metric)} at the start, "
        f"{wording.error(last.dev_error, metric)} at the end; {len(trials)} {word} tried, "
        f"{sum(one.kept for one in trials)} kept"
    )


def write_story(folder: RunFolder, story: Sequence[Experiment], **about: Any) -> None:
    """Write the experiments, and what is known beside them, into improve.json.

    Raises:
        RunError: it cannot be written.
    """
    document = about | {"experiments": [one.to_json() for one in story]}
    write_json(folder.path / STORY, document)


def read_story(folder: RunFolder) -> Any:
    """Return what improve.json holds.

    Raises:
        RunError: it is missing or damaged.
    """
    return read_json(folder.path / STORY)


def before_interruption(folder: RunFolder) -> tuple[list[Experiment], float]:
    """Return the experiments that have ended, and the seconds that all have taken so far.

    Raises:
        RunError: improve.json or a run is damaged.
    """
    if not (folder.path / STORY).is_file():
        return [], 0.0
    story = read_story(folder)
    done = []
    for row in story["experiments"]:
        runs = [RunFolder(folder.path.parent / name).read() for name in row["runs"]]
        if row["remedy"] == TOGETHER or any(run["status"] == INTERRUPTED for run in runs):
            break
        done.append(Experiment.from_json(row))
    return done, float(story["seconds"])


def best(story: Sequence[Experiment]) -> Experiment:
    """Return the experiment that was kept last."""
    return [one for one in story if one.kept][-1]
