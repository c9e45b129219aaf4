"""A run is a folder; whatever crashes leaves one that training can go on from.

run.json                what was asked and what was decided, the data's fingerprint, how it ended
history.jsonl           one Record a line, only ever appended to
checkpoint.safetensors  the State after some epoch, and the best parameters so far
model.safetensors       the trained model: all that predict needs
metrics.json            the closing figures
README.md               the model card
report.html             the report
learning_curve.json     what `diagnose --learning-curve` has measured
suspects.json           labels that `diagnose --suspects` found
diagnosis.html          the pictures of either
improve.html            the story of an improvement
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cutaway.engine.example_space import Way
from cutaway.equations import OPTIMIZERS
from cutaway.errors import RunError, nearest
from cutaway.training.consumers import Best
from cutaway.training.files import TEMPORARY, read_json, write_bytes, write_json, writing
from cutaway.training.record import Record, State

FORMAT = 1
# Status of a run whose network was trained elsewhere
IMPORTED = "imported"
# What each run.json has, and of which kind more is where it is there
REQUIRED = ("status", "hyperparameters", "plan", "data")
KINDS = {
    "hyperparameters": dict, "plan": dict, "data": dict, "split": dict, "versions": dict,
    "created": str, "command": str, "status": str, "notes": list, "test_reads": int,
}  # fmt: skip


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the run: that of its folder."""
        return self.path.name

    @property
    def typed(self) -> str:
        """What a command is given to find it: its name, and --runs where it is not in runs/."""
        name, runs = shlex.quote(self.name), str(self.path.parent)
        return name if runs == "runs" else f"{name} --runs {shlex.quote(runs)}"

    @property
    def model(self) -> Path:
        """The trained model."""
        return self.path / "model.safetensors"

    @property
    def metrics(self) -> Path:
        """The closing figures."""
        return self.path / "metrics.json"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "README.md"

    @property
    def curve(self) -> Path:
        """The learning curve, where one was measured."""
        return self.path / "learning_curve.json"

    @property
    def suspects(self) -> Path:
        """The labels that look wrong, where they were looked for."""
        return self.path / "suspects.json"

    @property
    def diagnosis(self) -> Path:
        """The page of a diagnosis that looked further."""
        return self.path / "diagnosis.html"

    @property
    def report(self) -> Path:
        """The report."""
        return self.path / "report.html"

    @property
    def story(self) -> Path:
        """The page of an improvement."""
        return self.path / "improve.html"

    @property
    def closing(self) -> tuple[Path, ...]:
        """What a training leaves at its end."""
        return self.card, self.metrics, self.model, self.report

    @property
    def _history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def _checkpoint(self) -> Path:
        return self.path / "checkpoint.safetensors"

    @property
    def has_checkpoint(self) -> bool:
        """Whether training can go on from somewhere else than the start."""
        return self._checkpoint.is_file()

    def read(self) -> dict[str, Any]:
        """Return run.json.

        Raises:
            RunError: it is missing, damaged or of another format.
        """
        path = self.path / "run.json"
        values = read_json(path)
        if not isinstance(values, dict) or "format" not in values:
            raise RunError(f"{path} is damaged or not of cutaway: it names no format")
        if values["format"] != FORMAT:
            raise RunError(
                f"{path} is of format {values['format']}, but this version of cutaway reads format "
                f"{FORMAT}; use the version that wrote it"
            )
        missing = [name for name in REQUIRED if name not in values]
        if missing:
            raise RunError(f"{path} is damaged: it lacks {', '.join(missing)}")
        for name, kind in KINDS.items():
            if not isinstance(values.get(name, kind()), kind):
                raise RunError(f"{path} is damaged: its {name} is no {kind.__name__}")
        return values

    def write(self, values: dict[str, Any]) -> None:
        """Replace run.json."""
        write_json(self.path / "run.json", {"format": FORMAT} | values)

    def update(self, **values: Any) -> None:
        """Replace some values of run.json."""
        self.write(self.read() | values)

    def append(self, record: Record) -> None:
        """Append one Record to the history."""
        with writing(self._history), self._history.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record.to_json(), allow_nan=False) + "\n")

    def history(self) -> list[Record]:
        """Return the Records; a last line that a crash cut in half is left out.

        Raises:
            RunError: a line before the last one is damaged.
        """
        try:
            lines = self._history.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{self._history} cannot be read: {error}") from error
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
        try:
            return [Record.from_json(json.loads(line)) for line in lines]
        except (ValueError, TypeError, AttributeError) as error:
            raise RunError(f"{self._history} is damaged: {error}") from error

    def rewind(self, epoch: int) -> list[Record]:
        """Keep the Records up to `epoch` only, and return them; remove half-written files."""
        self._tidy()
        kept = [record for record in self.history() if record.epoch <= epoch]
        text = "".join(json.dumps(record.to_json(), allow_nan=False) + "\n" for record in kept)
        write_bytes(self._history, text.encode())
        return kept

    def clear_unbegun(self) -> None:
        """Remove the folder if the process that made it was killed before run.json was there."""
        if self.path.is_dir() and not is_run(self.path):
            self._tidy()
            self.path.rmdir()

    def _tidy(self) -> None:
        for litter in self.path.glob(f".*{TEMPORARY}"):
            litter.unlink(missing_ok=True)

    def save_checkpoint(self, state: State, optimizer: str, best: Best | None) -> None:
        """Replace the checkpoint."""
        slots = zip(OPTIMIZERS[optimizer].slots, state.slots, strict=True)
        tensors = {"theta": state.theta} | {f"slot.{name}": slot for name, slot in slots}
        if state.way is not None:
            tensors["W1_0"] = state.way.W1_0
        metadata = {
            "epoch": state.epoch,
            "iteration": state.iteration,
            "seconds": state.seconds,
            "best_epoch": None if best is None else best.epoch,
            "best_dev_loss": None if best is None else best.dev_loss,
        }
        if best is not None:
            tensors["best.theta"] = best.theta
        # When the power fails, the Records up to a checkpoint must be there if it is.
        with writing(self._history), self._history.open("a") as file:
            os.fsync(file.fileno())
        write_bytes(self._checkpoint, save(tensors, {"state": json.dumps(metadata)}))

    def checkpoint(self, optimizer: str) -> tuple[State, Best | None]:
        """Return the State and the best parameters of the checkpoint.

        Raises:
            RunError: it is missing or damaged.
        """
        try:
            with safe_open(self._checkpoint, framework="numpy") as file:
                values = json.loads((file.metadata() or {}).get("state", "null"))
                slots = tuple(
                    file.get_tensor(f"slot.{name}") for name in OPTIMIZERS[optimizer].slots
                )
                theta = file.get_tensor("theta")
                way = Way(file.get_tensor("W1_0")) if "W1_0" in file.keys() else None  # noqa: SIM118
                best = None
                if values["best_epoch"] is not None:
                    best = Best(
                        values["best_epoch"],
                        values["best_dev_loss"],
                        file.get_tensor("best.theta"),
                    )
        except FileNotFoundError:
            raise RunError(f"{self.path} has no checkpoint: it cannot be resumed") from None
        except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"{self._checkpoint} is damaged: {error}") from error
        state = State(theta, slots, values["epoch"], values["iteration"], values["seconds"], way)
        return state, best


