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
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cutaway.engine.example_space import Way
from cutaway.equations import OPTIMIZERS
from cutaway.errors import RunError
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
        if self.path.is_dir() and not (self.path / "run.json").is_file():
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