def create(runs: Path, name: str | None, stem: str) -> RunFolder:
    """Make the folder of a new run: `name`, or the stem with the next free number.

    Raises:
        RunError: a folder of that name exists, or it cannot be made.
    """
    if name is not None and (not re.fullmatch(r"\w[\w.+-]*", name) or name == "last"):
        raise RunError(
            f"'{name}' is no name for a run ('last' is kept for the last one): "
            "use letters, digits, '-', '_' and '.', a letter or digit first"
        )
    stem = re.sub(r"[^\w.+-]+", "-", stem).strip("-.") or "run"
    with writing(runs):
        runs.mkdir(parents=True, exist_ok=True)
        for candidate in [name] if name else _numbered(runs, stem):
            try:
                (runs / candidate).mkdir()
            except FileExistsError:
                continue
            return RunFolder(runs / candidate)
    raise RunError(
        f"{runs / str(name)} exists already and is never overwritten; "
        "choose another --name, or leave it out"
    )


def _numbered(runs: Path, stem: str) -> Iterator[str]:
    pattern = re.compile(re.escape(stem) + r"-(\d+)")
    taken = [int(m[1]) for p in runs.iterdir() if (m := pattern.fullmatch(p.name))]
    number = max(taken, default=0)
    while True:
        number += 1
        yield f"{stem}-{number}"


def all_runs(runs: Path) -> list[RunFolder]:
    """Return the runs of a folder, the oldest first."""
    found = [path for path in runs.glob("*/run.json") if path.is_file()]
    return [RunFolder(path.parent) for path in sorted(found, key=lambda p: _created(p.parent))]


def _created(path: Path) -> tuple[str, str]:
    try:
        return (str(RunFolder(path).read().get("created", "")), path.name)
    except RunError:
        return ("", path.name)


def is_run(*paths: Path) -> bool:
    """Whether one of the paths is the folder of a run, or a file in one."""
    folders = [path.parent if path.is_file() else path for path in paths]
    return any((folder / "run.json").is_file() for folder in folders)


def find(text: str, runs: Path) -> RunFolder:
    """Return the run that `text` names: a path, a name, a unique prefix, or `last`.

    Raises:
        RunError: there is none, or more than one.
    """
    path = Path(text)
    for folder in (path, path.parent if path.is_file() else path, runs / text):
        if (folder / "run.json").is_file():
            # A folder is called by its name, `.` has none.
            return RunFolder(folder if folder.name else folder.resolve())
    there = all_runs(runs)
    if text == "last" and there:
        return there[-1]
    names = [run.name for run in there]
    matches = [run for run in there if run.name.startswith(text)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise RunError(
            f"'{text}' fits {len(matches)} runs: {', '.join(run.name for run in matches)}; "
            "write more of the name"
        )
    if not names:
        raise RunError(f"there is no run in {runs}/ yet; make one with: cutaway train digits")
    raise RunError(
        f"there is no run '{text}' in {runs}/{nearest(text, names)}; "
        f"the last ones are {', '.join(names[-5:])}"
    )
